package import NetlinkCodec

extension SocketRecord {
  package init(_ message: borrowing InetDiagMessage) {
    self.init(
      state: TCPState(wireValue: message.state),
      local: Endpoint(
        address: IPAddress(message.source, message.family), port: message.sourcePort),
      peer: Endpoint(
        address: IPAddress(message.destination, message.family), port: message.destinationPort),
      interface: message.interface,
      timer: Timer(wireValue: message.timer, expires: message.expires),
      uid: message.uid,
      inode: message.inode,
      cookie: message.cookie,
      v6Only: message.v6Only,
      cgroupID: message.cgroupID)
  }
}

extension IPAddress {
  package init(_ bytes: InetDiagMessage.AddressBytes, _ family: InetDiagMessage.Family) {
    switch family {
    case .ipv4: self.init(ipv4: UInt32(truncatingIfNeeded: bytes.high >> 32))
    case .ipv6: self.init(ipv6High: bytes.high, low: bytes.low)
    }
  }
}

package import NetlinkCodec

extension SocketRecord {
  /// - Parameter transport: the protocol that was asked for, because the message does not say it.
  package init(_ message: borrowing InetDiagMessage, transport: TransportProtocol = .tcp) {
    self.init(
      transport: transport,
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

extension SocketRecord {
  /// The request that ends this socket and no other; nil unless it is a timewait minisocket that its cookie names.
  package var destroyRequest: SockDestroyRequest? {
    guard isMinisocket, let peer else { return nil }
    return SockDestroyRequest(
      transport: transport, family: family == .ipv4 ? .ipv4 : .ipv6, sourcePort: local.port,
      destinationPort: peer.port,
      source: local.address.wireBytes, destination: peer.address.wireBytes, interface: interface,
      cookie: cookie)
  }
}

extension IPAddress {
  fileprivate var wireBytes: InetDiagMessage.AddressBytes {
    switch family {
    case .ipv4: InetDiagMessage.AddressBytes(high: low << 32, low: 0)
    case .ipv6: InetDiagMessage.AddressBytes(high: high, low: low)
    }
  }
}

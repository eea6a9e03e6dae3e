package import NetlinkCodec
import SocketTable

/// Short ways to say addresses and records, for tables.
extension IPAddress {
  package static func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress {
    IPAddress(ipv4: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
  }

  /// ::ffff:a.b.c.d.
  package static func mapped(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress {
    IPAddress(ipv6High: 0, low: 0xffff << 32 | v4(a, b, c, d).low)
  }

  package static let loopback = v4(127, 0, 0, 1)
  package static let loopbackIPv6 = IPAddress(ipv6High: 0, low: 1)
}

extension SocketRecord {
  /// A socket on `address` whose other end, if it has one, has the same address.
  package static func on(
    _ address: IPAddress, _ port: UInt16 = 9527, _ state: TCPState = .timeWait, peer: UInt16 = 50_000,
    timer: Timer.Kind? = nil, expires: UInt32 = 1000, interface: UInt32 = 0, uid: UInt32? = 0,
    inode: UInt32 = 0,
    cookie: UInt64 = 0, v6Only: Bool? = nil, transport: TransportProtocol = .tcp
  ) -> SocketRecord {
    let kind = timer ?? (state == .timeWait ? .timeWait : nil)
    return SocketRecord(
      transport: transport, state: state, local: Endpoint(address: address, port: port),
      peer: Endpoint(address: address, port: peer),
      interface: interface, timer: kind.map { Timer(kind: $0, expires: expires) }, uid: uid, inode: inode,
      cookie: cookie, v6Only: v6Only)
  }
}

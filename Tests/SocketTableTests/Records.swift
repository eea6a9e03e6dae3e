import NetlinkCodec
import SocketTable

/// Short ways to say records, for tables.
extension IPAddress {
  static func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress {
    IPAddress(ipv4: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
  }

  /// ::ffff:a.b.c.d.
  static func mapped(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress {
    IPAddress(ipv6High: 0, low: 0xffff << 32 | v4(a, b, c, d).low)
  }

  static let loopback = v4(127, 0, 0, 1)
  static let loopbackIPv6 = IPAddress(ipv6High: 0, low: 1)
}

extension SocketRecord {
  /// A socket on `local` whose other end, if it has one, has the same address.
  static func on(
    _ address: IPAddress, _ port: UInt16 = 9527, _ state: TCPState = .timeWait, peer: UInt16 = 50_000,
    timer: Timer.Kind? = nil, expires: UInt32 = 1000, uid: UInt32? = 0, inode: UInt32 = 0, v6Only: Bool? = nil
  ) -> SocketRecord {
    let kind = timer ?? (state == .timeWait ? .timeWait : nil)
    return SocketRecord(
      state: state, local: Endpoint(address: address, port: port),
      peer: Endpoint(address: address, port: peer),
      timer: kind.map { Timer(kind: $0, expires: expires) }, uid: uid, inode: inode, v6Only: v6Only)
  }
}

/// A generator whose seed can be printed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

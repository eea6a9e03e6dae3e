import Diagnosis
import SocketTable

/// Sockets and servers as they never meet outside of tests.
private enum RandomSockets {
  private static let addresses: [IPAddress] = [
    .anyIPv4, .loopback, .v4(127, 0, 0, 2), .mapped(127, 0, 0, 1), .anyIPv6, .loopbackIPv6,
    IPAddress(ipv6High: 0x2001_0db8 << 32, low: 1),
  ]
  private static let options: [SocketOptions] = [[], .reuseAddress, .reusePort, [.reuseAddress, .reusePort]]

  fileprivate static func holder(_ generator: inout SplitMix) -> Holder {
    func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &generator)] }
    let address = pick(addresses)
    var state = pick(TCPState.known)
    if state == .close { state = .bound }
    let isMinisocket = state == .timeWait || (state == .finWait2 && Bool.random(using: &generator))
    let isOrphan = [TCPState.finWait1, .closing, .lastAck].contains(state) && Bool.random(using: &generator)
    let hasProcess = !isMinisocket && !isOrphan && state != .synReceived
    // A connection has no wildcard address.
    let isConnected = !state.hasNoPeer
    let local =
      isConnected && address.isUnspecified ? (address.family == .ipv4 ? .loopback : .loopbackIPv6) : address
    let isV6OnlyByBind = local.ipv4 == nil && !local.isUnspecified && !isConnected
    let v6Only = local.ipv4 == nil && (isV6OnlyByBind || Bool.random(using: &generator))
    let record = SocketRecord.on(
      local, 9527, state, peer: pick([50_000, 50_001, 9527]),
      timer: isMinisocket ? .timeWait : isOrphan ? .probe : nil, expires: pick([0, 30, 1000, 60_000, .max]),
      uid: pick([0, 1000]), inode: hasProcess ? UInt32.random(in: 1...99, using: &generator) : 0,
      cookie: generator.next(), v6Only: isConnected ? nil : v6Only)
    return Holder(record, pick(options), v6Only: v6Only)
  }

  fileprivate static func target(_ generator: inout SplitMix) -> BindTarget {
    func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &generator)] }
    let named = (0..<Int.random(in: 0...3, using: &generator)).map { _ -> BindAddress in
      let address = pick(addresses)
      return BindAddress(address, v6Only: address == .anyIPv6 && Bool.random(using: &generator))
    }
    return .server(
      pick(options), on: Array(Set(named)), listens: Bool.random(using: &generator), uid: pick([0, 1000]))
  }
}

extension Diagnosing {
  /// Up to five sockets on port 9527, and a server that wants it.
  package static func random(_ generator: inout SplitMix) -> Diagnosing {
    let holders = (0..<Int.random(in: 0...5, using: &generator)).map { _ in RandomSockets.holder(&generator) }
    let range: ClosedRange<UInt16>? = Bool.random(using: &generator) ? 9000...9999 : nil
    let coverage = [Coverage.netlink, .netlink, .proc][Int.random(in: 0...2, using: &generator)]
    return Diagnosing(
      holders, RandomSockets.target(&generator), settings: HostSettings(ephemeralRange: range),
      coverage: coverage)
  }
}

import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// A server's own addresses, sorted so that thousands are judged in no time: the same answers as by comparing each with each.
@Suite struct OwnSocketsTests {
  private static let addresses: [BindAddress] = [
    BindAddress(.anyIPv4), BindAddress(.anyIPv6), BindAddress(.anyIPv6, v6Only: true),
    BindAddress(IPAddress(ipv4: 0x7f00_0001)), BindAddress(IPAddress(ipv4: 0x7f00_0002)),
    BindAddress(IPAddress(ipv6High: 0, low: 0xffff_7f00_0001)), BindAddress(IPAddress(ipv6High: 0, low: 1)),
    BindAddress(IPAddress(ipv6High: 0, low: 0xffff_0000_0000)),
    BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1), scope: 1),
    BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1), scope: 2),
  ]

  @Test func asComparedOneByOne() {
    var generator = SplitMix(seed: .random(in: 0...UInt64.max))
    for _ in 0..<5_000 {
      let named = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        Self.addresses[Int.random(in: 0..<Self.addresses.count, using: &generator)]
      }
      let options = SocketOptions(rawValue: UInt8.random(in: 0...3, using: &generator))
      let target = BindTarget(port: 9527, addresses: named, areAlternatives: false, options: options)
      let first = named.indices.first { index in
        named[..<index].contains { earlier in
          ConflictRules.conflict(
            of: ExistingSocket(target.newSocket(at: earlier), isListening: true),
            with: target.newSocket(at: named[index])) == .certain
        }
      }
      #expect(
        target.addressKeptFromListening == first.map { named[$0] }, "\(named.map(\.text)) \(options.names)")
    }
  }
}

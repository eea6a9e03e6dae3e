import Glibc
import SocketTable
import RecordSupport
import Testing

@Suite struct AddressTextTests {
  @Test(
    arguments: [
      (0, "0.0.0.0"), (1, "0.0.0.1"), (0x7f00_0001, "127.0.0.1"), (0xc000_0207, "192.0.2.7"),
      (.max, "255.255.255.255"),
      (0x0a64_0a01, "10.100.10.1"),
    ] as [(UInt32, String)])
  func ipv4(address: UInt32, text: String) { #expect(IPAddress(ipv4: address).text == text) }

  /// RFC 5952, section 4: no leading zeros, the longest run of zeros, the first of equals, never a single one.
  @Test(
    arguments: [
      (0, 0, "::"), (0, 1, "::1"), (1 << 48, 0, "1::"),
      (0x2001_0db8_0000_0000, 0x0000_0000_0002_0001, "2001:db8::2:1"),
      (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
      (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
      (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
      (0x0000_0001_0002_0003, 0x0004_0005_0006_0007, "0:1:2:3:4:5:6:7"),
      (0x0001_0002_0003_0004, 0x0005_0006_0007_0000, "1:2:3:4:5:6:7:0"),
      (0x0001_0000_0000_0000, 0x0000_0000_0000_0000, "1::"),
      (0x0000_0000_0001_0000, 0x0000_0001_0000_0000, "::1:0:0:1:0:0"),
      (0xfe80_0000_0000_0000, 0xabcd_ef01_2345_6789, "fe80::abcd:ef01:2345:6789"),
      (.max, .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      // v4-mapped, and two that only look like it.
      (0, 0xffff_7f00_0001, "::ffff:127.0.0.1"), (0, 0xffff_0000_0000, "::ffff:0.0.0.0"),
      (0, 0xfffe_7f00_0001, "::fffe:7f00:1"), (1, 0xffff_7f00_0001, "::1:0:ffff:7f00:1"),
    ] as [(UInt64, UInt64, String)])
  func ipv6(high: UInt64, low: UInt64, text: String) {
    #expect(IPAddress(ipv6High: high, low: low).text == text)
  }

  @Test func likeTheCLibrary() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<20_000 {
      var halves: [UInt64] = [generator.next(), generator.next()]
      // Groups of zeros, of every arrangement.
      let zeros = generator.next()
      for group in 0..<8 where zeros >> UInt64(group) & 1 == 1 {
        halves[group / 4] &= ~(0xffff << UInt64(16 * (group % 4)))
      }
      let address = IPAddress(ipv6High: halves[0], low: halves[1])
      // The library writes v4-compatible addresses (::a.b.c.d, obsolete since RFC 4291) dotted.
      if halves[0] == 0, halves[1] >> 32 == 0 { continue }
      if address.text != Self.textOfTheCLibrary(address) {
        Issue.record("\(address.text) should be \(Self.textOfTheCLibrary(address)), seed \(seed)")
      }
      let ipv4 = IPAddress(ipv4: UInt32(truncatingIfNeeded: generator.next()))
      if ipv4.text != Self.textOfTheCLibrary(ipv4) { Issue.record("\(ipv4.text), seed \(seed)") }
      let mapped = IPAddress(ipv6High: 0, low: 0xffff << 32 | ipv4.low)
      if mapped.text != Self.textOfTheCLibrary(mapped) { Issue.record("\(mapped.text), seed \(seed)") }
    }
  }

  private static func textOfTheCLibrary(_ address: IPAddress) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch address.family {
    case .ipv4:
      var bytes = UInt32(truncatingIfNeeded: address.low).bigEndian
      inet_ntop(AF_INET, &bytes, &text, socklen_t(text.count))
    case .ipv6:
      var bytes = (address.high.bigEndian, address.low.bigEndian)
      inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @Test func endpoints() {
    #expect(Endpoint(address: .loopback, port: 9527).text == "127.0.0.1:9527")
    #expect(Endpoint(address: .anyIPv4, port: 0).text == "0.0.0.0:0")
    #expect(Endpoint(address: .loopbackIPv6, port: 65535).text == "[::1]:65535")
    #expect(Endpoint(address: .anyIPv6, port: 1).text == "[::]:1")
    #expect(Endpoint(address: .mapped(10, 0, 0, 1), port: 80).text == "[::ffff:10.0.0.1]:80")
  }

  @Test func everyPortIsWritten() {
    for port in UInt16.min...UInt16.max
    where Endpoint(address: .anyIPv4, port: port).text != "0.0.0.0:\(port)" {
      Issue.record("\(port)")
    }
  }
}

@Suite struct IPAddressTests {
  @Test func kinds() {
    #expect(IPAddress.anyIPv4.isUnspecified && IPAddress.anyIPv6.isUnspecified)
    #expect(!IPAddress.mapped(0, 0, 0, 0).isUnspecified)
    #expect(IPAddress.anyIPv4 != .anyIPv6)
    #expect(IPAddress.mapped(1, 2, 3, 4).isV4Mapped)
    #expect(!IPAddress(ipv6High: 0, low: 0x0102_0304).isV4Mapped)
    #expect(!IPAddress.loopback.isV4Mapped)
    #expect(IPAddress.mapped(1, 2, 3, 4).ipv4 == 0x0102_0304)
    #expect(IPAddress.v4(1, 2, 3, 4).ipv4 == 0x0102_0304)
    #expect(IPAddress.loopbackIPv6.ipv4 == nil && IPAddress.anyIPv6.ipv4 == nil)
  }

  @Test func linkLocal() {
    for first: UInt64 in [0xfe80, 0xfe81, 0xfebf] {
      #expect(IPAddress(ipv6High: first << 48, low: 1).isLinkLocal)
    }
    for first: UInt64 in [0xfe7f, 0xfec0, 0xff02] {
      #expect(!IPAddress(ipv6High: first << 48, low: 1).isLinkLocal)
    }
    #expect(!IPAddress.v4(169, 254, 0, 1).isLinkLocal)
  }

  @Test func multicastAndLoopback() {
    #expect(IPAddress.v4(224, 0, 0, 1).isMulticast && IPAddress.v4(239, 255, 255, 255).isMulticast)
    #expect(!IPAddress.v4(223, 255, 255, 255).isMulticast && !IPAddress.v4(240, 0, 0, 0).isMulticast)
    #expect(
      IPAddress(ipv6High: 0xff02 << 48, low: 1).isMulticast
        && !IPAddress(ipv6High: 0xfe << 56, low: 1).isMulticast)
    #expect(IPAddress.v4(127, 255, 0, 9).isLoopback && IPAddress.mapped(127, 0, 0, 1).isLoopback)
    #expect(
      IPAddress.loopbackIPv6.isLoopback && !IPAddress.anyIPv6.isLoopback
        && !IPAddress.v4(128, 0, 0, 1).isLoopback)
  }

  @Test func order() {
    let ascending: [IPAddress] = [
      .anyIPv4, .loopback, .v4(255, 255, 255, 255), .anyIPv6, .loopbackIPv6, .mapped(1, 2, 3, 4),
      IPAddress(ipv6High: 1, low: 0), IPAddress(ipv6High: .max, low: .max),
    ]
    #expect(ascending.shuffled().sorted() == ascending)
    #expect(Endpoint(address: .loopback, port: 2) < Endpoint(address: .loopback, port: 10))
    #expect(Endpoint(address: .loopback, port: 65535) < Endpoint(address: .anyIPv6, port: 1))
  }
}

import NetlinkCodec
import Testing

@Suite struct InetDiagMessageTests {
  private func message(_ bytes: [UInt8], base: Int = 0) throws(DecodingError) -> InetDiagMessage {
    try reading(bytes, base: base) { r throws(DecodingError) in try InetDiagMessage(&r) }
  }

  /// As a little-endian kernel sends it.
  private static let timeWait: [UInt8] = [
    0x02,  // AF_INET
    0x06,  // TCP_TIME_WAIT
    0x03,  // timer: timewait
    0x00,  // retransmits
    0x25, 0x37,  // source port 9527
    0xcb, 0x92,  // destination port 52114
    0x7f, 0x00, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // source 127.0.0.1
    0x7f, 0x00, 0x00, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // destination 127.0.0.2
    0x03, 0x00, 0x00, 0x00,  // interface 3
    0x04, 0x03, 0x02, 0x01,  // cookie, low word 0x01020304
    0x08, 0x07, 0x06, 0x05,  // cookie, high word 0x05060708
    0x20, 0xe4, 0x00, 0x00,  // expires in 58400 ms
    0x11, 0x00, 0x00, 0x00,  // receive queue 17
    0x12, 0x00, 0x00, 0x00,  // send queue 18
    0xfe, 0xff, 0x00, 0x00,  // uid 65534
    0x15, 0xcd, 0x5b, 0x07,  // inode 123456789
  ]

  @Test func everyField() throws {
    try #require(UInt16(1).littleEndian == 1)
    let message = try message(Self.timeWait)
    #expect(message.family == .ipv4)
    #expect(message.state == 6)
    #expect(message.timer == 3)
    #expect(message.sourcePort == 9527)
    #expect(message.destinationPort == 52114)
    #expect(message.source == .init(high: 0x7f00_0001_0000_0000, low: 0))
    #expect(message.destination == .init(high: 0x7f00_0002_0000_0000, low: 0))
    #expect(message.interface == 3)
    #expect(message.cookie == 0x0506_0708_0102_0304)
    #expect(message.expires == 58_400)
    #expect(message.uid == 65_534)
    #expect(message.inode == 123_456_789)
    #expect(message.v6Only == nil)
    #expect(message.cgroupID == nil)
  }

  @Test func ipv6Address() throws {
    var bytes = Self.timeWait
    bytes[0] = 10
    bytes.replaceSubrange(8..<24, with: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2a])
    let message = try message(bytes)
    #expect(message.family == .ipv6)
    #expect(message.source == .init(high: 0x2001_0db8_0000_0000, low: 0x2a))
  }

  @Test(arguments: 0..<72) func cut(count: Int) {
    #expect(throws: DecodingError.self) { try message(Array(Self.timeWait[..<count])) }
  }

  @Test(arguments: [0, 1, 3, 9, 11, 0xff] as [UInt8]) func otherFamilies(family: UInt8) {
    #expect(throws: DecodingError(.unknownFamily(family), offset: 16)) {
      try message([family] + Self.timeWait.dropFirst(), base: 16)
    }
  }

  @Test func attributes() throws {
    let message = try message(
      Self.timeWait
        + Datagram.attribute(8, [0])  // INET_DIAG_SHUTDOWN
        + Datagram.attribute(11, [1])  // INET_DIAG_SKV6ONLY
        + Datagram.attribute(15, [0, 0, 0, 0])  // INET_DIAG_MARK
        + Datagram.attribute(21, Datagram.host(UInt64(0x1_0000_002a)))  // INET_DIAG_CGROUP_ID
        + Datagram.attribute(22, [0, 0]))  // INET_DIAG_SOCKOPT
    #expect(message.v6Only == true)
    #expect(message.cgroupID == 0x1_0000_002a)
  }

  @Test func v6OnlyOff() throws {
    #expect(try message(Self.timeWait + Datagram.attribute(11, [0])).v6Only == false)
    // The kernel writes 0 or 1; any other byte is "on" in C.
    #expect(try message(Self.timeWait + Datagram.attribute(11, [2])).v6Only == true)
  }

  @Test func attributesTooShortForTheirType() {
    #expect(throws: DecodingError(.truncated(needed: 1, available: 0), offset: 76)) {
      try message(Self.timeWait + Datagram.attribute(11, []))
    }
    #expect(throws: DecodingError(.truncated(needed: 8, available: 7), offset: 76)) {
      try message(Self.timeWait + Datagram.attribute(21, [1, 2, 3, 4, 5, 6, 7]))
    }
  }

  @Test func unknownAttributesAreSkipped() throws {
    let message = try message(
      Self.timeWait + Datagram.attribute(0x3ffe, [1, 2, 3]) + Datagram.attribute(11, [1]))
    #expect(message.v6Only == true)
  }

  @Test func damagedAttributes() {
    for length: UInt16 in [0, 1, 3, 9, 0xffff] {
      #expect(throws: DecodingError.self) {
        try message(Self.timeWait + Datagram.attribute(8, [0, 0, 0, 0], length: length))
      }
    }
  }
}

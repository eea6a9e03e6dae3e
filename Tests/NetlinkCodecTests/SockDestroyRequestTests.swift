import CMnl
import NetlinkCodec
import Testing

@Suite struct SockDestroyRequestTests {
  private typealias AddressBytes = InetDiagMessage.AddressBytes

  private static func request(
    _ transport: TransportProtocol = .tcp, family: InetDiagMessage.Family = .ipv4, interface: UInt32 = 0,
    cookie: UInt64
  ) -> SockDestroyRequest? {
    SockDestroyRequest(
      transport: transport, family: family, sourcePort: 9527, destinationPort: 52_114,
      source: AddressBytes(high: 0x7f00_0001 << 32, low: 0),
      destination: AddressBytes(high: 0x7f00_0002 << 32, low: 0), interface: interface, cookie: cookie)
  }

  @Test func bytes() throws {
    try #require(UInt16(1).littleEndian == 1)
    let body = try #require(Self.request(interface: 3, cookie: 0x3333_4444_1111_2222)).body
    var expected: [UInt8] = [2, 6, 0, 0]  // AF_INET, IPPROTO_TCP, extensions, padding
    expected += [0xff, 0xff, 0xff, 0xff]  // states
    expected += [0x25, 0x37]  // source port 9527, network order
    expected += [0xcb, 0x92]  // destination port 52114
    expected += [127, 0, 0, 1] + [UInt8](repeating: 0, count: 12)  // source
    expected += [127, 0, 0, 2] + [UInt8](repeating: 0, count: 12)  // destination
    expected += [3, 0, 0, 0]  // interface, host order
    expected += [0x22, 0x22, 0x11, 0x11, 0x44, 0x44, 0x33, 0x33]  // cookie, low word first
    #expect(body == expected)
  }

  @Test func udpDiffersInTheProtocol() throws {
    let tcp = try #require(Self.request(cookie: 1)).body
    let udp = try #require(Self.request(.udp, cookie: 1)).body
    #expect(udp == [2, 17] + tcp.dropFirst(2))
  }

  /// As the compiler lays the kernel's own structure out.
  @Test func fields() throws {
    let request = SockDestroyRequest(
      family: .ipv6, sourcePort: 1, destinationPort: 65_535, source: AddressBytes(high: 1, low: 2),
      destination: AddressBytes(high: 3, low: 4), interface: 5, cookie: 6 << 32 | 7)
    let body = try #require(request).body
    #expect(body.count == SockDestroyRequest.byteCount)
    #expect(MemoryLayout<inet_diag_req_v2>.size == SockDestroyRequest.byteCount)
    let read = body.withUnsafeBytes { $0.loadUnaligned(as: inet_diag_req_v2.self) }
    #expect(read.sdiag_family == 10)
    #expect(read.sdiag_protocol == 6)
    #expect(read.id.idiag_sport == UInt16(1).bigEndian)
    #expect(read.id.idiag_dport == .max)
    #expect(read.id.idiag_src.1 == UInt32(1).bigEndian)
    #expect(read.id.idiag_src.3 == UInt32(2).bigEndian)
    #expect(read.id.idiag_dst.1 == UInt32(3).bigEndian)
    #expect(read.id.idiag_dst.3 == UInt32(4).bigEndian)
    #expect(read.id.idiag_if == 5)
    #expect(read.id.idiag_cookie.0 == 7)
    #expect(read.id.idiag_cookie.1 == 6)
  }

  /// "No cookie" would end whatever is found in the place of a connection that has gone: the listener.
  @Test func thereIsNoneWithoutACookie() throws {
    #expect(Self.request(cookie: 0) == nil)
    #expect(Self.request(cookie: .max) == nil)
    for cookie: UInt64 in [1, .max - 1, 0xffff_ffff, 0xffff_ffff << 32, 1 << 32, 1 << 63] {
      let body = try #require(Self.request(cookie: cookie)).body
      #expect(body.suffix(8) != [UInt8](repeating: 0xff, count: 8)[...])
      #expect(body.suffix(8) != [UInt8](repeating: 0, count: 8)[...])
    }
  }
}

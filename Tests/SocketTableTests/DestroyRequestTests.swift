import NetlinkCodec
import SocketTable
import Testing

/// Which sockets may be ended at all.
@Suite struct DestroyRequestTests {
  private static func record(
    _ state: TCPState = .timeWait, local: IPAddress = IPAddress(ipv4: 0x7f00_0001),
    peer: IPAddress = IPAddress(ipv4: 0x7f00_0002), timer: SocketRecord.Timer.Kind? = .timeWait,
    cookie: UInt64 = 42
  ) -> SocketRecord {
    SocketRecord(
      state: state, local: Endpoint(address: local, port: 9527), peer: Endpoint(address: peer, port: 50_000),
      timer: timer.map { SocketRecord.Timer(kind: $0, expires: 1000) }, cookie: cookie)
  }

  @Test func minisockets() {
    #expect(Self.record(.timeWait).destroyRequest != nil)
    #expect(Self.record(.finWait2).destroyRequest != nil)
  }

  /// No socket that a process has, or that TCP still works on.
  @Test(arguments: TCPState.known, [nil, .retransmit, .keepalive, .probe] as [SocketRecord.Timer.Kind?])
  func nothingElse(state: TCPState, timer: SocketRecord.Timer.Kind?) {
    #expect(Self.record(state, timer: timer).destroyRequest == nil)
  }

  @Test func notWithoutACookie() {
    #expect(Self.record(cookie: 0).destroyRequest == nil)
    #expect(Self.record(cookie: .max).destroyRequest == nil)
  }

  @Test func addresses() throws {
    let mapped = IPAddress(ipv6High: 0, low: 0xffff_7f00_0001)
    let ipv6 = IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 1)
    let body4 = try #require(Self.record().destroyRequest).body
    #expect(body4[0] == 2)
    #expect(Array(body4[12..<28]) == [127, 0, 0, 1] + [UInt8](repeating: 0, count: 12))
    let body6 = try #require(Self.record(local: ipv6, peer: ipv6).destroyRequest).body
    #expect(body6[0] == 10)
    #expect(Array(body6[12..<20]) == [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0])
    // A connection over IPv4 to a dual-stack server is an AF_INET6 socket.
    let bodyMapped = try #require(Self.record(local: mapped, peer: mapped).destroyRequest).body
    #expect(bodyMapped[0] == 10)
    #expect(Array(bodyMapped[20..<28]) == [0, 0, 0xff, 0xff, 127, 0, 0, 1])
  }
}

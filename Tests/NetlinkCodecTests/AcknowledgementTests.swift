import NetlinkCodec
import Testing

@Suite struct AcknowledgementTests {
  private static func read(_ datagram: [UInt8]) throws(DecodingError) -> Acknowledgement? {
    try Acknowledgement(in: datagram.span.bytes, sequence: Datagram.sequence, portID: Datagram.portID)
  }

  /// The status, and the request that it answers.
  private static func error(
    _ status: Int32, sequence: UInt32 = Datagram.sequence, portID: UInt32 = Datagram.portID
  ) -> [UInt8] {
    Datagram.message(
      2, flags: 0, sequence: sequence, portID: portID,
      Datagram.host(status) + [UInt8](repeating: 0, count: 72))
  }

  @Test func allWell() throws { #expect(try Self.read(Self.error(0)) == .done) }

  @Test(arguments: [1, 2, 95] as [Int32])
  func refused(errno: Int32) throws {
    #expect(try Self.read(Self.error(-errno)) == .refused(Errno(errno)))
  }

  @Test func theLeastNumberIsNoTrap() throws {
    #expect(try Self.read(Self.error(.min)) == .refused(Errno(.max)))
  }

  @Test func answersToOthers() throws {
    #expect(try Self.read([]) == nil)
    #expect(try Self.read(Self.error(0, sequence: 6)) == nil)
    #expect(try Self.read(Self.error(0, portID: 1)) == nil)
    #expect(try Self.read(Datagram.done + Datagram.socketMessage(cookie: 1)) == nil)
    #expect(
      try Self.read(Self.error(-2, sequence: 6) + Datagram.done + Self.error(0)) == .done,
      "the answer may stand behind others")
  }

  @Test func malformed() {
    #expect(throws: DecodingError.self) { try Self.read(Datagram.message(2, [0, 0])) }
    #expect(throws: DecodingError.self) { try Self.read(Array(Self.error(0).dropLast(1))) }
    #expect(throws: DecodingError.self) { try Self.read(Datagram.message(2, length: 15, [0, 0, 0, 0])) }
    #expect(throws: DecodingError.self) { try Self.read([1, 2, 3]) }
  }
}

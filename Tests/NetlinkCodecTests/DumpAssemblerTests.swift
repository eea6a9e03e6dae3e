import NetlinkCodec
import Testing

@Suite struct DumpAssemblerTests {
  private static let noent: Int32 = 2

  @Test func oneDatagram() throws {
    let result = try Assembled.all(
      Datagram.socketMessage(cookie: 1) + Datagram.socketMessage(cookie: 2) + Datagram.done)
    #expect(result.cookies == [1, 2])
    #expect(result.assembler.progress == .finished)
    #expect(!result.assembler.isInterrupted)
  }

  @Test func multipartOverSeveralDatagrams() throws {
    let messages = (1...7).map { Datagram.socketMessage(cookie: $0) }
    // Every way to put the datagrams' boundaries between messages.
    for boundaries in 0..<(1 << 7) {
      var assembled = Assembled()
      var datagram: [UInt8] = []
      for (index, message) in messages.enumerated() {
        datagram += message
        if boundaries >> index & 1 == 1 {
          try assembled.consume(datagram)
          #expect(assembled.assembler.progress == .receiving)
          datagram = []
        }
      }
      try assembled.consume(datagram + Datagram.done)
      #expect(assembled.cookies == Array(1...7))
      #expect(assembled.assembler.progress == .finished)
    }
  }

  @Test func noEndYet() throws {
    let result = try Assembled.all(Datagram.socketMessage(cookie: 1), [])
    #expect(result.assembler.progress == .receiving)
  }

  // MARK: Messages that are not for us

  @Test func otherSequenceAndOtherPortID() throws {
    let payload = Datagram.socket(cookie: 9)
    var strangers = Datagram.message(20, sequence: Datagram.sequence - 1, payload)
    strangers += Datagram.message(20, portID: Datagram.portID + 1, payload)
    strangers += Datagram.message(3, sequence: 0, Datagram.host(Int32(0)))
    strangers += Datagram.message(3, portID: 0, Datagram.host(Int32(0)))
    strangers += Datagram.message(2, sequence: 0, Datagram.host(-Self.noent))
    strangers += Datagram.message(4, sequence: 0)
    strangers += Datagram.message(20, flags: 0x12, sequence: 0, payload)
    // What is not ours is not decoded either.
    strangers += Datagram.message(20, sequence: 0, [1, 2, 3])
    let result = try Assembled.all(strangers, Datagram.socketMessage(cookie: 1) + Datagram.done)
    #expect(result.cookies == [1])
    #expect(result.assembler.progress == .finished)
    #expect(!result.assembler.isInterrupted)
  }

  @Test func noopAndUnknownTypes() throws {
    var datagram = Datagram.message(1)
    datagram += Datagram.message(1, [1, 2, 3, 4, 5])
    datagram += Datagram.message(0x10) + Datagram.message(19, [0xff]) + Datagram.message(0xffff, [1])
    datagram += Datagram.socketMessage(cookie: 3) + Datagram.done
    let result = try Assembled.all(datagram)
    #expect(result.cookies == [3])
    #expect(result.assembler.progress == .finished)
  }

  // MARK: The end

  /// A kernel without tcp_diag answers so; libmnl takes it for an empty table.
  @Test func doneThatCarriesAnError() throws {
    let result = try Assembled.all(Datagram.message(3, Datagram.host(-Self.noent)))
    #expect(result.assembler.progress == .failed(Errno(Self.noent)))
    let after = try Assembled.all(
      Datagram.socketMessage(cookie: 1) + Datagram.message(3, Datagram.host(-Self.noent)))
    #expect(after.assembler.progress == .failed(Errno(Self.noent)))
  }

  @Test func doneWithoutPayload() throws {
    #expect(try Assembled.all(Datagram.message(3)).assembler.progress == .finished)
  }

  /// With NETLINK_EXT_ACK the errno is followed by attributes.
  @Test func doneWithMoreBehindTheErrno() throws {
    #expect(
      try Assembled.all(Datagram.message(3, Datagram.host(Int32(0)) + [8, 0, 1, 0, 65, 66, 67, 0]))
        .assembler.progress == .finished)
  }

  @Test(arguments: 1..<4) func doneWithHalfAnErrno(count: Int) {
    #expect(throws: DecodingError(.truncated(needed: 4, available: count), offset: 16)) {
      try Assembled.all(Datagram.message(3, [UInt8](repeating: 0, count: count)))
    }
  }

  @Test(arguments: [1, 13, 16, 22, 105] as [Int32]) func error(errno: Int32) throws {
    let original = Datagram.message(18, flags: 0x301, [UInt8](repeating: 0, count: 60))
    let result = try Assembled.all(Datagram.message(2, flags: 0, Datagram.host(-errno) + original))
    #expect(result.assembler.progress == .failed(Errno(errno)))
  }

  @Test func errorWithoutPayload() {
    #expect(throws: DecodingError(.truncated(needed: 4, available: 0), offset: 16)) {
      try Assembled.all(Datagram.message(2))
    }
  }

  /// The most negative number has no positive counterpart.
  @Test func errnoIsPositive() throws {
    for type: UInt16 in [2, 3] {
      let result = try Assembled.all(Datagram.message(type, Datagram.host(Int32.min)))
      guard case .failed(let error) = result.assembler.progress else {
        Issue.record("no failure: \(result.assembler.progress)")
        continue
      }
      #expect(error.rawValue > 0)
    }
  }

  /// NLMSG_ERROR with 0 acknowledges a request. It is not the end of a dump, and nothing has been listed: taking it for
  /// one would make an empty table of it.
  @Test func acknowledgementIsNotTheEnd() throws {
    let acknowledgement = Datagram.message(
      2, flags: 0, Datagram.host(Int32(0)) + [UInt8](repeating: 0, count: 16))
    let alone = try Assembled.all(acknowledgement)
    #expect(alone.assembler.progress != .finished)
    let before = try Assembled.all(acknowledgement, Datagram.socketMessage(cookie: 1) + Datagram.done)
    #expect(before.cookies == [1])
    #expect(before.assembler.progress == .finished)
  }

  @Test func nothingCountsAfterTheEnd() throws {
    let rest = Datagram.socketMessage(cookie: 2) + Datagram.message(2, Datagram.host(-Self.noent))
    let result = try Assembled.all(Datagram.socketMessage(cookie: 1) + Datagram.done + rest, rest)
    #expect(result.cookies == [1])
    #expect(result.assembler.progress == .finished)
    #expect(try Assembled.all(Datagram.done + [1, 2, 3]).assembler.progress == .finished)
  }

  // MARK: What may have been lost

  @Test func overrun() throws {
    let result = try Assembled.all(
      Datagram.socketMessage(cookie: 1) + Datagram.message(4),
      Datagram.socketMessage(cookie: 2) + Datagram.done)
    #expect(result.cookies == [1, 2])
    #expect(result.assembler.progress == .finished)
    #expect(result.assembler.isInterrupted)
  }

  @Test func interruptedDump() throws {
    for type: UInt16 in [20, 3] {
      let payload = type == 3 ? Datagram.host(Int32(0)) : Datagram.socket(cookie: 1)
      let result = try Assembled.all(Datagram.message(type, flags: 0x12, payload), Datagram.done)
      #expect(result.assembler.isInterrupted)
    }
  }

  // MARK: Repeats

  @Test func repeatsWithin64() throws {
    var assembled = Assembled()
    try assembled.consume(Datagram.socketMessage(cookie: 1) + Datagram.socketMessage(cookie: 1))
    try assembled.consume(Datagram.socketMessage(cookie: 1))
    #expect(assembled.cookies == [1])
    for cookie in 2...64 { try assembled.consume(Datagram.socketMessage(cookie: UInt64(cookie))) }
    // 63 others have come since: still known.
    try assembled.consume(Datagram.socketMessage(cookie: 1))
    #expect(assembled.cookies == Array(1...64))
    try assembled.consume(Datagram.socketMessage(cookie: 65))
    // 64 others: forgotten, and known again.
    try assembled.consume(Datagram.socketMessage(cookie: 1) + Datagram.socketMessage(cookie: 1))
    #expect(assembled.cookies == Array(1...65) + [1])
  }

  @Test func cookiesDifferInEitherHalf() throws {
    let cookies: [UInt64] = [1, 1 << 32, 1 << 32 | 1, 1 << 63, .max, .max - 1]
    var assembled = Assembled()
    for cookie in cookies { try assembled.consume(Datagram.socketMessage(cookie: cookie)) }
    #expect(assembled.cookies == cookies)
  }

  @Test func withoutCookieNothingIsARepeat() throws {
    let result = try Assembled.all(Datagram.socketMessage(cookie: 0) + Datagram.socketMessage(cookie: 0))
    #expect(result.cookies == [0, 0])
  }

  // MARK: Damage

  @Test(arguments: [0, 1, 3, 15, 89, 92, 0xffff, 0x7fff_ffff, 0xffff_ffff] as [UInt32])
  func lengthOutsideTheDatagram(length: UInt32) {
    let good = Datagram.socketMessage(cookie: 1)
    let bad = Datagram.message(20, length: length, Datagram.socket(cookie: 2))
    let cut = Array(bad.dropLast(length == 89 ? 16 : length == 92 ? 4 : 0))
    var assembled = Assembled()
    #expect(
      throws: DecodingError(
        .badLength(declared: Int(length), minimum: 16, available: cut.count), offset: good.count)
    ) { try assembled.consume(good + cut) }
    // What came before the damage was handed out.
    #expect(assembled.cookies == [1])
    #expect(assembled.assembler.progress == .receiving)
  }

  @Test(arguments: 1..<16) func trailingBytes(count: Int) {
    let offset = Datagram.socketMessage(cookie: 1).count
    var assembled = Assembled()
    var failure: DecodingError?
    do throws(DecodingError) {
      try assembled.consume(Datagram.socketMessage(cookie: 1) + [UInt8](repeating: 0, count: count))
    } catch { failure = error }
    #expect(failure?.offset ?? -1 >= offset)
    #expect(assembled.cookies == [1])
  }

  @Test func lengthThatLeavesAnUnalignedRest() throws {
    // 17 bytes and 3 of padding, then a whole message.
    let result = try Assembled.all(
      Datagram.message(1, [0xff]) + Datagram.socketMessage(cookie: 1) + Datagram.done)
    #expect(result.cookies == [1])
    // The last message of a datagram may lack its padding.
    let last = Array(Datagram.message(1, [0xff]).dropLast(3))
    #expect(try Assembled.all(last, Datagram.done).assembler.progress == .finished)
  }

  @Test(arguments: 0..<72) func socketMessageTooShort(count: Int) {
    #expect(throws: DecodingError.self) {
      try Assembled.all(Datagram.message(20, Array(Datagram.socket(cookie: 1)[..<count])))
    }
  }

  @Test func headerAlone() {
    #expect(throws: DecodingError(.truncated(needed: 72, available: 0), offset: 16)) {
      try Assembled.all(Datagram.message(20))
    }
  }
}

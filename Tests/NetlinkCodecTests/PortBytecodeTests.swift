import CMnl
import NetlinkCodec
import RecordSupport
import Testing

@Suite struct PortBytecodeTests {
  typealias Test = PortBytecode.Test

  /// Membership, said plainly.
  private func isMember(_ tests: [Test], source: UInt16, destination: UInt16) -> Bool {
    tests.contains { $0.ports.contains($0.end == .source ? source : destination) }
  }

  /// The ports at which an answer can change, and their neighbours.
  private func interesting(_ tests: [Test], _ end: Test.End) -> Set<UInt16> {
    var ports: Set<UInt16> = [0, 1, 0xff, 0x100, 0x7fff, 0x8000, .max - 1, .max]
    for test in tests where test.end == end {
      for bound in [test.ports.lowerBound, test.ports.upperBound] {
        ports.formUnion([bound &- 1, bound, bound &+ 1])
      }
    }
    return ports
  }

  private func check(_ tests: [Test], _ comment: Comment? = nil) throws {
    let machine = FilterMachine(try #require(PortBytecode.program(tests), comment))
    #expect(throws: Never.self, comment) { try machine.audit() }
    for source in interesting(tests, .source) {
      for destination in interesting(tests, .destination) {
        let expected = isMember(tests, source: source, destination: destination)
        if machine.accepts(source: source, destination: destination) != expected {
          Issue.record("\(tests): \(source) -> \(destination) should be \(expected) (\(comment ?? ""))")
        }
      }
    }
  }

  @Test func codesAreTheKernels() {
    let program = PortBytecode.program([Test(.source, 1...2), Test(.destination, 3...4)]) ?? []
    let machine = FilterMachine(program)
    #expect(machine.instruction(at: 0).code == UInt8(INET_DIAG_BC_S_GE))
    #expect(machine.instruction(at: 8).code == UInt8(INET_DIAG_BC_S_LE))
    #expect(machine.instruction(at: 16).code == UInt8(INET_DIAG_BC_JMP))
    #expect(machine.instruction(at: 20).code == UInt8(INET_DIAG_BC_D_GE))
    #expect(machine.instruction(at: 28).code == UInt8(INET_DIAG_BC_D_LE))
    #expect(program.count == 36)
  }

  /// Byte by byte, as a little-endian kernel reads it.
  @Test func twoRanges() throws {
    try #require(UInt16(1).littleEndian == 1)
    #expect(
      PortBytecode.program([Test(.source, 9000...9100), Test(.source, 443...443)]) == [
        2, 8, 20, 0, 0, 0, 0x28, 0x23,  // source >= 9000, otherwise to the next range
        3, 8, 12, 0, 0, 0, 0x8c, 0x23,  // source <= 9100, otherwise to the next range
        1, 4, 20, 0,  // accept: to the end
        2, 8, 20, 0, 0, 0, 0xbb, 0x01,  // source >= 443, otherwise beyond the end
        3, 8, 12, 0, 0, 0, 0xbb, 0x01,  // source <= 443, otherwise beyond the end
      ])
  }

  @Test func nothingToTestAndTooMuch() {
    #expect(PortBytecode.program([]) == nil)
    let tests = (0...PortBytecode.maximumTests).map { Test(.source, UInt16($0)...UInt16($0)) }
    #expect(PortBytecode.program(tests) == nil)
  }

  @Test func edges() throws {
    for range: ClosedRange<UInt16> in [
      0...0, 0...65535, 1...65535, 65535...65535, 65534...65535, 0...1, 255...256,
    ] {
      for end in [Test.End.source, .destination] { try check([Test(end, range)], "\(end) \(range)") }
    }
  }

  /// One range against every port there is.
  @Test(arguments: [0...0, 80...80, 9000...9100, 32768...60999, 65535...65535] as [ClosedRange<UInt16>])
  func everyPort(range: ClosedRange<UInt16>) throws {
    for end in [Test.End.source, .destination] {
      let machine = FilterMachine(try #require(PortBytecode.program([Test(end, range)])))
      for port in UInt16.min...UInt16.max {
        let other: UInt16 = range.contains(port) ? 0 : range.lowerBound
        let isAccepted =
          end == .source
          ? machine.accepts(source: port, destination: other)
          : machine.accepts(source: other, destination: port)
        if isAccepted != range.contains(port) { Issue.record("\(end) \(range): \(port)") }
      }
    }
  }

  @Test func bothEndsOfOneRange() throws {
    try check([Test(.source, 443...443), Test(.destination, 443...443)])
    try check([Test(.destination, 1...10), Test(.source, 5...20), Test(.destination, 30...30)])
  }

  @Test func randomRanges() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<400 {
      let tests = (0..<Int.random(in: 1...8, using: &generator)).map { _ -> Test in
        let first = UInt16.random(in: 0...UInt16.max, using: &generator)
        let width = Bool.random(using: &generator) ? 0 : UInt16.random(in: 0...2000, using: &generator)
        let last = first.addingReportingOverflow(width)
        return Test(
          Bool.random(using: &generator) ? .source : .destination,
          first...(last.overflow ? .max : last.partialValue))
      }
      try check(tests, "seed \(seed)")
    }
  }

  /// The longest program that is made: the jumps to its end still fit 16 bits, and so does the attribute.
  @Test func longest() throws {
    let tests = (0..<PortBytecode.maximumTests).map { Test(.source, UInt16($0 * 20)...UInt16($0 * 20 + 3)) }
    let program = try #require(PortBytecode.program(tests))
    #expect(program.count + 4 <= Int(UInt16.max))
    let machine = FilterMachine(program)
    #expect(throws: Never.self) { try machine.audit() }
    for port in stride(from: UInt16(0), to: 60_020, by: 7) {
      if machine.accepts(source: port, destination: 0) != (port < 59_984 && port % 20 <= 3) {
        Issue.record("port \(port)")
      }
    }
  }

  /// The oracle has to be able to say no.
  @Test func theAuditRefuses() {
    typealias Refusal = FilterMachine.Refusal
    func audit(_ bytes: [UInt8]) throws(Refusal) { try FilterMachine(bytes).audit() }
    #expect(throws: Refusal.empty) { try audit([]) }
    #expect(throws: Refusal.unknownCode(99, at: 0)) { try audit([99, 4, 4, 0]) }
    #expect(throws: Refusal.operandMissing(at: 0)) { try audit([2, 8, 8, 0]) }
    #expect(throws: Refusal.noJump(4, at: 0)) { try audit([2, 8, 4, 0, 0, 0, 1, 0]) }
    #expect(throws: Refusal.noJump(16, at: 0)) { try audit([2, 8, 16, 0, 0, 0, 1, 0]) }
    #expect(throws: Refusal.yesJump(5, at: 0)) { try audit([2, 5, 8, 0, 0, 0, 1, 0]) }
    #expect(throws: Refusal.yesJumpsBeyondTheEnd) { try audit([2, 12, 8, 0, 0, 0, 1, 0]) }
    // A jump into the middle of a comparison.
    #expect(throws: Refusal.noJumpIntoAnInstruction(at: 0)) {
      try audit([1, 4, 8, 0, 2, 8, 8, 0, 0, 0, 1, 0])
    }
  }
}

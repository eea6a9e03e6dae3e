/// The BPF program that the kernel runs for each TCP socket of a network namespace: it writes a `TCPIteratorRecord` of those
/// with a local port in these ranges. It reads nothing else, and changes nothing.
package enum TCPIteratorProgram {
  /// The kernel offers bpf_seq_write to programs under a licence that goes with the GPL only. This program, the few instructions
  /// below, may be used under either.
  package static let license = "Dual BSD/GPL"

  /// More ranges than these are asked for as one, which is that around them all.
  package static let maximumRanges = 64

  /// TCP_NEW_SYN_RECV: a connection request, which the kernel does not give any options.
  private static let requestState: Int32 = 12
  /// BPF_FUNC_seq_write.
  private static let writeHelper: Int32 = 127

  /// - Parameter ports: none of them overlaps another.
  package static func instructions(
    _ layout: TCPIteratorLayout, ports: [ClosedRange<UInt16>]
  ) -> [BPFInstruction] {
    var code = Assembler()
    let record = -Int16(TCPIteratorRecord.byteCount)
    code.add(.load(.double, .r6, .r1, layout.meta))
    code.add(.load(.double, .r7, .r1, layout.socket))
    // The iterator's last call is without a socket.
    code.jumpToEnd(.equal, .r7, 0)
    code.add(.load(.half, .r2, .r7, layout.port.byteOffset))
    code.leaveUnless(.r2, isIn: tested(ports))
    code.add(.load(.byte, .r3, .r7, layout.state.byteOffset))
    code.jumpToEnd(.equal, .r3, requestState)
    code.add(.load(.double, .r1, .r7, layout.cookie.byteOffset))
    // Of a socket that nobody has asked for since it was made, no look has a record either.
    code.jumpToEnd(.equal, .r1, 0)
    code.add(.store(.double, .r1, at: record + TCPIteratorRecord.cookieOffset))
    code.add(.store(.half, .r2, at: record + TCPIteratorRecord.portOffset))
    code.add(.store(.byte, .r3, at: record + TCPIteratorRecord.stateOffset))
    for (field, offset) in [
      (layout.reuseAddress, TCPIteratorRecord.reuseAddressOffset),
      (layout.reusePort, TCPIteratorRecord.reusePortOffset),
      (layout.v6Only, TCPIteratorRecord.v6OnlyOffset),
    ] {
      code.add(.load(.byte, .r4, .r7, field.byteOffset))
      if field.shift > 0 { code.add(.alter(.shiftRight, .r4, Int32(field.shift))) }
      code.add(.alter(.and, .r4, 1 << Int32(field.width) - 1))
      code.add(.store(.byte, .r4, at: record + offset))
    }
    code.add(.clear(.half, at: record + TCPIteratorRecord.paddingOffset))
    code.add(.load(.double, .r1, .r6, layout.output.byteOffset))
    code.add(.copy(.r2, .frame))
    code.add(.alter(.add, .r2, Int32(record)))
    code.add(.alter(.move, .r3, Int32(TCPIteratorRecord.byteCount)))
    code.add(.call(writeHelper))
    return code.finished()
  }

  private static func tested(_ ports: [ClosedRange<UInt16>]) -> [ClosedRange<UInt16>] {
    guard ports.count > maximumRanges else { return ports }
    let first = ports.lazy.map(\.lowerBound).min() ?? 0
    let last = ports.lazy.map(\.upperBound).max() ?? .max
    return [first...last]
  }
}

/// Puts instructions together, with jumps to an end that comes later.
private struct Assembler {
  private var instructions: [BPFInstruction] = []
  private var jumpsToEnd: [Int] = []

  mutating func add(_ instruction: BPFInstruction) { instructions.append(instruction) }

  mutating func jumpToEnd(
    _ condition: BPFInstruction.Condition, _ register: BPFInstruction.Register, _ immediate: Int32
  ) {
    jumpsToEnd.append(instructions.count)
    add(.jump(condition, register, immediate))
  }

  mutating func leaveUnless(_ register: BPFInstruction.Register, isIn ranges: [ClosedRange<UInt16>]) {
    // Each range is a block of two; what is in one passes over the blocks after it, and over the jump to the end.
    for (index, range) in ranges.enumerated() {
      let later = Int16(2 * (ranges.count - index - 1))
      add(.jump(.less, register, Int32(range.lowerBound), over: 1))
      add(.jump(.lessOrEqual, register, Int32(range.upperBound), over: later + 1))
    }
    jumpToEnd(.always, .r0, 0)
  }

  func finished() -> [BPFInstruction] {
    var all = instructions
    for index in jumpsToEnd { all[index].offset = Int16(instructions.count - index - 1) }
    return all + [.alter(.move, .r0, 0), .exit]
  }
}

/// One instruction of a BPF program (`struct bpf_insn` of linux/bpf.h), as far as this program needs them.
package struct BPFInstruction: Equatable, Sendable {
  package enum Register: UInt8, Sendable {
    /// The result, and what a call returns.
    case r0
    /// The context at first, and the arguments of a call; a call destroys them.
    case r1
    case r2
    case r3
    case r4
    /// Kept by calls.
    case r6 = 6
    case r7
    /// The end of the stack.
    case frame = 10
  }

  /// By their size in the opcode (BPF_W has no use here).
  package enum Size: UInt8, Sendable {
    case half = 0x08
    case byte = 0x10
    case double = 0x18
  }

  package enum Condition: UInt8, Sendable {
    case always = 0x00
    case equal = 0x10
    case less = 0xa0
    case lessOrEqual = 0xb0
  }

  package enum Operation: UInt8, Sendable {
    case add = 0x00
    case and = 0x50
    case shiftRight = 0x70
    case move = 0xb0
  }

  let opcode: UInt8
  var destination: Register = .r0
  var source: Register = .r0
  var offset: Int16 = 0
  var immediate: Int32 = 0

  /// destination = *(source + offset), with zeros above it.
  static func load(_ size: Size, _ destination: Register, _ source: Register, _ offset: Int) -> Self {
    .init(
      opcode: 0x61 | size.rawValue, destination: destination, source: source,
      offset: Int16(truncatingIfNeeded: offset))
  }

  /// *(frame + offset) = source
  static func store(_ size: Size, _ source: Register, at offset: Int16) -> Self {
    .init(opcode: 0x63 | size.rawValue, destination: .frame, source: source, offset: offset)
  }

  /// *(frame + offset) = 0
  static func clear(_ size: Size, at offset: Int16) -> Self {
    .init(opcode: 0x62 | size.rawValue, destination: .frame, offset: offset)
  }

  /// destination = destination `operation` immediate, in 64 bits.
  static func alter(_ operation: Operation, _ destination: Register, _ immediate: Int32) -> Self {
    .init(opcode: 0x07 | operation.rawValue, destination: destination, immediate: immediate)
  }

  static func copy(_ destination: Register, _ source: Register) -> Self {
    .init(opcode: 0x0f | Operation.move.rawValue, destination: destination, source: source)
  }

  /// Skips `offset` instructions if register and immediate compare so, without a sign.
  static func jump(
    _ condition: Condition, _ register: Register = .r0, _ immediate: Int32 = 0, over offset: Int16 = 0
  ) -> Self {
    .init(
      opcode: 0x05 | condition.rawValue, destination: register, offset: offset, immediate: immediate)
  }

  static func call(_ helper: Int32) -> Self { .init(opcode: 0x85, immediate: helper) }
  static let exit = BPFInstruction(opcode: 0x95)

  /// As the kernel reads it on a little-endian machine, on which BTF can be read alone.
  package var word: UInt64 {
    UInt64(opcode) | UInt64(destination.rawValue | source.rawValue << 4) << 8
      | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: immediate)) << 32
  }
}

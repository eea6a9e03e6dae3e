/// Runs and checks inet_diag filter programs by the kernel's rules (inet_diag_bc_run and inet_diag_bc_audit of
/// net/ipv4/inet_diag.c), as far as port tests and jumps go. Written from their description, as an oracle.
struct FilterMachine {
  struct Instruction: Equatable {
    let code: UInt8
    let yes: Int
    let no: Int
  }

  enum Refusal: Error, Equatable {
    case empty
    case unknownCode(UInt8, at: Int)
    case operandMissing(at: Int)
    case noJump(Int, at: Int)
    case noJumpIntoAnInstruction(at: Int)
    case yesJump(Int, at: Int)
    case yesJumpsBeyondTheEnd
  }

  let program: [UInt8]

  init(_ program: [UInt8]) { self.program = program }

  func instruction(at offset: Int) -> Instruction {
    Instruction(code: program[offset], yes: Int(program[offset + 1]), no: Int(word(at: offset + 2)))
  }

  private func word(at offset: Int) -> UInt16 {
    program.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
  }

  private static let jump: UInt8 = 1
  private static let comparisons: ClosedRange<UInt8> = 2...5

  // MARK: Running

  /// Whether the kernel would list a socket with these ports. Only what passed the audit may be run.
  func accepts(source: UInt16, destination: UInt16) -> Bool {
    var offset = 0
    while offset < program.count {
      let instruction = instruction(at: offset)
      let holds: Bool
      switch instruction.code {
      case Self.jump: holds = false
      case 2: holds = source >= word(at: offset + 6)
      case 3: holds = source <= word(at: offset + 6)
      case 4: holds = destination >= word(at: offset + 6)
      case 5: holds = destination <= word(at: offset + 6)
      default: holds = true
      }
      offset += holds ? instruction.yes : instruction.no
    }
    // Exactly at the end is yes; beyond it is no.
    return offset == program.count
  }

  // MARK: Checking

  /// Throws where the kernel would answer EINVAL.
  func audit() throws(Refusal) {
    // What the chain of `yes` jumps passes over, the end included: only there may a `no` jump land.
    guard program.count >= 4 else { throw .empty }
    let landings = chain()
    var offset = 0
    while offset < program.count {
      let left = program.count - offset
      guard left >= 4 else { throw .operandMissing(at: offset) }
      let instruction = instruction(at: offset)
      let least: Int
      switch instruction.code {
      case Self.jump: least = 4
      case Self.comparisons: least = 8
      default: throw .unknownCode(instruction.code, at: offset)
      }
      guard left >= least else { throw .operandMissing(at: offset) }
      guard instruction.no >= least, instruction.no <= left + 4, instruction.no % 4 == 0 else {
        throw .noJump(instruction.no, at: offset)
      }
      if instruction.no < left, !landings.contains(offset + instruction.no) {
        throw .noJumpIntoAnInstruction(at: offset)
      }
      guard instruction.yes >= least, instruction.yes <= left + 4, instruction.yes % 4 == 0 else {
        throw .yesJump(instruction.yes, at: offset)
      }
      offset += instruction.yes
    }
    guard offset == program.count else { throw .yesJumpsBeyondTheEnd }
  }

  /// Offsets on the chain of `yes` jumps, up to the first that cannot be followed.
  private func chain() -> Set<Int> {
    var offsets: Set<Int> = []
    var offset = 0
    while offset <= program.count {
      offsets.insert(offset)
      guard offset + 4 <= program.count else { break }
      let yes = instruction(at: offset).yes
      guard yes >= 4, yes % 4 == 0 else { break }
      offset += yes
    }
    return offsets
  }
}

/// Filter programs for INET_DIAG_REQ_BYTECODE that say "one of these ranges of ports at one of these ends".
package enum PortBytecode {
  /// The port at one end of a socket lies in a range.
  package struct Test: Equatable, Sendable {
    package enum End: Sendable {
      case source
      case destination
    }
    package let end: End
    package let ports: ClosedRange<UInt16>

    package init(_ end: End, _ ports: ClosedRange<UInt16>) {
      self.end = end
      self.ports = ports
    }
  }

  /// Keeps a program short enough for an attribute, and the jump to its end for `no`: both lengths have 16 bits.
  package static let maximumTests = 3_000

  /// The program that passes a socket for which at least one test holds. Nil where it would be too long or there is nothing
  /// to test: the caller then asks for every socket, and filters.
  package static func program(_ tests: [Test]) -> [UInt8]? {
    guard !tests.isEmpty, tests.count <= maximumTests else { return nil }
    let comparison = BytecodeInstruction.comparisonByteCount
    let block = 2 * comparison + BytecodeInstruction.byteCount
    // The last block needs no jump to the end.
    let total = tests.count * block - BytecodeInstruction.byteCount
    var bytes: [UInt8] = []
    bytes.reserveCapacity(total)

    for (index, test) in tests.enumerated() {
      let isLast = index == tests.count - 1
      let afterBlock = isLast ? total - bytes.count + 4 : block
      let codes: (BytecodeInstruction.Code, BytecodeInstruction.Code) =
        switch test.end {
        case .source: (.sourceGreaterOrEqual, .sourceLessOrEqual)
        case .destination: (.destinationGreaterOrEqual, .destinationLessOrEqual)
        }
      append(&bytes, codes.0, yes: comparison, no: afterBlock)
      append(&bytes, operand: test.ports.lowerBound)
      append(&bytes, codes.1, yes: comparison, no: afterBlock - comparison)
      append(&bytes, operand: test.ports.upperBound)
      if !isLast {
        append(&bytes, .jump, yes: BytecodeInstruction.byteCount, no: total - bytes.count)
      }
    }
    return bytes
  }

  private static func append(
    _ bytes: inout [UInt8], _ code: BytecodeInstruction.Code, yes: Int, no: Int
  ) {
    bytes.append(code.rawValue)
    bytes.append(UInt8(truncatingIfNeeded: yes))
    bytes.append(inHostOrder: UInt16(truncatingIfNeeded: no))
  }

  private static func append(_ bytes: inout [UInt8], operand: UInt16) {
    bytes.append(zeros: 2)
    bytes.append(inHostOrder: operand)
  }
}

/// One instruction (`struct inet_diag_bc_op`: code, yes, no), in host order.
///
/// `yes` and `no` are jumps forward in bytes. A program accepts by arriving exactly at its end and rejects by jumping
/// 4 beyond it. The kernel's audit (`inet_diag_bc_audit`) demands that the chain of `yes` jumps passes over every
/// target of a `no` jump.
private struct BytecodeInstruction {
  enum Code: UInt8 {
    case jump = 1
    case sourceGreaterOrEqual = 2
    case sourceLessOrEqual = 3
    case destinationGreaterOrEqual = 4
    case destinationLessOrEqual = 5
  }

  static let byteCount = 4
  /// A comparison is followed by a second word whose `no` field holds the port.
  static let comparisonByteCount = 8
}

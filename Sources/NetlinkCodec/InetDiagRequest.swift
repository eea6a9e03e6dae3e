/// The body of a TCPDIAG_GETSOCK request: `struct inet_diag_req` of linux/inet_diag.h, 60 bytes, and a filter program.
/// The kernel ignores the family here and walks IPv4 and IPv6 at once.
package struct InetDiagRequest: Equatable, Sendable {
  package static let byteCount = 60
  /// INET_DIAG_REQ_BYTECODE.
  package static let bytecodeAttribute: UInt16 = 1

  /// Bit n asks for TCP state n; bit 13 for sockets that are bound and do not listen (Linux 6.8).
  package var states: UInt32
  /// 0 is any. The kernel does not apply it to sockets that are bound and do not listen.
  package var sourcePort: UInt16
  /// Empty is none.
  package var bytecode: [UInt8]

  package init(states: UInt32, sourcePort: UInt16 = 0, bytecode: [UInt8] = []) {
    self.states = states
    self.sourcePort = sourcePort
    self.bytecode = bytecode
  }

  /// Family, prefix lengths and extensions are 0; the source port stands at 4 in network order; the cookie at 44
  /// is INET_DIAG_NOCOOKIE; the states stand at 52.
  package var body: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    bytes[4] = UInt8(truncatingIfNeeded: sourcePort >> 8)
    bytes[5] = UInt8(truncatingIfNeeded: sourcePort)
    for index in 44..<52 { bytes[index] = 0xff }
    withBytes(of: states) { index, byte in bytes[52 + index] = byte }
    return bytes
  }
}

/// One instruction of an inet_diag filter program (`struct inet_diag_bc_op`: code, yes, no), in host order.
///
/// `yes` and `no` are jumps forward in bytes. A program accepts by arriving exactly at its end and rejects by jumping
/// 4 beyond it. The kernel's audit (`inet_diag_bc_audit`) demands that the chain of `yes` jumps passes over every
/// target of a `no` jump.
struct BytecodeInstruction {
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

/// Builds the program "one of these port ranges at one of these ends".
package enum PortBytecode {
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

  /// `no` has 16 bits, and so has the attribute's length.
  package static let maximumTests = 3_000

  /// Nil where the program would be too long or there is nothing to test: filter in user space then.
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
    withBytes(of: UInt16(truncatingIfNeeded: no)) { _, byte in bytes.append(byte) }
  }

  private static func append(_ bytes: inout [UInt8], operand: UInt16) {
    bytes.append(0)
    bytes.append(0)
    withBytes(of: operand) { _, byte in bytes.append(byte) }
  }
}

/// The bytes of a number in host order.
private func withBytes<T: FixedWidthInteger>(of value: T, _ body: (Int, UInt8) -> Void) {
  #if _endian(big)
    let ordered = value.byteSwapped
  #else
    let ordered = value
  #endif
  for index in 0..<(T.bitWidth / 8) {
    body(index, UInt8(truncatingIfNeeded: ordered >> T(8 * index)))
  }
}

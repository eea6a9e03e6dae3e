/// A request for every socket that a filter passes: the message TCPDIAG_GETSOCK, whose body is `struct inet_diag_req` of
/// linux/inet_diag.h (60 bytes), and its attributes. The kernel ignores the family in it and walks IPv4 and IPv6 at once.
package struct InetDiagRequest: Equatable, Sendable {
  package static let byteCount = 60
  /// INET_DIAG_REQ_BYTECODE.
  package static let bytecodeAttribute: UInt16 = 1
  /// INET_DIAG_REQ_PROTOCOL, a word of 32 bits. A kernel that does not know it answers with TCP sockets.
  package static let protocolAttribute: UInt16 = 3

  package var transport: TransportProtocol
  /// Bit n asks for state n. Of TCP, bit 13 asks for sockets that are bound and neither listen nor connect (Linux 6.8);
  /// of UDP, bit 7 asks for unconnected sockets and bit 1 for connected ones.
  package var states: UInt32
  /// 0 is any. The kernel does not apply it to TCP sockets that are bound and neither listen nor connect.
  package var sourcePort: UInt16
  /// The filter program (`PortBytecode`). Empty is none.
  package var bytecode: [UInt8]

  package init(
    transport: TransportProtocol = .tcp, states: UInt32, sourcePort: UInt16 = 0, bytecode: [UInt8] = []
  ) {
    self.transport = transport
    self.states = states
    self.sourcePort = sourcePort
    self.bytecode = bytecode
  }

  package var body: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    bytes.append(zeros: 4)  // family, the prefix lengths of both addresses, extensions
    bytes.append(inHostOrder: sourcePort.bigEndian)
    bytes.append(zeros: 2 + 2 * 16 + 4)  // destination port, both addresses, interface
    bytes.append(inHostOrder: UInt64.max)  // INET_DIAG_NOCOOKIE: any socket
    bytes.append(inHostOrder: states)
    bytes.append(zeros: 4)  // idiag_dbs, which the kernel does not read
    return bytes
  }

  /// What follows the body. Nothing names TCP, which the message is about by itself.
  package var attributes: [RequestAttribute] {
    var attributes: [RequestAttribute] = []
    if !bytecode.isEmpty {
      attributes.append(RequestAttribute(type: Self.bytecodeAttribute, payload: bytecode))
    }
    if transport != .tcp {
      var number: [UInt8] = []
      number.append(inHostOrder: UInt32(transport.number))
      attributes.append(RequestAttribute(type: Self.protocolAttribute, payload: number))
    }
    return attributes
  }
}

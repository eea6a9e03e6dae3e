/// `struct nlmsghdr` of netlink(7): 16 bytes, host order.
package struct MessageHeader: Equatable, Sendable {
  package static let byteCount = 16

  /// Of the whole message, this header included, without padding.
  package let length: UInt32
  package let type: MessageType
  package let flags: UInt16
  package let sequence: UInt32
  /// The port id of the socket that is meant; 0 is the kernel.
  package let portID: UInt32

  /// NLM_F_DUMP_INTR of linux/netlink.h.
  package static let dumpInterruptedFlag: UInt16 = 0x10

  @_lifetime(reader: copy reader)
  package init(_ reader: inout ByteReader) throws(DecodingError) {
    let fields = try reader.fields(Self.byteCount)
    length = fields.host(0)
    type = MessageType(rawValue: fields.host(4))
    flags = fields.host(6)
    sequence = fields.host(8)
    portID = fields.host(12)
  }

  /// Takes the next message off a datagram; `payload` receives what follows its header. Nil at the end.
  @_lifetime(reader: copy reader)
  @_lifetime(payload: copy reader)
  @inline(__always)
  static func next(
    of reader: inout ByteReader, payload: inout ByteReader
  ) throws(DecodingError) -> MessageHeader? {
    guard reader.remaining > 0 else { return nil }
    let start = reader.offset
    let header = try MessageHeader(&reader)
    let length = Int(header.length)
    let available = reader.remaining &+ byteCount
    guard length >= byteCount, length <= available else {
      throw DecodingError(
        .badLength(declared: length, minimum: byteCount, available: available), offset: start)
    }
    payload = try reader.slice(length &- byteCount)
    try reader.skip(min(reader.remaining, ByteReader.padding(length)))
    return header
  }
}

/// `nlmsg_type`: the control messages of linux/netlink.h, and sock_diag's own two.
package enum MessageType: Equatable, Sendable {
  case noop
  case error
  case done
  case overrun
  /// Both the request and its answers.
  case sockDiag(UInt16)
  case unknown(UInt16)

  /// TCPDIAG_GETSOCK of linux/inet_diag.h: asks for both address families in one walk.
  package static let tcpDiagGetSock: UInt16 = 18
  /// SOCK_DIAG_BY_FAMILY of linux/sock_diag.h: one family. Answers carry the type of their request.
  package static let sockDiagByFamily: UInt16 = 20
  /// SOCK_DESTROY of linux/sock_diag.h: ends one socket.
  package static let sockDestroy: UInt16 = 21

  package init(rawValue: UInt16) {
    self =
      switch rawValue {
      case 1: .noop
      case 2: .error
      case 3: .done
      case 4: .overrun
      case Self.tcpDiagGetSock, Self.sockDiagByFamily: .sockDiag(rawValue)
      default: .unknown(rawValue)
      }
  }
}

/// `struct nlmsghdr` of netlink(7): 16 bytes, host order.
package struct MessageHeader: Equatable, Sendable {
  package static let byteCount = 16

  /// Bytes of the whole message, this header included, without padding.
  package let length: UInt32
  package let type: MessageType
  package let flags: UInt16
  package let sequence: UInt32
  /// The port id of the socket that is meant; 0 is the kernel.
  package let portID: UInt32

  /// NLM_F_DUMP_INTR of linux/netlink.h: the table changed while it was walked.
  package static let dumpInterruptedFlag: UInt16 = 0x10

  @_lifetime(reader: copy reader)
  @inline(__always)
  package init(_ reader: inout ByteReader) throws(DecodingError) {
    let fields = try reader.fields(Self.byteCount)
    length = fields.host(0)
    type = MessageType(rawValue: fields.host(4))
    flags = fields.host(6)
    sequence = fields.host(8)
    portID = fields.host(12)
  }

  /// Takes the next message off a datagram; `payload` receives what follows its header. Nil at the end. The last message
  /// may lack its padding.
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
    let available = reader.remaining + byteCount
    guard length >= byteCount, length <= available else {
      throw DecodingError(
        .badLength(declared: length, minimum: byteCount, available: available), offset: start)
    }
    payload = try reader.slice(length - byteCount)
    try reader.skip(min(reader.remaining, ByteReader.padding(length)))
    return header
  }
}

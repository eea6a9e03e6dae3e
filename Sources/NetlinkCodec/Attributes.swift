/// Walks the attributes (`struct nlattr`: length, type, payload, padding to 4) behind a message's fixed part.
package struct Attributes: ~Escapable {
  private static let headerByteCount = 4
  /// NLA_TYPE_MASK of linux/netlink.h: the two upper bits are flags.
  private static let typeMask: UInt16 = 0x3fff

  private var reader: ByteReader

  /// Walks the bytes that `reader` has left.
  @_lifetime(copy reader)
  @inline(__always)
  package init(_ reader: consuming ByteReader) { self.reader = reader }

  /// The next attribute's type, without its flags; `payload` receives its bytes. Nil at the end.
  /// A rest too short for a header is padding, as in `nla_ok`.
  @_lifetime(self: copy self)
  @_lifetime(payload: copy self)
  @inline(__always)
  package mutating func next(payload: inout ByteReader) throws(DecodingError) -> UInt16? {
    guard reader.remaining >= Self.headerByteCount else { return nil }
    let start = reader.offset
    let header = try reader.fields(Self.headerByteCount)
    let length = Int(header.host(0, UInt16.self))
    let type = header.host(2, UInt16.self) & Self.typeMask
    let payloadLength = length - Self.headerByteCount
    guard payloadLength >= 0, payloadLength <= reader.remaining else {
      throw DecodingError(
        .badLength(
          declared: length, minimum: Self.headerByteCount,
          available: reader.remaining + Self.headerByteCount),
        offset: start)
    }
    payload = try reader.slice(payloadLength)
    try reader.skip(min(reader.remaining, ByteReader.padding(length)))
    return type
  }
}

/// Walks the attributes (`struct nlattr`: length, type, payload, padding to 4) behind a message's fixed part.
package struct Attributes: ~Escapable {
  private static let headerByteCount = 4
  /// NLA_TYPE_MASK of linux/netlink.h: the two upper bits are flags.
  private static let typeMask: UInt16 = 0x3fff

  private var reader: ByteReader

  @_lifetime(copy reader)
  @inline(__always)
  package init(_ reader: consuming ByteReader) { self.reader = reader }

  /// The next attribute's type; `payload` receives its bytes. Nil at the end.
  /// A rest too short for a header is padding, as in `nla_ok`.
  @_lifetime(self: copy self)
  @_lifetime(payload: copy self)
  @inline(__always)
  package mutating func next(payload: inout ByteReader) throws(DecodingError) -> UInt16? {
    guard reader.remaining >= Self.headerByteCount else { return nil }
    let start = reader.offset
    let length = Int(try reader.hostUInt16())
    let type = try reader.hostUInt16() & Self.typeMask
    guard length >= Self.headerByteCount, length - Self.headerByteCount <= reader.remaining else {
      throw DecodingError(
        .badLength(
          declared: length, minimum: Self.headerByteCount,
          available: reader.remaining + Self.headerByteCount),
        offset: start)
    }
    payload = try reader.slice(length - Self.headerByteCount)
    try reader.skip(min(reader.remaining, (4 - length % 4) % 4))
    return type
  }
}

/// Reads fields from front to back. A read beyond the end throws and moves nothing.
package struct ByteReader: ~Escapable {
  private let bytes: RawSpan
  /// Where `bytes` begins in the datagram, so that errors name the datagram's offset.
  private let base: Int
  private var position: Int

  /// - Parameter base: Bytes from the start of the datagram to the start of `bytes`.
  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, base: Int = 0) {
    self.bytes = bytes
    self.base = base
    self.position = 0
  }

  /// Bytes from the start of the datagram to the next read.
  package var offset: Int { base + position }
  /// Bytes from the next read to the end.
  package var remaining: Int { bytes.byteCount - position }

  @inline(__always)
  private func require(_ count: Int) throws(DecodingError) {
    guard count >= 0, count <= remaining else {
      throw DecodingError(.truncated(needed: count, available: remaining), offset: offset)
    }
  }

  @_lifetime(self: copy self)
  @inline(__always)
  private mutating func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type
  ) throws(DecodingError) -> T {
    try require(MemoryLayout<T>.size)
    // Unsafe only for types of which some bit patterns are no value; integers have none.
    let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: T.self)
    position += MemoryLayout<T>.size
    return value
  }

  @_lifetime(self: copy self)
  package mutating func uint8() throws(DecodingError) -> UInt8 { try load(UInt8.self) }

  /// Netlink's own fields are in host order.
  @_lifetime(self: copy self)
  package mutating func hostUInt32() throws(DecodingError) -> UInt32 { try load(UInt32.self) }

  @_lifetime(self: copy self)
  package mutating func hostUInt64() throws(DecodingError) -> UInt64 { try load(UInt64.self) }

  /// How many bytes of padding follow `length` bytes, up to the next multiple of 4 (NLMSG_ALIGN, NLA_ALIGN).
  static func padding(_ length: Int) -> Int { -length & 3 }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func skip(_ count: Int) throws(DecodingError) {
    try require(count)
    position += count
  }

  /// The next `count` bytes as a structure whose fields are read by their offsets.
  @_lifetime(self: copy self)
  @_lifetime(copy self)
  @inline(__always)
  package mutating func fields(_ count: Int) throws(DecodingError) -> FixedFields {
    try require(count)
    let part = FixedFields(bytes.extracting(position..<(position + count)))
    position += count
    return part
  }

  /// The next `count` bytes as a reader of their own.
  @_lifetime(self: copy self)
  @_lifetime(copy self)
  @inline(__always)
  package mutating func slice(_ count: Int) throws(DecodingError) -> ByteReader {
    try require(count)
    let part = ByteReader(bytes.extracting(position..<(position + count)), base: offset)
    position += count
    return part
  }
}

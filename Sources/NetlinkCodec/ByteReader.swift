/// Reads fields from front to back; every read is checked against the end first.
package struct ByteReader: ~Escapable {
  private let bytes: RawSpan
  /// Where `bytes` begins in the datagram, so that errors name the datagram's offset.
  private let base: Int
  private var position: Int

  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, base: Int = 0) {
    self.bytes = bytes
    self.base = base
    self.position = 0
  }

  // `position` never passes the end (`require` comes before each step), so that nothing here can overflow.

  /// Bytes from the start of the datagram to the next read.
  package var offset: Int { base &+ position }
  package var remaining: Int { bytes.byteCount &- position }

  /// A negative count is refused as one that is too large.
  @inline(__always)
  private func require(_ count: Int) throws(DecodingError) {
    guard UInt(bitPattern: count) <= UInt(bitPattern: remaining) else {
      throw DecodingError(.truncated(needed: count, available: remaining), offset: offset)
    }
  }

  @_lifetime(self: copy self)
  @inline(__always)
  private mutating func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type
  ) throws(DecodingError) -> T {
    try require(MemoryLayout<T>.size)
    let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self)
    position &+= MemoryLayout<T>.size
    return value
  }

  @_lifetime(self: copy self)
  package mutating func uint8() throws(DecodingError) -> UInt8 { try load(UInt8.self) }

  /// Netlink's own fields are in host order.
  @_lifetime(self: copy self)
  package mutating func hostUInt32() throws(DecodingError) -> UInt32 { try load(UInt32.self) }

  @_lifetime(self: copy self)
  package mutating func hostUInt64() throws(DecodingError) -> UInt64 { try load(UInt64.self) }

  /// How many bytes follow so many to the next multiple of 4 (NLMSG_ALIGN, NLA_ALIGN).
  static func padding(_ length: Int) -> Int { (0 &- length) & 3 }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func skip(_ count: Int) throws(DecodingError) {
    try require(count)
    position &+= count
  }

  /// The next `count` bytes as fields at fixed offsets; one check for all of them.
  @_lifetime(self: copy self)
  @_lifetime(copy self)
  @inline(__always)
  package mutating func fields(_ count: Int) throws(DecodingError) -> FixedFields {
    try require(count)
    let part = unsafe FixedFields(bytes.extracting(unchecked: position..<(position &+ count)))
    position &+= count
    return part
  }

  /// The next `count` bytes as a reader of their own.
  @_lifetime(self: copy self)
  @_lifetime(copy self)
  @inline(__always)
  package mutating func slice(_ count: Int) throws(DecodingError) -> ByteReader {
    try require(count)
    let part = unsafe ByteReader(bytes.extracting(unchecked: position..<(position &+ count)), base: offset)
    position &+= count
    return part
  }
}

/// The fixed part of a message; fields by their offset in the C structure.
package struct FixedFields: ~Escapable {
  private let bytes: RawSpan

  @_lifetime(copy bytes)
  @inline(__always)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  @inline(__always)
  func host<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type = T.self) -> T {
    assert(offset + MemoryLayout<T>.size <= bytes.byteCount)
    // `fields` has checked that the whole structure is there.
    return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self)
  }

  @inline(__always)
  func network<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type = T.self) -> T {
    T(bigEndian: host(offset))
  }
}

/// The fixed part of a message; a field is read by its offset in the C structure.
package struct FixedFields: ~Escapable {
  private let bytes: RawSpan

  @_lifetime(copy bytes)
  @inline(__always)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  /// Traps where the field is not wholly inside, which the length given to `ByteReader.fields` rules out.
  @inline(__always)
  func host<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type = T.self) -> T {
    // Unsafe only for types of which some bit patterns are no value; integers have none.
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }

  @inline(__always)
  func network<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type = T.self) -> T {
    T(bigEndian: host(offset))
  }
}

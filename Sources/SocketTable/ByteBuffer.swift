/// Is handed a buffer that is being filled, and takes the bytes out of it or leaves them there.
package typealias Drain = (inout ByteBuffer) -> Void

/// Bytes on their way to standard output. Keeps its room when emptied, so that rows cost no allocation.
///
/// Allocates its memory itself, because each byte that is appended to an Array costs a uniqueness check.
@safe package struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  /// In bytes.
  package private(set) var count = 0

  /// Room for `capacity` bytes, and for more as they come.
  package init(capacity: Int = 256) {
    self.capacity = max(64, capacity)
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 1)
  }

  deinit { unsafe base.deallocate() }

  /// Keeps the room.
  package mutating func removeAll() { count = 0 }

  /// A buffer is written out when it has this many bytes, which are worth a system call.
  package static let drainAt = 60 * 1024

  /// The bytes; valid until the next change.
  package var span: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(start: base, count: count))
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes as text; those that are no UTF-8 become U+FFFD.
  package var text: String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
  }

  // MARK: Appending

  @inline(__always)
  private mutating func reserve(_ bytes: Int) {
    if count + bytes > capacity { grow(bytes) }
  }

  @inline(never)
  private mutating func grow(_ bytes: Int) {
    let larger = max(capacity * 2, count + bytes)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
    unsafe moved.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = larger
  }

  /// Room for it must have been reserved.
  @inline(__always)
  private func store(_ byte: UInt8, at position: Int) {
    unsafe base.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
  }

  package mutating func append(byte: UInt8) {
    reserve(1)
    store(byte, at: count)
    count += 1
  }

  package mutating func append(spaces: Int) {
    guard spaces > 0 else { return }
    reserve(spaces)
    unsafe (base + count).initializeMemory(as: UInt8.self, repeating: UInt8(ascii: " "), count: spaces)
    count += spaces
  }

  /// Text that the program itself contains; costs no more than copying it.
  package mutating func append(literal text: StaticString) {
    let length = text.utf8CodeUnitCount
    reserve(length)
    unsafe (base + count).copyMemory(from: text.utf8Start, byteCount: length)
    count += length
  }

  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      guard let start = utf8.baseAddress else { return }
      let length = utf8.count
      reserve(length)
      unsafe (base + count).copyMemory(from: start, byteCount: length)
      count += length
    }
  }

  package mutating func append(_ other: borrowing ByteBuffer) {
    reserve(other.count)
    unsafe (base + count).copyMemory(from: other.base, byteCount: other.count)
    count += other.count
  }

  // MARK: Numbers

  package mutating func append(decimal value: UInt16) { append(decimal: UInt32(value)) }

  package mutating func append(decimal value: UInt32) {
    let length = Self.digits(value)
    reserve(length)
    count += length
    var (rest, position) = (value, count)
    repeat {
      position -= 1
      store(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), at: position)
      rest /= 10
    } while rest != 0
  }

  package mutating func append(decimal value: UInt64) {
    if let small = UInt32(exactly: value) {
      append(decimal: small)
      return
    }
    append(decimal: value / 10)
    append(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }

  /// How many decimal digits a number has.
  @inline(__always)
  package static func digits(_ value: UInt32) -> Int {
    if value < 10 { return 1 }
    if value < 100 { return 2 }
    if value < 1000 { return 3 }
    if value < 10_000 { return 4 }
    if value < 100_000 { return 5 }
    if value < 1_000_000 { return 6 }
    if value < 10_000_000 { return 7 }
    if value < 100_000_000 { return 8 }
    return value < 1_000_000_000 ? 9 : 10
  }

  /// Lower case, without leading zeros.
  package mutating func append(hexadecimal value: UInt64) {
    let length = max(1, (67 - value.leadingZeroBitCount) / 4)
    reserve(length)
    count += length
    var (rest, position) = (value, count)
    repeat {
      position -= 1
      let digit = UInt8(truncatingIfNeeded: rest & 0xf)
      store(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10), at: position)
      rest >>= 4
    } while rest != 0
  }

  /// An IPv4 address. Each octet is one load and one store of four bytes, of which its length says how many count.
  mutating func append(dotted address: UInt32) {
    reserve(16)
    for shift: UInt32 in [24, 16, 8, 0] {
      let octet = unsafe OctetText.table[Int(address >> shift & 0xff)]
      unsafe base.storeBytes(
        of: UInt32(truncatingIfNeeded: octet).littleEndian, toByteOffset: count, as: UInt32.self)
      count += Int(octet >> 32)
    }
    // Without the last dot.
    count -= 1
  }
}

/// The text of each octet with a dot behind it in the lower half, its length in the upper.
private enum OctetText {
  // Never freed, and written here alone.
  nonisolated(unsafe) static let table: UnsafePointer<UInt64> = {
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
    for octet in 0..<256 {
      var entry: UInt64 = 0
      let text = "\(octet)."
      for (index, byte) in text.utf8.enumerated() { entry |= UInt64(byte) << UInt64(8 * index) }
      unsafe (table + octet).initialize(to: entry | UInt64(text.utf8.count) << 32)
    }
    return unsafe UnsafePointer(table)
  }()
}

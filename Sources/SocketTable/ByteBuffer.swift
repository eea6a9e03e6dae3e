/// Takes the bytes out of a buffer, or leaves them there.
package typealias Drain = (inout ByteBuffer) -> Void

/// Bytes on their way to standard output. Keeps its room when emptied, so that rows cost no allocation.
///
/// Owns its memory by itself: through an Array each byte would cost a uniqueness check, which was half of the time that
/// a row took.
@safe package struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  package private(set) var count = 0

  package init(capacity: Int = 256) {
    self.capacity = max(64, capacity)
    unsafe base = UnsafeMutablePointer<UInt8>.allocate(capacity: self.capacity)
  }

  deinit { unsafe base.deallocate() }

  package mutating func removeAll() { count = 0 }

  /// So many bytes are worth a system call.
  package static let drainAt = 60 * 1024

  package var span: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  package var text: String {
    unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
  }

  // MARK: Appending

  @inline(__always)
  private mutating func reserve(_ bytes: Int) {
    if count + bytes > capacity { grow(bytes) }
  }

  @inline(never)
  private mutating func grow(_ bytes: Int) {
    let larger = max(capacity * 2, count + bytes)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    unsafe moved.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = larger
  }

  package mutating func append(byte: UInt8) {
    reserve(1)
    unsafe base[count] = byte
    count += 1
  }

  /// Text that the program itself contains; costs no more than copying it.
  package mutating func append(literal text: StaticString) {
    let length = text.utf8CodeUnitCount
    reserve(length)
    unsafe (base + count).update(from: text.utf8Start, count: length)
    count += length
  }

  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      guard let start = utf8.baseAddress else { return }
      let length = utf8.count
      reserve(length)
      unsafe (base + count).update(from: start, count: length)
      count += length
    }
  }

  package mutating func append(_ other: borrowing ByteBuffer) {
    reserve(other.count)
    unsafe (base + count).update(from: other.base, count: other.count)
    count += other.count
  }

  package mutating func append(decimal value: UInt16) { append(decimal: UInt32(value)) }

  package mutating func append(decimal value: UInt32) {
    reserve(10)
    var rest = value
    let length = Self.digits(value)
    var position = count &+ length
    // Pairs of digits from the back; the division by a constant is a multiplication.
    while rest >= 100 {
      let quotient = rest / 100
      storePair(rest &- quotient &* 100, endingAt: position)
      position &-= 2
      rest = quotient
    }
    if rest >= 10 {
      storePair(rest, endingAt: position)
    } else {
      unsafe base[position &- 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
    }
    count &+= length
  }

  /// An IPv4 address; at most 15 bytes.
  mutating func append(dotted address: UInt32) {
    reserve(15)
    var position = count
    storeOctet(address &>> 24, at: &position)
    unsafe base[position] = UInt8(ascii: ".")
    position &+= 1
    storeOctet(address &>> 16 & 0xff, at: &position)
    unsafe base[position] = UInt8(ascii: ".")
    position &+= 1
    storeOctet(address &>> 8 & 0xff, at: &position)
    unsafe base[position] = UInt8(ascii: ".")
    position &+= 1
    storeOctet(address & 0xff, at: &position)
    count = position
  }

  @inline(__always)
  private func storeOctet(_ octet: UInt32, at position: inout Int) {
    if octet < 10 {
      unsafe base[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: octet)
      position &+= 1
      return
    }
    if octet < 100 {
      position &+= 2
      storePair(octet, endingAt: position)
      return
    }
    let hundreds: UInt32 = octet >= 200 ? 2 : 1
    unsafe base[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: hundreds)
    position &+= 3
    storePair(octet &- hundreds &* 100, endingAt: position)
  }

  @inline(__always)
  private func storePair(_ pair: UInt32, endingAt end: Int) {
    let tens = (pair &* 205) &>> 11
    unsafe base[end &- 2] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: tens)
    unsafe base[end &- 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair &- tens &* 10)
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

  package mutating func append(decimal value: UInt64) {
    if let small = UInt32(exactly: value) {
      append(decimal: small)
      return
    }
    append(decimal: value / 10)
    append(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }

  /// Lower case, without leading zeros.
  package mutating func append(hexadecimal value: UInt64) {
    reserve(16)
    let length = max(1, (67 - value.leadingZeroBitCount) / 4)
    var rest = value
    var position = count &+ length
    repeat {
      position &-= 1
      let digit = UInt8(truncatingIfNeeded: rest) & 0xf
      // "a" stands 39 places behind "9" + 1.
      unsafe base[position] = digit &+ UInt8(ascii: "0") &+ (digit > 9 ? 39 : 0)
      rest &>>= 4
    } while position > count
    count &+= length
  }
}

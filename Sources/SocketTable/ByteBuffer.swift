/// Takes the bytes out of a buffer, or leaves them there.
package typealias Drain = (inout ByteBuffer) -> Void

/// Bytes on their way to standard output. Keeps its room when emptied, so that rows cost no allocation.
///
/// Owns its memory by itself: through an Array each byte would cost a uniqueness check, which was half of the time that
/// a row took. There is always room for one block more than was asked for, so that short pieces are copied by whole
/// blocks, and numbers stored by whole words, of which only the first bytes count.
@safe package struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  package private(set) var count = 0

  private typealias Block = SIMD64<UInt8>
  private static let blockSize = MemoryLayout<Block>.size

  package init(capacity: Int = 256) {
    self.capacity = max(64, capacity)
    unsafe base = Self.allocate(self.capacity)
  }

  deinit { unsafe base.deallocate() }

  /// Set to zero, as blocks are read whole.
  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    let bytes = capacity + blockSize
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return unsafe memory
  }

  package mutating func removeAll() { count = 0 }

  /// So many bytes are worth a system call.
  package static let drainAt = 60 * 1024

  package var span: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(start: base, count: count))
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  package var text: String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
  }

  // MARK: Appending

  @inline(__always)
  private mutating func reserve(_ bytes: Int) {
    if count &+ bytes > capacity { grow(bytes) }
  }

  @inline(never)
  private mutating func grow(_ bytes: Int) {
    let larger = max(capacity * 2, count + bytes)
    let moved = unsafe Self.allocate(larger)
    unsafe moved.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = larger
  }

  /// Stores a whole word, of which the first `bytes` count. Room for them must have been reserved.
  @inline(__always)
  private mutating func store<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, bytes: Int) {
    unsafe base.storeBytes(of: word.littleEndian, toByteOffset: count, as: Word.self)
    count &+= bytes
  }

  package mutating func append(byte: UInt8) {
    reserve(1)
    store(byte, bytes: 1)
  }

  package mutating func append(spaces: Int) {
    guard spaces > 0 else { return }
    reserve(spaces)
    let block = Block(repeating: UInt8(ascii: " "))
    var offset = 0
    while offset < spaces {
      unsafe base.storeBytes(of: block, toByteOffset: count &+ offset, as: Block.self)
      offset &+= Self.blockSize
    }
    count &+= spaces
  }

  /// Text that the program itself contains; costs no more than copying it.
  package mutating func append(literal text: StaticString) {
    let length = text.utf8CodeUnitCount
    reserve(length)
    unsafe (base + count).copyMemory(from: text.utf8Start, byteCount: length)
    count &+= length
  }

  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      guard let start = utf8.baseAddress else { return }
      let length = utf8.count
      reserve(length)
      unsafe (base + count).copyMemory(from: start, byteCount: length)
      count &+= length
    }
  }

  /// Meant for short pieces.
  package mutating func append(_ other: borrowing ByteBuffer) {
    reserve(other.count)
    var offset = 0
    while offset < other.count {
      let block = unsafe other.base.loadUnaligned(fromByteOffset: offset, as: Block.self)
      unsafe base.storeBytes(of: block, toByteOffset: count &+ offset, as: Block.self)
      offset &+= Self.blockSize
    }
    count &+= other.count
  }

  // MARK: Numbers

  package mutating func append(decimal value: UInt16) { append(decimal: UInt32(value)) }

  package mutating func append(decimal value: UInt32) {
    reserve(12)
    if value < 10_000 {
      appendTrimmed(value)
    } else if value < 100_000 {
      store(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10_000), bytes: 1)
      store(Self.fourDigits(value % 10_000), bytes: 4)
    } else if value < 100_000_000 {
      appendTrimmed(value / 10_000)
      store(Self.fourDigits(value % 10_000), bytes: 4)
    } else {
      appendTrimmed(value / 100_000_000)
      store(Self.fourDigits(value / 10_000 % 10_000), bytes: 4)
      store(Self.fourDigits(value % 10_000), bytes: 4)
    }
  }

  package mutating func append(decimal value: UInt64) {
    if let small = UInt32(exactly: value) {
      append(decimal: small)
      return
    }
    append(decimal: value / 10)
    append(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }

  /// The four digits of a number below 10,000, the first in the lowest byte. All of them at once: in halves of 16 bits
  /// the hundreds and the rest, then in bytes the tens and the ones of each; the divisions are multiplications.
  @inline(__always)
  private static func fourDigits(_ value: UInt32) -> UInt32 {
    let hundreds = (value &* 5243) &>> 19
    let pairs = hundreds | (value &- hundreds &* 100) &<< 16
    let tens = ((pairs &* 103) &>> 10) & 0x000f_000f
    return tens | (pairs &- tens &* 10) &<< 8 | 0x3030_3030
  }

  /// A number below 10,000 without leading zeros.
  @inline(__always)
  private mutating func appendTrimmed(_ value: UInt32) {
    let digits = Self.fourDigits(value)
    let zeroBits = ((digits & 0x0f0f_0f0f) | 0x0100_0000).trailingZeroBitCount & ~7
    store(digits &>> UInt32(truncatingIfNeeded: zeroBits), bytes: 4 &- zeroBits &>> 3)
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
    reserve(16)
    let high = UInt32(truncatingIfNeeded: value &>> 32)
    let low = UInt32(truncatingIfNeeded: value)
    if high != 0 {
      appendTrimmed(hexadecimal: high)
      store(Self.eightHexDigits(low), bytes: 8)
    } else {
      appendTrimmed(hexadecimal: low)
    }
  }

  @inline(__always)
  private mutating func appendTrimmed(hexadecimal value: UInt32) {
    let length = max(1, (35 &- value.leadingZeroBitCount) &>> 2)
    store(
      Self.eightHexDigits(value) &>> UInt64(truncatingIfNeeded: 8 &* (8 &- length)), bytes: length)
  }

  /// The first in the lowest byte: each half byte gets a byte of its own, and "a" stands 39 places behind "9" + 1.
  @inline(__always)
  private static func eightHexDigits(_ value: UInt32) -> UInt64 {
    var spread = UInt64(value)
    spread = (spread | spread &<< 16) & 0x0000_ffff_0000_ffff
    spread = (spread | spread &<< 8) & 0x00ff_00ff_00ff_00ff
    spread = (spread | spread &<< 4) & 0x0f0f_0f0f_0f0f_0f0f
    let letters = ((spread &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
    return (spread &+ 0x3030_3030_3030_3030 &+ letters &* 39).byteSwapped
  }

  /// An IPv4 address; at most 15 bytes.
  mutating func append(dotted address: UInt32) {
    reserve(16)
    for shift: UInt32 in [24, 16, 8, 0] {
      let octet = unsafe OctetText.table[Int(address &>> shift & 0xff)]
      store(UInt32(truncatingIfNeeded: octet), bytes: Int(octet &>> 32))
    }
    // Without the last dot.
    count &-= 1
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

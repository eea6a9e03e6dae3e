/// The types of a kernel (/sys/kernel/btf/vmlinux), to find out where in its structures something lies. A file from outside:
/// every read checks its bounds, and nothing is followed without an end.
package struct BTFFile: Sendable {
  private let bytes: [UInt8]
  /// Where each type begins; that of type 1 stands first, as 0 is `void`.
  private var offsets: [UInt32] = []
  private var strings: Range<Int> = 0..<0

  /// Through so many typedefs and the like, and so deep in anonymous structures, at most.
  static let depthLimit = 32
  /// So many members are looked at for one field at most. `struct task_struct` has some 300.
  static let memberLimit = 10_000

  private static let magic: UInt16 = 0xeb9f
  private static let headerLength = 24

  /// Reads where each type begins, in one pass.
  package init(_ bytes: [UInt8]) throws(BTFError) {
    self.bytes = bytes
    guard bytes.count >= Self.headerLength, bytes.count < Int(UInt32.max) else { throw .notBTF }
    // A file of another byte order has the magic number turned round.
    guard try uint16(0) == Self.magic, bytes[2] == 1 else { throw .notBTF }
    let header = Int(try uint32(4))
    guard header >= Self.headerLength else { throw .notBTF }
    let types = try section(header: header, at: 8)
    strings = try section(header: header, at: 16)
    offsets.reserveCapacity(types.count / 24)
    var position = types.lowerBound
    while position < types.upperBound {
      offsets.append(UInt32(position))
      // Of the hundred thousand types few are ever looked at: nothing is read of them but where the next one begins.
      let info = try uint32(position + 4)
      guard let kind = BTFType.Kind(rawValue: UInt8(truncatingIfNeeded: info >> 24) & 31) else {
        throw .unknownKind(UInt8(truncatingIfNeeded: info >> 24) & 31)
      }
      let (perPart, once) = kind.trailer
      position += BTFType.byteCount + once + perPart * Int(info & 0xffff)
      guard position <= types.upperBound else { throw .truncated(offset: types.upperBound) }
    }
  }

  /// Not counting `void`.
  package var typeCount: Int { offsets.count }

  private func section(header: Int, at field: Int) throws(BTFError) -> Range<Int> {
    let start = header + Int(try uint32(field))
    let end = start + Int(try uint32(field + 4))
    guard end <= bytes.count else { throw .truncated(offset: bytes.count) }
    return start..<end
  }

  // MARK: Numbers

  @inline(__always)
  private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) throws(BTFError) -> Number {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Number>.size else {
      throw .truncated(offset: bytes.count)
    }
    // Unsafe only for types of which some bit patterns are no value; integers have none.
    let number = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
    return Number(littleEndian: number)
  }

  private func uint16(_ offset: Int) throws(BTFError) -> UInt16 { try load(offset) }
  func uint32(_ offset: Int) throws(BTFError) -> UInt32 { try load(offset) }

  // MARK: Types

  private func type(at offset: Int) throws(BTFError) -> BTFType {
    let info = try uint32(offset + 4)
    let number = UInt8(info >> 24 & 31)
    guard let kind = BTFType.Kind(rawValue: number) else { throw .unknownKind(number) }
    return BTFType(
      kind: kind, name: try uint32(offset), count: Int(info & 0xffff), hasBitfieldSizes: info >> 31 != 0,
      sizeOrType: try uint32(offset + 8), trailer: offset + BTFType.byteCount)
  }

  package subscript(number: UInt32) -> BTFType {
    get throws(BTFError) {
      guard number > 0, Int(number) <= offsets.count else { throw .badReference(number) }
      return try type(at: Int(offsets[Int(number) - 1]))
    }
  }

  /// The type itself, without the typedefs and qualifiers around it.
  func resolved(_ number: UInt32) throws(BTFError) -> BTFType {
    var type = try self[number]
    for _ in 0..<Self.depthLimit {
      guard type.kind.isModifier else { return type }
      type = try self[type.sizeOrType]
    }
    throw .endless
  }

  /// Whether the name that begins here among the strings is this one.
  func isName(_ offset: UInt32, _ name: StaticString) -> Bool {
    let start = strings.lowerBound + Int(offset)
    let length = name.utf8CodeUnitCount
    guard start + length < strings.upperBound, bytes[start + length] == 0 else { return false }
    return name.withUTF8Buffer { expected in
      for index in 0..<length where unsafe bytes[start + index] != expected[index] { return false }
      return true
    }
  }

  /// The number of the function of this name.
  func function(named name: StaticString) throws(BTFError) -> UInt32 {
    for (index, offset) in offsets.enumerated() {
      guard bytes[Int(offset) + 7] & 31 == BTFType.Kind.function.rawValue,
        isName(try uint32(Int(offset)), name)
      else { continue }
      return UInt32(index + 1)
    }
    throw .missing("\(name)")
  }
}

/// Where a member lies in a structure, however deep in anonymous structures and unions.
package struct BTFField: Equatable, Sendable {
  /// From the structure's beginning, in bits.
  package let bitOffset: Int
  /// In bits.
  package let width: Int

  package var byteOffset: Int { bitOffset / 8 }
  /// How far its lowest bit is from that of the byte in which it lies.
  package var shift: Int { bitOffset % 8 }
  package var isInOneByte: Bool { width > 0 && shift + width <= 8 }

  /// Whether it is a whole number of this many bytes.
  func isWhole(bytes: Int) -> Bool { shift == 0 && width == bytes * 8 }
}

extension BTFFile {
  /// The field of this name in a structure or union.
  func field(_ name: StaticString, of structure: BTFType) throws(BTFError) -> BTFField {
    var looked = 0
    guard let field = try find(name, in: structure, from: 0, depth: 0, &looked) else {
      throw .missing("\(name)")
    }
    return field
  }

  private func find(
    _ name: StaticString, in structure: BTFType, from base: Int, depth: Int, _ looked: inout Int
  ) throws(BTFError) -> BTFField? {
    guard structure.kind == .structure || structure.kind == .union else { return nil }
    guard depth < Self.depthLimit else { throw .endless }
    for index in 0..<structure.count {
      looked += 1
      guard looked <= Self.memberLimit else { throw .endless }
      let member = structure.trailer + 12 * index
      let nameOffset = try uint32(member)
      let typeNumber = try uint32(member + 4)
      let packed = try uint32(member + 8)
      let offset = base + Int(structure.hasBitfieldSizes ? packed & 0xff_ffff : packed)
      if nameOffset == 0 {
        // An anonymous bitfield is padding.
        let inner = try resolved(typeNumber)
        if let found = try find(name, in: inner, from: offset, depth: depth + 1, &looked) { return found }
      } else if isName(nameOffset, name) {
        let bits = structure.hasBitfieldSizes ? Int(packed >> 24) : 0
        return bits > 0
          ? BTFField(bitOffset: offset, width: bits) : try whole(typeNumber, at: offset)
      }
    }
    return nil
  }

  /// A member that is no bitfield, or one as structures without sizes of bitfields have it: an integer type that tells its bits.
  private func whole(_ number: UInt32, at offset: Int) throws(BTFError) -> BTFField {
    let type = try resolved(number)
    switch type.kind {
    case .integer:
      let encoding = try uint32(type.trailer)
      return BTFField(bitOffset: offset + Int(encoding >> 16 & 0xff), width: Int(encoding & 0xff))
    case .pointer: return BTFField(bitOffset: offset, width: 64)
    case .structure, .union, .enumeration, .enumeration64, .float:
      return BTFField(bitOffset: offset, width: Int(type.sizeOrType) * 8)
    default: return BTFField(bitOffset: offset, width: 0)
    }
  }

  /// The parameters of a function, each with its place.
  func parameter(_ name: StaticString, of function: UInt32) throws(BTFError) -> (index: Int, type: UInt32) {
    let prototype = try self[try self[function].sizeOrType]
    guard prototype.kind == .functionPrototype else { throw .missing("\(name)") }
    for index in 0..<prototype.count {
      let parameter = prototype.trailer + 8 * index
      if isName(try uint32(parameter), name) { return (index, try uint32(parameter + 4)) }
    }
    throw .missing("\(name)")
  }

  /// The structure that a pointer leads to.
  func pointee(of number: UInt32) throws(BTFError) -> BTFType {
    let pointer = try resolved(number)
    guard pointer.kind == .pointer else { throw .unexpectedLayout("a pointer") }
    return try resolved(pointer.sizeOrType)
  }
}

/// One type of a BTF file (`struct btf_type` of linux/btf.h).
package struct BTFType: Equatable, Sendable {
  /// BTF_KIND_*: those that are told apart here. The others are only passed over.
  package enum Kind: UInt8, Sendable {
    case integer = 1
    case pointer = 2
    case array = 3
    case structure = 4
    case union = 5
    case enumeration = 6
    case forward = 7
    case typedef = 8
    case volatile = 9
    case const = 10
    case restrict = 11
    case function = 12
    case functionPrototype = 13
    case variable = 14
    case dataSection = 15
    case float = 16
    case declarationTag = 17
    case typeTag = 18
    case enumeration64 = 19

    /// How many bytes follow the type: so many for each of its `count` parts, or else so many at all.
    var trailer: (perPart: Int, once: Int) {
      switch self {
      case .integer, .variable, .declarationTag: (0, 4)
      case .array: (0, 12)
      case .structure, .union, .dataSection, .enumeration64: (12, 0)
      case .enumeration, .functionPrototype: (8, 0)
      case .pointer, .forward, .typedef, .volatile, .const, .restrict, .function, .float, .typeTag: (0, 0)
      }
    }

    /// Whether it stands for the type that it refers to.
    var isModifier: Bool {
      switch self {
      case .typedef, .volatile, .const, .restrict, .typeTag: true
      default: false
      }
    }
  }

  package let kind: Kind
  /// Where its name begins among the strings; 0 is none.
  let name: UInt32
  /// Members of a structure, parameters of a function.
  let count: Int
  /// Of a structure: its members' offsets have the size of a bitfield in their upper 8 bits.
  let hasBitfieldSizes: Bool
  /// The size in bytes, or the number of the type that it refers to, by its kind.
  let sizeOrType: UInt32
  /// Where in the file its trailer begins.
  let trailer: Int

  static let byteCount = 12
}

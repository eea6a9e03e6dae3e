/// Why the kernel's types do not tell what is asked of them. Then it is not known, and nothing is guessed.
package enum BTFError: Error, Hashable, Sendable {
  /// It does not begin as BTF does, or as BTF of another version or byte order.
  case notBTF
  /// A section or a type reaches beyond the data, at this offset in bytes.
  case truncated(offset: Int)
  /// A kind of type that did not exist when this was written: where the next type begins is unknown.
  case unknownKind(UInt8)
  /// There is no type of this number.
  case badReference(UInt32)
  /// Types that refer to each other without an end, or more members than any real one has.
  case endless
  /// A function, a parameter or a member of this name is not there.
  case missing(String)
  /// It is there, and is not what this program reads.
  case unexpectedLayout(String)
}

extension BTFError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notBTF: "no BTF that this program can read"
    case .truncated(let offset): "it is cut off at byte \(offset)"
    case .unknownKind(let kind): "type kind \(kind) is not known"
    case .badReference(let type): "there is no type \(type)"
    case .endless: "its types have no end"
    case .missing(let name): "there is no \(name)"
    case .unexpectedLayout(let name): "\(name) has another layout"
    }
  }
}

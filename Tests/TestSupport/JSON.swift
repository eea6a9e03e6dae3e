import Foundation

/// A JSON value to be looked into: `output["sockets"][0]["state"].string`. Looking up what is not there gives
/// `.missing`, so that a test can tell an absent key from a null.
package enum JSON: Hashable, Sendable, Decodable {
  case missing
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  package init(parsing bytes: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(JSON.self, from: Data(bytes))
    } catch {
      throw JSONParsingFailed(text: String(decoding: bytes, as: UTF8.self), reason: "\(error)")
    }
  }

  package init(parsing text: String) throws {
    try self.init(parsing: Array(text.utf8))
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  package subscript(key: String) -> JSON {
    if case .object(let members) = self { members[key] ?? .missing } else { .missing }
  }

  package subscript(index: Int) -> JSON {
    if case .array(let values) = self, values.indices.contains(index) { values[index] } else { .missing }
  }

  /// Of the findings in an answer, but for a remark about other network namespaces: other tests have servers on the same
  /// ports in theirs meanwhile.
  package var slugs: [String] {
    (self["findings"].array?.compactMap { $0["slug"].string } ?? []).filter {
      $0 != "held-in-other-namespace"
    }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var int: Int? {
    if case .int(let value) = self { Int(value) } else { nil }
  }

  package var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// nil if it is no array.
  package var array: [JSON]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// nil if it is no object.
  package var keys: Set<String>? {
    if case .object(let members) = self { Set(members.keys) } else { nil }
  }

  package var count: Int? {
    switch self {
    case .array(let values): values.count
    case .object(let members): members.count
    default: nil
    }
  }

  package var isNull: Bool { self == .null }
  package var exists: Bool { self != .missing }
}

package struct JSONParsingFailed: Error, CustomStringConvertible {
  package let text: String
  package let reason: String
  package var description: String { "no JSON (\(reason)): \(text.prefix(2000))" }
}

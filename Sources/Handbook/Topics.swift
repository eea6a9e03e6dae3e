/// All topics, and how one is found by what somebody typed.
package enum Topics {
  package static let all: [Topic] = articles + states + errors + options + sysctls + findings

  /// Nil if nothing is called so. Case, and what stands between letters and digits, do not matter; of a sysctl the last
  /// part is enough.
  package static func find(_ typed: String) -> Topic? {
    let key = key(typed)
    guard !key.isEmpty else { return nil }
    return all.first { keys(of: $0).contains(key) }
  }

  /// Names that are spelled nearly so, or that contain it; the nearest first.
  package static func near(_ typed: String) -> [String] {
    let typed = key(typed)
    guard !typed.isEmpty, typed.utf8.count <= 64 else { return [] }
    let scored = all.compactMap { topic -> (name: String, score: Int)? in
      let scores = keys(of: topic).compactMap { key -> Int? in
        if typed.utf8.count >= 4, contains(key, typed) { return 1 }
        let distance = Spelling.distance(key, typed)
        return distance <= max(1, min(key.utf8.count, typed.utf8.count) / 3) ? distance : nil
      }
      return scores.min().map { (topic.name, $0) }
    }
    return scored.sorted { ($0.score, $0.name) < ($1.score, $1.name) }.prefix(5).map(\.name)
  }

  /// All that it is found by, made comparable.
  package static func keys(of topic: Topic) -> [String] {
    var names = [topic.name] + topic.aliases
    if topic.group == .sysctl, let short = topic.name.split(separator: ".").last {
      names.append(String(short))
    }
    return names.map(key)
  }

  /// Lower case, letters and digits only; without the path under which sysctls lie.
  static func key(_ text: String) -> String {
    let bytes = text.utf8.compactMap { byte -> UInt8? in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
      // Of another script: kept, so that it is no part of a name.
      case 0x80...: byte
      default: nil
      }
    }
    let path = Array("procsys".utf8)
    return String(
      decoding: bytes.starts(with: path) ? Array(bytes.dropFirst(path.count)) : bytes, as: UTF8.self)
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8), Array(part.utf8))
    guard part.count <= text.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
  }
}

/// All topics, and the search for the one that a user means.
package enum Topics {
  package static let all: [Topic] = articles + terms + states + errors + options + sysctls + findings

  /// The topic with this name or alias; nil if there is none. Case does not matter, nor do characters other than letters and
  /// digits. The last part of a sysctl's name is enough.
  package static func find(_ typed: String) -> Topic? {
    let key = key(typed)
    guard !key.isEmpty else { return nil }
    return all.first { keys(of: $0).contains(key) }
  }

  /// The names of up to five topics with a similar spelling, or that contain the text. The most similar comes first.
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

  /// The keys of all names by which a topic is found.
  package static func keys(of topic: Topic) -> [String] {
    var names = [topic.name] + topic.aliases
    if topic.group == .sysctl, let short = topic.name.split(separator: ".").last {
      names.append(String(short))
    }
    return names.map(key)
  }

  /// What names are compared by: their letters and digits in lower case, without the path before the name of a sysctl.
  static func key(_ text: String) -> String {
    let bytes = text.utf8.compactMap { byte -> UInt8? in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
      // Letters of other scripts are kept, so that a text with one of them matches no name.
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

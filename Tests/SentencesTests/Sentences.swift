import Foundation
import Testing

/// The sentences that users can meet, grouped by where they come from. Each is kept once, where it comes first.
struct Sentences {
  private(set) var groups: [(title: String, sentences: [String])] = []
  private var known: Set<String> = []

  /// A sentence that is longer takes two readings.
  private static let mostWords = 25

  mutating func add(_ title: String, _ texts: [String]) {
    let new = texts.flatMap(Self.split).filter { known.insert($0).inserted }
    if !new.isEmpty { groups.append((title, new)) }
  }

  /// Parts a text after each full stop and question mark before a capital, a number, a quotation or a name of code
  /// (that of the process in the examples, too).
  static func split(_ text: String) -> [String] {
    var sentences: [String] = []
    var words: [Substring] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let last = words.last, isEnd(last), isBeginning(word) {
        sentences.append(words.joined(separator: " "))
        words = []
      }
      words.append(word)
    }
    return sentences + (words.isEmpty ? [] : [words.joined(separator: " ")])
  }

  private static func isEnd(_ word: Substring) -> Bool {
    word.count > 1 && word.wholeMatch(of: /.*[.?]["')]?/) != nil
  }

  private static func isBeginning(_ word: Substring) -> Bool {
    word.first.map { !$0.isLowercase || word == "nginx" || word.contains { "_(.-=".contains($0) } } ?? false
  }

  static func wordCount(_ sentence: String) -> Int {
    sentence.split(separator: " ").count { $0.contains { $0.isLetter || $0.isNumber || $0 == "…" } }
  }

  /// Those that are too long to be read once.
  var long: [String] { groups.flatMap(\.sentences).filter { Self.wordCount($0) > Self.mostWords } }

  private var text: String {
    groups.map { "=== \($0.title)\n\($0.sentences.joined(separator: "\n"))\n" }.joined(separator: "\n")
  }

  // MARK: The committed list

  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// - Parameter path: from the project's directory.
  func compare(withFile path: String) throws {
    let url = Self.project.appending(path: path)
    if ProcessInfo.processInfo.environment["TW_UPDATE_SCREENS"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let kept = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let now = text.split(separator: "\n")
    let (gone, new) = (Set(kept).subtracting(now), Set(now).subtracting(kept))
    #expect(gone.isEmpty, "\(path) has what nothing says any more: \(gone.sorted())")
    #expect(new.isEmpty, "\(path) lacks what is said now: \(new.sorted())")
    #expect(kept == now, "\(path) has another order")
  }
}

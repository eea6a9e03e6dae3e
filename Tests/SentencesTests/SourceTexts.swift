import Foundation

/// The texts in the string literals of a Swift file, as far as they are words for people. What is inserted into them is
/// written as an ellipsis.
struct SourceTexts {
  private(set) var texts: [String] = []
  private let source: [Character]
  private var index = 0

  init(of file: URL) throws {
    source = Array(try String(contentsOf: file, encoding: .utf8))
    readCode(until: nil)
  }

  /// Texts with three words or more: anything shorter is a name.
  private mutating func keep(_ text: String) {
    // A list of lines has its words in another place: `--help`, which is read as its own output.
    let isHelp = text.contains("EXIT STATUS") || text.contains("EXAMPLES")
    for paragraph in isHelp ? [] : text.split(separator: "\n\n") {
      let text = paragraph.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if text.contains(/[A-Za-z]{2}\S* (\S* )*\S*[a-z]\S* (\S* )*[a-z]{2}/), !text.contains(/^(TW |SIOC)/) {
        texts.append(text)
      }
    }
  }

  private func isAt(_ text: String) -> Bool {
    index + text.count <= source.count && source[index..<index + text.count].elementsEqual(text)
  }

  /// Reads statements up to the parenthesis that closes an insertion; to the end of the file for nil.
  private mutating func readCode(until end: Character?) {
    var depth = 0
    while index < source.count {
      if isAt("//") {
        while index < source.count, source[index] != "\n" { index += 1 }
      } else if isAt("#\"\"\"") {
        // A raw literal is a text for programs.
        while index < source.count, !isAt("\"\"\"#") { index += 1 }
        index += 4
      } else if isAt("\"\"\"") {
        readLiteral(ending: "\"\"\"")
      } else if isAt("\"") {
        readLiteral(ending: "\"")
      } else {
        if source[index] == "(" { depth += 1 }
        if source[index] == ")" {
          if depth == 0, end != nil { return }
          depth -= 1
        }
        index += 1
      }
    }
  }

  private mutating func readLiteral(ending quote: String) {
    index += quote.count
    var text = ""
    while index < source.count, !isAt(quote) {
      guard source[index] == "\\", index + 1 < source.count else {
        text.append(source[index])
        index += 1
        continue
      }
      index += 2
      switch source[index - 1] {
      case "(":
        readCode(until: ")")
        index += 1
        text.append("…")
      // A line that goes on, or an escape.
      case "\n": text.append(" ")
      case "n", "t", "r": text.append("\n")
      case "u":
        while index < source.count, source[index] != "}" { index += 1 }
        index += 1
      default: text.append(source[index - 1])
      }
    }
    index += quote.count
    keep(text)
  }
}

/// The text of a command's `discussion`, taken apart by the conventions in README.md beside this file.
struct HelpText: Equatable {
  enum Block: Equatable {
    case paragraph(String)
    /// A term or command, and what it means or does.
    case item(term: String, text: String)
    /// Lines to be shown as they are.
    case literal([String])
  }

  struct Section: Equatable {
    var title: String
    var blocks: [Block]
  }

  /// What belongs to no section.
  var description: [Block] = []
  var sections: [Section] = []

  init(_ discussion: String) {
    var open = OpenBlock.none
    var inDescription = true

    func change(_ edit: (inout [Block]) -> Void) {
      if inDescription {
        edit(&description)
      } else {
        edit(&sections[sections.count - 1].blocks)
      }
    }

    for line in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.drop { $0 == " " }
      let indent = text.startIndex.utf16Offset(in: line) - line.startIndex.utf16Offset(in: line)
      if text.isEmpty {
        open = .none
      } else if indent == 0, let title = Self.title(of: text) {
        sections.append(Section(title: title, blocks: []))
        inDescription = false
        open = .none
      } else if indent == 0 {
        // A line at the margin ends a section: examples may stand first and the description after them.
        if case .paragraph = open {
          change { $0.appendToLast(text) }
        } else {
          inDescription = true
          change { $0.append(.paragraph(String(text))) }
          open = .paragraph
        }
      } else if case .indented(let termIndent) = open, indent > termIndent {
        change { $0.appendToLast(text) }
      } else if let (term, meaning) = Self.columns(of: text) {
        change { $0.append(.item(term: term, text: meaning)) }
        open = .indented(indent)
      } else {
        var continues = false
        if case .indented(indent) = open { continues = true }
        change { $0.appendLiteral(text, continues: continues) }
        open = .indented(indent)
      }
    }
  }

  private enum OpenBlock {
    case none, paragraph
    case indented(Int)
  }

  /// `EXIT STATUS:` is a heading; the colon is what tells it from a line that is in capitals by chance.
  private static func title(of line: Substring) -> String? {
    guard line.last == ":", line.count > 2 else { return nil }
    let title = line.dropLast()
    guard title.allSatisfy({ ("A"..."Z").contains($0) || $0 == " " }) else { return nil }
    return String(title)
  }

  /// A term and its meaning, two spaces or more apart.
  private static func columns(of line: Substring) -> (String, String)? {
    var index = line.startIndex
    while let space = line[index...].firstIndex(of: " ") {
      let end = line[space...].firstIndex { $0 != " " } ?? line.endIndex
      if line.distance(from: space, to: end) > 1, end != line.endIndex {
        return (String(line[..<space]), String(line[end...]))
      }
      index = end
    }
    return nil
  }
}

extension [HelpText.Block] {
  /// Continues the last block. Below a line that was literal so far, it is what that line means.
  fileprivate mutating func appendToLast(_ text: Substring) {
    switch popLast() {
    case .paragraph(let start)?:
      append(.paragraph(start + " " + text))
    case .item(let term, let start)?:
      append(.item(term: term, text: start + " " + text))
    case .literal(var lines)?:
      let term = lines.removeLast()
      if !lines.isEmpty { append(.literal(lines)) }
      append(.item(term: term, text: String(text)))
    case nil:
      append(.paragraph(String(text)))
    }
  }

  fileprivate mutating func appendLiteral(_ line: Substring, continues: Bool) {
    if continues, case .literal(let lines)? = last {
      self[count - 1] = .literal(lines + [String(line)])
    } else {
      append(.literal([String(line)]))
    }
  }
}

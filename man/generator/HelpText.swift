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
    var title: String?
    var open = OpenBlock.none

    func change(_ edit: (inout [Block]) -> Void) {
      if title == nil {
        edit(&description)
      } else {
        edit(&sections[sections.count - 1].blocks)
      }
    }

    for line in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
      let indent = line.prefix { $0 == " " }.count
      let text = line.dropFirst(indent)
      if text.isEmpty {
        open = .none
        continue
      }
      if indent == 0, let heading = Self.heading(in: text) {
        title = heading == "DESCRIPTION" ? nil : heading
        if let title { sections.append(Section(title: title, blocks: [])) }
        open = .none
        continue
      }
      if indent == 0, title != nil {
        // Text at the margin ends a section: examples may stand first and the description after them.
        title = nil
        open = .none
      }
      if open.isContinued(by: indent) {
        change { $0.appendToLast(text) }
      } else if indent > 0, let (term, meaning) = Self.columns(of: text) {
        change { $0.append(.item(term: term, text: meaning)) }
        open = .indented(indent)
      } else if indent > 3 || (indent > 0 && title == "EXAMPLES") {
        let goesOn = open == .indented(indent)
        change { $0.appendLiteral(text, goesOn: goesOn) }
        open = .indented(indent)
      } else {
        change { $0.append(.paragraph(String(text))) }
        open = .paragraph(indent)
      }
    }
  }

  /// What the next line may continue.
  private enum OpenBlock: Equatable {
    case none
    case paragraph(Int)
    /// A term, a command or a line as it is, indented by so much.
    case indented(Int)

    func isContinued(by indent: Int) -> Bool {
      switch self {
      case .none: false
      case .paragraph(let own): indent == own
      case .indented(let own): indent > own
      }
    }
  }

  /// `EXIT STATUS`, with a colon or without. Three capitals may be an abbreviation that fills a line by chance.
  private static func heading(in line: Substring) -> String? {
    let title = line.last == ":" ? line.dropLast() : line
    guard title.count > 3, title.utf8.allSatisfy({ (65...90).contains($0) || $0 == 32 }) else { return nil }
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

  fileprivate mutating func appendLiteral(_ line: Substring, goesOn: Bool) {
    if goesOn, case .literal(let lines)? = last {
      self[count - 1] = .literal(lines + [String(line)])
    } else {
      append(.literal([String(line)]))
    }
  }
}

package import Handbook
package import SocketTable

/// The answer of `explain` in each of its formats.
package struct ExplainReport {
  package enum Answer: Sendable {
    /// All topics.
    case list
    /// `values` has the present value of each of the topic's settings.
    case topic(Topic, values: [Value])
    /// No topic has this name. `near` has the most similar names.
    case unknown(near: [String])
  }

  /// What this host has set.
  package enum Value: Equatable, Sendable {
    case known(String)
    /// This kernel has no such setting.
    case absent
    case unknown

    fileprivate var text: String? { if case .known(let text) = self { text } else { nil } }
  }

  /// The name that was asked for; nil for the list.
  private let query: String?
  private let answer: Answer

  package init(query: String?, _ answer: Answer) {
    self.query = query
    self.answer = answer
  }

  // MARK: JSON

  package func document(_ envelope: Envelope, isOneLine: Bool) -> ByteBuffer {
    var writer = JSONWriter(isOneLine ? .compact : .lines)
    writer.object { writer in
      writer.member(isOneLine ? .answer : nil)
      envelope.write(&writer)
      writer.object("query") { $0.member("topics", strings: query.map { [$0] } ?? []) }
      var (topics, near): ([Topic], [String]) = ([], [])
      switch answer {
      case .list: topics = Topics.all
      case .topic: break
      case .unknown(let names): near = names
      }
      if case .topic(let topic, let values) = answer {
        writer.object("topic") { Self.write(&$0, topic, values) }
      } else {
        writer.memberNull("topic")
      }
      writer.array("topics", topics) { writer, topic in
        writer.element { Self.writeHead(&$0, topic) }
      }
      writer.member("near", strings: near)
    }
    return writer.finish()
  }

  private static func writeHead(_ writer: inout JSONWriter, _ topic: Topic) {
    writer.member("name", topic.name)
    writer.member("group", topic.group.rawValue)
    writer.member("summary", topic.summary)
  }

  private static func write(_ writer: inout JSONWriter, _ topic: Topic, _ values: [Value]) {
    writeHead(&writer, topic)
    writer.member("aliases", strings: topic.aliases)
    writer.member("what", strings: topic.what)
    writer.member("diagram", strings: topic.diagram)
    writer.array("here", zip(topic.settings, values)) { writer, pair in
      writer.element { writer in
        writer.member("name", pair.0.name)
        if pair.0.isNumber {
          writer.member("value", integer: pair.1.text.flatMap { Int64($0) })
        } else {
          writer.member("value", pair.1.text)
        }
        writer.member("note", pair.0.fullNote.isEmpty ? nil : pair.0.fullNote)
      }
    }
    writer.array("wrong", topic.misbeliefs) { writer, misbelief in
      writer.element { writer in
        writer.member("belief", misbelief.belief)
        writer.member("truth", misbelief.truth)
      }
    }
    writer.member("advice", strings: topic.advice)
    writer.member("defined_in", strings: topic.sources)
    writer.member("see_also", strings: topic.related)
  }

  // MARK: Text

  /// Where the paragraphs of a section begin. On a narrow terminal they stand below the section's name.
  private static func indent(_ text: borrowing StyledText) -> Int { isNarrow(text) ? 2 : 10 }
  private static func isNarrow(_ text: borrowing StyledText) -> Bool { text.width < 50 }

  package func write(to text: inout StyledText) {
    switch answer {
    case .list: Self.writeList(to: &text)
    case .topic(let topic, let values): Self.write(topic, values, to: &text)
    case .unknown: break
    }
  }

  private static func writeList(to text: inout StyledText) {
    for group in Topic.Group.allCases {
      let topics = Topics.all.filter { $0.group == group }
      let width = topics.map(\.name.utf8.count).max() ?? 0
      text.narrowParagraph(Prose(group.title), tone: .strong)
      for topic in topics {
        text.append("  ")
        if text.width < width + 34 {
          text.narrowParagraph(Prose(topic.name), indent: 2)
          text.pad(4)
          text.narrowParagraph(Quantity.unitsKept(in: topic.summary), indent: 4)
        } else {
          text.cell(topic.name, width: width + 2)
          text.narrowParagraph(Quantity.unitsKept(in: topic.summary), indent: width + 4)
        }
      }
      text.line()
    }
    text.narrowParagraph("One of them, with the values of this host: tw-inspect explain TIME_WAIT", indent: 2)
  }

  private static func write(_ topic: Topic, _ values: [Value], to text: inout StyledText) {
    if topic.name.count + 2 + topic.summary.count <= text.width {
      text.append(topic.name, .strong)
      text.line("  \(topic.summary)")
    } else {
      text.narrowParagraph(Prose(topic.name), tone: .strong)
      text.pad(2)
      text.narrowParagraph(Quantity.unitsKept(in: topic.summary), indent: 2)
    }
    text.line()
    section("What", topic.what, to: &text)
    writeDiagram(topic.diagram, to: &text)
    section("Here", zip(topic.settings, values).map { here($0, $1) }, isList: true, to: &text)
    section("Wrong", topic.misbeliefs.map { "\"\($0.belief)\" \($0.truth)" }, isList: true, to: &text)
    section("Do", topic.advice, isList: true, to: &text)
    section("Defined", [topic.sources.joined(separator: "; ")], to: &text)
    if !topic.related.isEmpty {
      section("See also", [topic.related.joined(separator: ", ")], to: &text)
    }
  }

  /// Broken lines would draw something else, so where it has no room it is left out.
  private static func writeDiagram(_ diagram: [String], to text: inout StyledText) {
    guard let width = diagram.map(\.count).max() else { return }
    let indent = min(10, text.width - width)
    if indent < 0 {
      text.pad(2)
      text.narrowParagraph("(A drawing of it needs a terminal of \(width) columns.)", indent: 2)
    } else {
      for line in diagram {
        text.pad(line.isEmpty ? 0 : indent)
        text.line(line)
      }
    }
    text.line()
  }

  /// A setting with its value: "net.ipv4.tcp_fin_timeout = 60 (s; FIN_WAIT2 without a process)".
  private static func here(_ setting: Setting, _ value: Value) -> String {
    let shown: String
    switch value {
    case .known(let text): shown = text.isEmpty ? "none" : ByteSafety.escaped(text)
    case .unknown: shown = "unknown"
    case .absent:
      let instead = [setting.withoutIt, setting.availability].filter { !$0.isEmpty }.joined(separator: "; ")
      return "\(setting.name): this kernel has none\(instead.isEmpty ? "" : " (\(instead))")"
    }
    let note = setting.fullNote
    return "\(setting.name) = \(shown)\(note.isEmpty ? "" : " (\(note))")"
  }

  /// Paragraphs are separated by an empty line, items of a list are not.
  private static func section(
    _ label: String, _ paragraphs: [String], isList: Bool = false, to text: inout StyledText
  ) {
    guard !paragraphs.isEmpty else { return }
    let (indent, isNarrow) = (indent(text), isNarrow(text))
    if isNarrow { text.line(label, .strong) }
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0, !isList { text.line() }
      text.cell(index == 0 && !isNarrow ? label : "", width: indent, .strong)
      let units = Quantity.unitsKept(in: paragraph)
      text.narrowParagraph(
        isList ? "\(Prose(unbreakable: "- "))\(units)" : units, indent: indent + (isList ? 2 : 0))
    }
    text.line()
  }
}

extension Setting {
  fileprivate var fullNote: String {
    availability.isEmpty ? note : note.isEmpty ? availability : "\(note); \(availability)"
  }
}

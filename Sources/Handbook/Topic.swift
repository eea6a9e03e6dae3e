/// One thing that can be looked up: what it is, what is commonly believed of it and wrong, what to do, and where it is
/// defined. Texts are written in lines for the reader of this file; a blank line begins a paragraph.
package struct Topic: Sendable {
  package enum Group: String, Sendable, CaseIterable {
    case article
    case state
    case errno
    case option
    case sysctl
    case finding

    package var title: String {
      switch self {
      case .article: "Articles"
      case .state: "TCP states"
      case .errno: "Errors of bind, listen, connect and setsockopt"
      case .option: "Socket options"
      case .sysctl: "Kernel settings"
      case .finding: "What trybind finds"
      }
    }
  }

  package struct Misbelief: Sendable {
    package let belief: String
    package let truth: String

    init(_ belief: String, _ truth: String) {
      self.belief = belief
      self.truth = Topic.flowing(truth)
    }
  }

  package let name: String
  /// What else it may be called.
  package let aliases: [String]
  package let group: Group
  /// A line for the list.
  package let summary: String
  /// Paragraphs.
  package let what: [String]
  /// Lines to be printed as they are.
  package let diagram: [String]
  /// What of this host has a bearing on it.
  package let settings: [Setting]
  package let misbeliefs: [Misbelief]
  package let advice: [String]
  /// RFC section, man page, kernel document or kernel source.
  package let sources: [String]
  /// Names of other topics.
  package let related: [String]

  init(
    _ name: String, aliases: [String] = [], _ group: Group, _ summary: String, _ what: String,
    diagram: String = "", here settings: [Setting] = [], wrong misbeliefs: [Misbelief] = [],
    advice: [String], sources: [String], related: [String] = []
  ) {
    self.name = name
    self.aliases = aliases
    self.group = group
    self.summary = summary
    self.what = Self.paragraphs(what)
    self.diagram =
      diagram.isEmpty
      ? [] : diagram.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.settings = settings
    self.misbeliefs = misbeliefs
    self.advice = advice.map(Self.flowing)
    self.sources = sources
    self.related = related
  }

  // Bytes, not Characters: all topics together are looked through for one.

  private static func paragraphs(_ text: String) -> [String] {
    var paragraphs: [String] = []
    var paragraph: [UInt8] = []
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if !line.isEmpty {
        if !paragraph.isEmpty { paragraph.append(UInt8(ascii: " ")) }
        paragraph += line
      } else if !paragraph.isEmpty {
        paragraphs.append(String(decoding: paragraph, as: UTF8.self))
        paragraph = []
      }
    }
    if !paragraph.isEmpty { paragraphs.append(String(decoding: paragraph, as: UTF8.self)) }
    return paragraphs
  }

  /// On one line.
  fileprivate static func flowing(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\n")) else { return text }
    return String(
      decoding: text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
  }
}

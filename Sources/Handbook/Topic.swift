/// One thing that `explain` knows: what it is, which common beliefs about it are wrong, what to do, and where it is defined.
/// In the source, texts are broken into lines as it suits the file; a blank line begins a new paragraph.
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
  /// Other names by which it is found.
  package let aliases: [String]
  package let group: Group
  /// One line, for the list of topics.
  package let summary: String
  /// What it is: one element for each paragraph.
  package let what: [String]
  /// Lines that are printed as they are; empty if there is no diagram.
  package let diagram: [String]
  /// The values of this host that matter to it.
  package let settings: [Setting]
  package let misbeliefs: [Misbelief]
  /// What to do: one element for each item.
  package let advice: [String]
  /// Sections of RFCs, man pages, and documents or source files of the kernel.
  package let sources: [String]
  /// The names of other topics.
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

  // The next two work on bytes and not on Characters, which is faster: to find one topic, all are made.

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

  /// The text with its line breaks replaced by spaces.
  fileprivate static func flowing(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\n")) else { return text }
    return String(
      decoding: text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
  }
}

import Diagnosis
import Foundation
import Handbook
import RecordSupport
import SocketTable
import TestSupport
import Testing

@testable import Reports
@testable import man_pages

/// docs/sentences.txt has every sentence that users can meet, so that they can be read as users read them.
/// `TW_UPDATE_SCREENS=1 swift test --disable-xctest --filter SentencesTests` writes it anew.
@Suite struct SentencesTests {
  @Test func list() throws {
    try Self.sentences().compare(withFile: "docs/sentences.txt")
  }

  @Test func lengths() throws {
    let long = Set(try Self.sentences().long)
    let known = Set(LongSentences.reasons.map(\.sentence))
    let new = long.subtracting(known)
    #expect(
      new.isEmpty, "more than 25 words; say it in two sentences: \(new.sorted().joined(separator: "\n"))")
    #expect(known.isSubset(of: long), "not said, or short by now: \(known.subtracting(long).sorted())")
  }

  @Test func splits() {
    #expect(
      Sentences.split("One. Two: net.ipv4.tcp_x, 60 s. \"Three.\" Is it?  ::1 is. bind() is. A.b ... stays")
        == [
          "One.", "Two: net.ipv4.tcp_x, 60 s.", "\"Three.\"", "Is it?", "::1 is.", "bind() is.",
          "A.b ... stays",
        ])
  }

  private static func sentences() throws -> Sentences {
    var sentences = Sentences()
    addFindings(to: &sentences)
    addTopics(to: &sentences)
    try addHelp(to: &sentences)
    try addMessages(to: &sentences)
    try addReadme(to: &sentences)
    return sentences
  }

  // MARK: Findings

  private static func addFindings(to sentences: inout Sentences) {
    let wording = Wording(.server(.reuseAddress), details: SocketDetailsTable())
    for slug in Finding.Slug.allCases {
      let texts = FindingExamples.kinds(of: slug).map {
        wording.text(Finding($0, evidence: .nothing, remedies: [], unseen: []))
      }
      sentences.add("finding \(slug.rawValue)", texts.flatMap { [$0.title.plain, $0.because.plain] })
    }
    let remedies = FindingExamples.remedies.map(wording.text)
    sentences.add("remedies", remedies.map(\.action.plain))
    sentences.add("side effects of remedies", remedies.compactMap(\.sideEffects?.plain))
    sentences.add("what was not seen", FindingExamples.unseen.map { wording.text($0).plain })
  }

  // MARK: explain

  private static func addTopics(to sentences: inout Sentences) {
    for topic in Topics.all {
      sentences.add(
        "explain \(topic.name)",
        [topic.summary] + topic.what + topic.misbeliefs.flatMap { [$0.belief, $0.truth] } + topic.advice)
    }
    let settings = Topics.all.flatMap(\.settings)
    sentences.add(
      "explain, values of this host", settings.flatMap { [$0.note, $0.availability, $0.withoutIt] })
    sentences.add("explain, groups", Topic.Group.allCases.map(\.title))
  }

  // MARK: Help and manual pages

  private static func addHelp(to sentences: inout Sentences) throws {
    let output = try Tool.run("--experimental-dump-help").output
    let root = try JSONDecoder().decode(HelpDump.self, from: Data(output.utf8)).command
    addHelp(of: root, to: &sentences)
  }

  private static func addHelp(of command: HelpDump.Command, to sentences: inout Sentences) {
    let help = HelpText(command.discussion ?? "")
    let blocks = help.description + help.sections.flatMap(\.blocks)
    sentences.add(
      "help \(command.words.joined(separator: " "))",
      [command.abstract].compactMap { $0 } + blocks.compactMap(text)
        + command.displayedArguments.compactMap(\.abstract))
    for subcommand in command.pagedSubcommands { addHelp(of: subcommand, to: &sentences) }
  }

  /// Commands alone are no sentence.
  private static func text(_ block: HelpText.Block) -> String? {
    switch block {
    case .paragraph(let text): text
    case .item(let term, let text): "\(term): \(text)"
    case .literal: nil
    }
  }

  // MARK: Whatever else the program prints

  /// What is read above, by running it, and the C library's words.
  private static let rendered = [
    "Errno.swift",
    "Handbook", "Command.swift", "Options.swift", "Wording+",
  ]

  private static func addMessages(to sentences: inout Sentences) throws {
    let sources = Sentences.project.appending(path: "Sources")
    let files = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
    for file in files.sorted() where file.hasSuffix(".swift") {
      if rendered.contains(where: file.contains) { continue }
      let texts = try SourceTexts(of: sources.appending(path: file)).texts
      sentences.add("Sources/\(file)", texts)
    }
  }

  // MARK: README.md

  private static func addReadme(to sentences: inout Sentences) throws {
    let url = Sentences.project.appending(path: "README.md")
    let prose = try String(contentsOf: url, encoding: .utf8).replacing(/```[^`]*```/, with: "")
    let cells = prose.split(separator: "\n\n").flatMap { paragraph in
      paragraph.hasPrefix("|")
        ? paragraph.split(separator: "\n").flatMap { $0.split(separator: "|") } : [paragraph]
    }
    let texts = cells.map { String($0.drop { "# ".contains($0) }) }
    sentences.add("README.md", texts.filter { $0.contains(/[a-z]{2}/) })
  }
}

import Diagnosis
import Handbook
import JSONLog
import RecordSupport
import SocketTable
import Testing

@testable import Reports

/// Whatever Diagnosis finds can be said, written for programs and looked up.
@Suite struct WordingTests {
  private let wording = Wording(.server(.reuseAddress), details: SocketDetailsTable())

  @Test(arguments: Finding.Slug.allCases)
  func everySlug(slug: Finding.Slug) throws {
    let topic = try #require(Topics.find(slug.rawValue))
    #expect(topic.name == slug.rawValue && topic.group == .finding)
    let kinds = FindingExamples.kinds(of: slug)
    #expect(!kinds.isEmpty)
    for kind in kinds {
      #expect(kind.slug == slug)
      let finding = Finding(
        kind, evidence: .sockets(SocketSample([OwnerCases.listener], of: 2)),
        remedies: [.reservePort(all: nil)],
        unseen: [.udp])
      let text = wording.text(finding)
      for sentence in [text.title.plain, text.because.plain] {
        #expect(
          sentence.hasSuffix(".") && (sentence.first?.isLowercase == false || isCode(sentence)), "\(sentence)"
        )
      }
      expectReadable(text.everyText)
      try keepForCheck(finding, text)
      let json = try JSONObject(json(finding, text))
      #expect(json.keys == Keys.finding)
      #expect(json.string("slug") == slug.rawValue)
      #expect(json.string("title") == text.title.plain && json.string("because") == text.because.plain)
      #expect(json["evidence"] as? [String] == text.evidence.map(\.plain))
      #expect(json["not_seen"] as? [String] == ["UDP: only TCP was looked at"])
      #expect(try json.objects("remedies").map(\.keys) == [Keys.remedy])
    }
  }

  /// A sentence begins with a capital letter, unless that is the name of a call, a setting or a process.
  private func isCode(_ sentence: String) -> Bool {
    let first = sentence.prefix { $0 != " " }
    return first.contains("(") || first.contains(".") || ["setsockopt", "nginx"].contains(first)
  }

  private func json(_ finding: Finding, _ text: FindingText) -> String {
    var writer = JSONWriter(.compact)
    writer.object { FindingJSON.write(&$0, finding, text) }
    return writer.finish().text
  }

  /// In a document, as scripts/check-json knows no findings alone.
  private func keepForCheck(_ finding: Finding, _ text: FindingText) throws {
    let none = "\"findings\":[]"
    let document = TrybindReport(try Diagnosing([]).result()).document(
      .example("trybind"), isOneLine: true, interfaceName: interfaceName
    ).text
    try #require(document.contains(none))
    let parts = json(finding, text).split(separator: "\n")
    JSONLog.add(
      document.replacing(none, with: "\"findings\":[\(parts.joined())]").utf8, of: finding.slug.rawValue)
  }

  @Test func everyRemedy() throws {
    let all = Finding(.portNowFree, remedies: FindingExamples.remedies)
    try keepForCheck(all, wording.text(all))
    let texts = FindingExamples.remedies.map(wording.text)
    for text in texts {
      expectReadable([text.action] + [text.sideEffects].compactMap { $0 })
      if let command = text.command { expectPasteable(command) }
    }
    #expect(Set(texts.map { "\($0.action)\($0.command ?? "")\($0.sideEffects ?? "")" }).count == texts.count)
  }

  @Test func everythingUnseen() {
    let texts = FindingExamples.unseen.map(wording.text)
    expectReadable(texts)
    #expect(Set(texts).count == texts.count, "no two read the same")
    #expect(texts.allSatisfy { !$0.plain.hasSuffix(".") })
  }

  // MARK: Findings as they come

  @Test(arguments: TimerCases.all + HolderCases.listeners + HolderCases.others + HolderCases.blind)
  func everyFinding(case situation: BindCase) throws {
    for text in try situation.diagnosis().texts {
      expectReadable(text.everyText)
      for remedy in text.remedies { if let command = remedy.command { expectPasteable(command) } }
      #expect(
        text.notSeen.suffix(2).map(\.plain) == [
          "UDP: only TCP was looked at",
          """
          your server's own user, capabilities, cgroup programs, SELinux or Landlock domain and network namespace: the \
          answer is from here
          """,
        ])
    }
  }

  private func expectReadable(_ texts: [Prose]) {
    for text in texts.map(\.plain) {
      #expect(
        !text.isEmpty && !text.contains("!") && !text.contains("  (") && !text.contains("Optional(")
          && !text.contains("\u{1f}"), "\(text)")
    }
  }

  /// Its own text may quote a pattern; what is inserted may not say anything.
  private func expectPasteable(_ command: String) {
    #expect(command.allSatisfy { $0.isASCII && !"`|&<\n".contains($0) }, "\(command)")
    // The only substitution is what docker itself prints, and the only further command one of its own words.
    #expect(!command.contains("$") || command.contains("docker"), "\(command)")
    #expect(
      command.split(separator: ";").dropFirst().allSatisfy {
        [" kill ", " sudo kill ", " tw-inspect wait "].contains(where: $0.hasPrefix)
      }, "\(command)")
  }

  // MARK: Names in commands

  @Test(arguments: [
    ("nginx.service", true), ("a:b_c@d-e.f", true), ("", false), ("-rf", false), (".host", false),
    ("a b", false),
    ("$(x)", false), ("a;b", false), ("é", false), ("a\\x2db", false), ("a/b", false),
  ])
  func pasteable(name: String, isSo: Bool) { #expect(ShellCommand.isPasteable(name) == isSo) }

  @Test func optionsOfTheServer() {
    var target = BindTarget.server(
      [.reuseAddress, .reusePort], on: [.loopback, .anyIPv6Only], listens: true)
    #expect(
      target.commandOptions == " --reuse --reuse-port --address 127.0.0.1 --address :: --v6-only --listen")
    target.interface = "eth0"
    #expect(target.commandOptions?.hasSuffix(" --interface eth0 --listen") == true)
    target.interface = "$(x)"
    #expect(target.commandOptions == nil)
    var family = BindTarget.server(on: [.anyIPv6])
    family.areAlternatives = true
    #expect(family.commandOptions == " -6")
    #expect(BindTarget.server().commandOptions == "")
  }

  @Test func afterAStop() throws {
    var target = BindTarget.server()
    target.isAfterStop = true
    let established = SocketRecord.on(.loopback, 9527, .established, uid: 0, inode: 12, cookie: 2)
    func text(_ records: [SocketRecord]) throws -> FindingText {
      let session = TrialSession.predicted(target, snapshot: Snapshot(records: records, coverage: .netlink))
      return try #require(BindDiagnosis(BindEvidence(session, settings: HostSettings())).texts.first)
    }
    let stopped = try text([OwnerCases.listener, established])
    #expect(stopped.evidence.first?.plain.contains("ESTABLISHED") == true, "shown as it is now")
    #expect(stopped.because.plain.contains("running server"))
    // A listener that is not there cannot stop.
    #expect(try !text([.on(.loopback, expires: 41_000)]).because.plain.contains("running server"))
  }
}

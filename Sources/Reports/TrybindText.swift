package import Diagnosis
internal import SocketTable

/// The answer of `trybind` as text: the verdict first, then the trials, the reason, what was seen, what to do, and what could
/// not be seen.
///
/// On a terminal the verdict may not scroll away: what it has no room for is left out, and counted. A pipe and `-v` get
/// everything.
package struct TrybindText {
  private let diagnosis: BindDiagnosis
  private let wording: Wording
  /// The words of each of the diagnosis' findings, in the same order.
  private let texts: [FindingText]
  private let showsCommands: Bool

  /// - Parameter showsCommands: false where they would act elsewhere than where the answer was found.
  package init(_ diagnosis: BindDiagnosis, showsCommands: Bool = true) {
    self.diagnosis = diagnosis
    self.showsCommands = showsCommands
    wording = Wording(diagnosis)
    texts = diagnosis.findings.map(wording.text)
  }

  private static let indent = 8
  private static let seenLimit = 3
  /// What is remarked on a yes, and does not explain the answer to any trial.
  private static let notes: [Finding.Slug] = [
    .portInEphemeralRange, .heldInOtherNamespace, .sharedByReusePort, .otherNameElsewhere, .udpHoldsNumber,
  ]

  /// A part of the answer, in the order in which they are written.
  private enum Part: CaseIterable {
    case verdict, trials, reason, seen, remedies, others, unseen, topics

    /// What a short terminal is spared, from the first that goes; the verdict and the first remedy always stay.
    static let dispensable: [Part] = [.topics, .others, .seen, .unseen, .reason, .trials]

    /// Whether an empty line follows.
    var isApart: Bool { self == .verdict || self == .trials }
  }

  package func write(to text: inout StyledText) {
    var parts: [Part: [String]] = [:]
    for part in Part.allCases {
      parts[part] = text.lines { write(part, isBrief: text.rows != nil, to: &$0) }
    }
    let left =
      text.rows.map { rows in
        let firstSeen = text.lines {
          if let deciding = texts.first { writeSeen(deciding, limit: 1, to: &$0) }
        }
        var hasOffer = false
        if case .look(.restart)? = diagnosis.findings.first?.remedies.last { hasOffer = true }
        return Self.fit(
          &parts, firstSeen: firstSeen, lastIsDispensable: hasOffer, to: rows, width: text.width)
      } ?? 0
    for part in Part.allCases {
      guard let lines = parts[part], !lines.isEmpty else { continue }
      for line in lines { text.line(line) }
      if part.isApart { text.line() }
    }
    if left > 0 { text.line("-v: \(left) more \(left == 1 ? "line" : "lines")") }
  }

  /// Leaves out what has no room on so many rows, and returns the number of lines that it was.
  ///
  /// - Parameters:
  ///   - firstSeen: the part `seen` with its first socket alone: that is enough of several, and worth more than what
  ///     goes before.
  ///   - lastIsDispensable: what the last remedy offers has nothing to do with the refusal, and goes before what was seen.
  private static func fit(
    _ parts: inout [Part: [String]], firstSeen: [String], lastIsDispensable: Bool, to rows: Int, width: Int
  ) -> Int {
    // The terminal itself breaks what is wider than it.
    func rowCount(_ line: String) -> Int { max(1, (StyledText.width(of: line) + width - 1) / width) }
    func count(_ parts: [Part: [String]]) -> Int {
      parts.reduce(0) { rows, part in
        rows + part.value.reduce(0) { $0 + rowCount($1) } + (part.key.isApart && !part.value.isEmpty ? 1 : 0)
      }
    }
    let whole = parts
    // The command and the prompt take a line each, and what was left out another.
    guard count(parts) > rows - 2 else { return 0 }
    for part in Part.dispensable where count(parts) > rows - 3 {
      if part == .seen, lastIsDispensable { removeLastRemedy(&parts) }
      guard count(parts) > rows - 3 else { break }
      parts[part] = part == .seen && firstSeen.count < parts[part]?.count ?? 0 ? firstSeen : []
    }
    if count(parts) > rows - 3 { parts[.seen] = [] }
    // Of the remedies those that come last, which are the more destructive ones; the first stays.
    while count(parts) > rows - 3, removeLastRemedy(&parts) {}
    for part in Part.dispensable.reversed() where parts[part]?.isEmpty == true {
      var more = parts
      more[part] = whole[part]
      if count(more) <= rows - 3 { parts = more }
    }
    return Part.allCases.reduce(0) { $0 + (whole[$1]?.count ?? 0) - (parts[$1]?.count ?? 0) }
  }

  /// False where only one is left.
  @discardableResult
  private static func removeLastRemedy(_ parts: inout [Part: [String]]) -> Bool {
    guard let last = parts[.remedies]?.lastIndex(where: beginsRemedy), last > 0 else { return false }
    parts[.remedies]?.removeSubrange(last...)
    return true
  }

  private static func beginsRemedy(_ line: String) -> Bool { line.dropFirst(indent).hasPrefix("- ") }

  private func write(_ part: Part, isBrief: Bool, to text: inout StyledText) {
    let deciding = texts.first
    switch part {
    case .verdict: writeVerdict(to: &text)
    case .trials:
      if diagnosis.isMatrix { TrialMatrix(diagnosis).write(to: &text) } else { writeTrials(to: &text) }
    case .reason:
      guard let finding = diagnosis.findings.first, let deciding else { return }
      // The verdict "no" has the title in it already. After a "yes" it is new, so it is written here.
      let isNote = diagnosis.verdict == .yes && Self.notes.contains(finding.slug)
      section(
        isNote ? "Note" : "Why",
        [isNote ? "\(deciding.title) \(deciding.because)" : deciding.because], to: &text)
    case .seen:
      // The list below a matrix has the same sockets.
      if let deciding, !(isBrief && diagnosis.isMatrix) {
        writeSeen(deciding, limit: Self.seenLimit, to: &text)
      }
    case .remedies: if let deciding { writeRemedies(deciding, to: &text) }
    case .others:
      // On a yes it is a finding.
      let udp = diagnosis.verdict == .yes ? nil : OtherProtocolsReport.sentence(diagnosis.otherProtocols)
      section(
        "Also",
        texts.dropFirst().map { isBrief ? $0.title : "\($0.title) \($0.because)" } + [udp].compactMap { $0 },
        to: &text)
    case .unseen: writeUnseen(isBrief: isBrief, to: &text)
    case .topics:
      for (index, finding) in diagnosis.findings.enumerated() {
        text.cell(index == 0 ? "More" : "", width: Self.indent, .strong)
        text.line("tw-inspect explain \(finding.slug.rawValue)")
      }
    }
  }

  private func writeTrials(to text: inout StyledText) {
    let target = diagnosis.target
    var columns: [SocketOptions] = [[], .reuseAddress]
    if target.options.contains(.reusePort) { columns.append(target.options) }
    let trials = columns.map(diagnosis.trials)
    TrialGrid(
      headings: columns.map { options in
        let name = options.isEmpty ? "plain" : options.names.joined(separator: "+")
        let isMarked = options == target.options && (!options.isEmpty || diagnosis.areHeldTogether)
        return isMarked ? "\(name) (yours)" : name
      },
      places: target.addresses.map { $0.text(port: target.port) },
      cells: target.addresses.indices.map { index in
        trials.map { TrialGrid.Cell(Outcome($0[index]?.outcome)) }
      }
    ).write(to: &text)
    if diagnosis.areHeldTogether { text.paragraph(TrialGrid.heldTogether) }
    for address in diagnosis.skipped {
      text.line("\(address.text): this host has no \(address.address.family == .ipv6 ? "IPv6" : "IPv4").")
    }
  }

  private func writeVerdict(to text: inout StyledText) {
    let verdict = Verdict(diagnosis, deciding: texts.first?.title)
    text.append(verdict.word, verdict.isYes ? .good : .bad)
    let lines = ("\(verdict.word) \(verdict.sentence)" as Prose).lines(width: text.width)
    for (index, line) in lines.enumerated() {
      text.line(index == 0 ? String(line.dropFirst(verdict.word.count)) : line)
    }
    if let origin = wording.origin { text.paragraph(origin, indent: 0) }
  }

  private func section(_ label: String, _ paragraphs: [Prose], to text: inout StyledText) {
    for (index, paragraph) in paragraphs.enumerated() {
      text.cell(index == 0 ? label : "", width: Self.indent, .strong)
      text.paragraph(paragraph, indent: Self.indent)
    }
  }

  private func writeSeen(_ finding: FindingText, limit: Int, to text: inout StyledText) {
    for (index, line) in finding.evidence.prefix(limit).enumerated() {
      text.cell(index == 0 ? "Seen" : "", width: Self.indent, .strong)
      text.parts(line, indent: Self.indent)
    }
    let rest = diagnosis.holders.count - min(limit, finding.evidence.count)
    if rest > 0, finding.evidence.count > 0 {
      text.pad(Self.indent)
      let option = diagnosis.namespace.map { " " + ByteSafety.escaped($0.option) } ?? ""
      text.line(
        "and \(Quantity.grouped(rest)) more  (tw-inspect port \(diagnosis.target.port) --all\(option))")
    }
  }

  /// Each with its command alone on a line below it, to be pasted.
  private func writeRemedies(_ finding: FindingText, to text: inout StyledText) {
    for (index, remedy) in finding.remedies.enumerated() {
      text.cell(index == 0 ? "Do" : "", width: Self.indent, .strong)
      let sideEffects: Prose = remedy.sideEffects.map { " (\($0))" } ?? ""
      text.paragraph("- \(remedy.action)\(sideEffects)", indent: Self.indent + 2)
      if showsCommands, let command = remedy.command {
        text.command(command, indent: Self.indent + 4)
      }
    }
  }

  /// - Parameter isBrief: what is the same each time takes one line.
  private func writeUnseen(isBrief: Bool, to text: inout StyledText) {
    let all = texts.first?.notSeen ?? diagnosis.unseen.map(wording.text)
    guard isBrief else { return section("Unseen", all, to: &text) }
    let sameEachTime = wording.text(.ownServer)
    section(
      "Unseen",
      all.filter { $0 != sameEachTime } + ["your server's own user, privileges and policies (-v tells more)"],
      to: &text)
  }
}

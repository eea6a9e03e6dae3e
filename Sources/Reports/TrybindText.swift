package import Diagnosis
internal import SocketTable

/// The answer of `trybind` as text: the trials, the verdict, the reason, what was seen, what to do, and what could not be
/// seen.
package struct TrybindText {
  private let diagnosis: BindDiagnosis
  private let wording: Wording
  /// The words of each of the diagnosis' findings, in the same order.
  private let texts: [FindingText]

  package init(_ diagnosis: BindDiagnosis) {
    self.diagnosis = diagnosis
    wording = Wording(diagnosis)
    texts = diagnosis.findings.map(wording.text)
  }

  private static let indent = 8
  private static let seenLimit = 3
  /// What is remarked on a yes, and does not explain the answer to any trial.
  private static let notes: [Finding.Slug] = [
    .portInEphemeralRange, .heldInOtherNamespace, .sharedByReusePort, .otherNameElsewhere,
  ]

  package func write(to text: inout StyledText) {
    if diagnosis.isMatrix {
      TrialMatrix(diagnosis).write(to: &text)
    } else {
      writeTrials(to: &text)
    }
    text.line()
    writeVerdict(to: &text)
    text.line()
    if let finding = diagnosis.findings.first, let deciding = texts.first {
      // The verdict "no" has the title in it already. After a "yes" it is new, so it is written here.
      let isNote = diagnosis.verdict == .yes && Self.notes.contains(finding.slug)
      section(
        isNote ? "Note" : "Why",
        [isNote ? "\(deciding.title) \(deciding.because)" : deciding.because], to: &text)
      writeSeen(deciding, to: &text)
      writeRemedies(deciding, to: &text)
    }
    for other in texts.dropFirst() {
      section("Also", ["\(other.title) \(other.because)"], to: &text)
    }
    section("Unseen", texts.first?.notSeen ?? diagnosis.unseen.map(wording.text), to: &text)
    for (index, finding) in diagnosis.findings.enumerated() {
      text.cell(index == 0 ? "More" : "", width: Self.indent, .strong)
      text.line("tw-inspect explain \(finding.slug.rawValue)")
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
        return options == target.options && !options.isEmpty ? "\(name) (yours)" : name
      },
      places: target.addresses.map { $0.text(port: target.port) },
      cells: target.addresses.indices.map { index in
        trials.map { TrialGrid.Cell(Outcome($0[index]?.outcome)) }
      }
    ).write(to: &text)
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
  }

  private func section(_ label: String, _ paragraphs: [Prose], to text: inout StyledText) {
    for (index, paragraph) in paragraphs.enumerated() {
      text.cell(index == 0 ? label : "", width: Self.indent, .strong)
      text.paragraph(paragraph, indent: Self.indent)
    }
  }

  private func writeSeen(_ finding: FindingText, to text: inout StyledText) {
    for (index, line) in finding.evidence.prefix(Self.seenLimit).enumerated() {
      text.cell(index == 0 ? "Seen" : "", width: Self.indent, .strong)
      text.parts(line, indent: Self.indent)
    }
    let rest = diagnosis.holders.count - min(Self.seenLimit, finding.evidence.count)
    if rest > 0, finding.evidence.count > 0 {
      text.pad(Self.indent)
      let option = diagnosis.namespace.map { " " + ByteSafety.escaped($0.option) } ?? ""
      text.line(
        "and \(Quantity.grouped(rest)) more  (tw-inspect port \(diagnosis.target.port) --all\(option))")
    }
  }

  private func writeRemedies(_ finding: FindingText, to text: inout StyledText) {
    for (index, remedy) in finding.remedies.enumerated() {
      text.cell(index == 0 ? "Do" : "", width: Self.indent, .strong)
      text.paragraph("- \(remedy.action)", indent: Self.indent + 2)
      if let command = remedy.command {
        text.command(command, indent: Self.indent + 4)
      }
      if let sideEffects = remedy.sideEffects {
        text.pad(Self.indent + 2)
        text.paragraph("(\(sideEffects))", indent: Self.indent + 2)
      }
    }
  }
}

package import Diagnosis
internal import NetlinkCodec
internal import SocketTable

/// `trybind` for people: the trials, the answer, why, what was seen, what to do, what could not be seen.
package struct TrybindText {
  private let diagnosis: BindDiagnosis

  package init(_ diagnosis: BindDiagnosis) { self.diagnosis = diagnosis }

  private static let indent = 8
  private static let seenLimit = 3

  package func write(to text: inout StyledText) {
    if diagnosis.isMatrix {
      TrialMatrix(diagnosis).write(to: &text)
    } else {
      writeTrials(to: &text)
    }
    text.line()
    writeVerdict(to: &text)
    let deciding = diagnosis.findings.first
    text.line()
    if let deciding {
      // Of a yes the title is news; of a no the answer above has said it.
      let isNote = diagnosis.bindable == true && deciding.slug == .portInEphemeralRange
      section(isNote ? "Note" : "Why", [(isNote ? "\(deciding.title) " : "") + deciding.because], to: &text)
      writeSeen(deciding, to: &text)
      writeRemedies(deciding, to: &text)
    }
    for finding in diagnosis.findings.dropFirst() {
      section("Also", ["\(finding.title) \(finding.because)"], to: &text)
    }
    section("Unseen", diagnosis.findings.first?.notSeen ?? diagnosis.notSeen, to: &text)
    for (index, finding) in diagnosis.findings.enumerated() {
      text.cell(index == 0 ? "More" : "", width: Self.indent, .strong)
      text.line("tw-inspect explain \(finding.slug.rawValue)")
    }
  }

  // MARK: Trials

  private func writeTrials(to text: inout StyledText) {
    let target = diagnosis.target
    var columns: [SocketOptions] = [[], .reuseAddress]
    if target.options.contains(.reusePort) { columns.append(target.options) }
    let headings = columns.map { options in
      let name =
        options.isEmpty
        ? "plain" : options.names.joined(separator: "+")
      return options == target.options && !options.isEmpty ? "\(name) (yours)" : name
    }
    func cell(_ index: Int, _ options: SocketOptions) -> (String, StyledText.Tone) {
      guard let trial = diagnosis.trial(index, options) else { return ("not here", .state) }
      switch trial.outcome {
      case .ok: return ("ok", .good)
      case .refused(.listen, let error): return ("listen: \(error.name)", .bad)
      case .refused(_, let error): return (error.name, .bad)
      case .open: return ("depends", .state)
      }
    }
    let places = target.addresses.map { $0.text(port: target.port) }
    let placeWidth = places.map(\.count).max() ?? 0
    let widths = columns.indices.map { index in
      max(headings[index].count, places.indices.map { cell($0, columns[index]).0.count }.max() ?? 0)
    }
    text.append(String(repeating: " ", count: placeWidth))
    for index in columns.indices {
      text.append("  ")
      let isLast = index == columns.count - 1
      text.cell(headings[index], width: isLast ? 0 : widths[index], .strong)
    }
    text.line()
    for row in places.indices {
      text.cell(places[row], width: placeWidth)
      for index in columns.indices {
        let (answer, tone) = cell(row, columns[index])
        text.append("  ")
        text.cell(answer, width: index == columns.count - 1 ? 0 : widths[index], tone)
      }
      text.line()
    }
    for address in diagnosis.skipped {
      text.line("\(address.text): this host has no \(address.address.family == .ipv6 ? "IPv6" : "IPv4").")
    }
  }

  // MARK: The answer

  private func writeVerdict(to text: inout StyledText) {
    let verdict = Verdict(diagnosis)
    text.append(verdict.word, verdict.isYes ? .good : .bad)
    let sentences = StyledText.wrap(
      verdict.word + " " + verdict.sentence, width: text.width)
    for (index, line) in sentences.enumerated() {
      text.line(index == 0 ? String(line.dropFirst(verdict.word.count)) : line)
    }
  }

  private func section(_ label: String, _ paragraphs: [String], to text: inout StyledText) {
    for (index, paragraph) in paragraphs.enumerated() {
      text.cell(index == 0 ? label : "", width: Self.indent, .strong)
      text.paragraph(paragraph, indent: Self.indent)
    }
  }

  private func writeSeen(_ finding: Finding, to text: inout StyledText) {
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

  private func writeRemedies(_ finding: Finding, to text: inout StyledText) {
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

/// The first word and the sentence behind it.
struct Verdict {
  let word: String
  let sentence: String
  let isYes: Bool

  init(_ diagnosis: BindDiagnosis) {
    let port = diagnosis.target.port
    let place = port == 0 ? "a port that the kernel chooses" : "port \(port)"
    if diagnosis.prediction?.answer == .depends {
      word = "It depends."
      sentence = diagnosis.findings.first?.title ?? "The table does not tell."
      isYes = false
      return
    }
    guard let bindable = diagnosis.bindable else {
      word = "Unknown."
      sentence = "No address of this host could be tried."
      isYes = false
      return
    }
    isYes = bindable
    if bindable {
      word = "Yes."
      sentence = Self.yes(diagnosis, place)
      return
    }
    word = "No."
    let yours = diagnosis.trials.filter(\.isYours)
    let ok = yours.filter { $0.outcome == .ok }.map(\.socket.address.text)
    let refused = yours.filter { $0.outcome != .ok }.map(\.socket.address.text)
    var text = diagnosis.findings.first?.title ?? "\(place) cannot be bound."
    if diagnosis.target.areAlternatives, !ok.isEmpty {
      text =
        """
        Not on every address: ok on \(ok.joined(separator: ", ")), refused on \
        \(refused.joined(separator: ", ")). 
        """
        + text
    }
    sentence = text
  }

  private static func yes(_ diagnosis: BindDiagnosis, _ place: String) -> String {
    let target = diagnosis.target
    let what = target.listens && diagnosis.prediction == nil ? "bind and listen on" : "bind"
    let with =
      target.options.isEmpty ? "" : " with \(target.options.names.joined(separator: " and "))"
    var text =
      target.isAfterStop
      ? "After a stop of what listens there now, a server\(with) can \(what) \(place) at once."
      : "A server\(with) can \(what) \(place)."
    if let certainty = diagnosis.prediction?.certainty {
      text += certainty == .certain ? " Predicted; nothing was bound." : " That is likely; nothing was bound."
    }
    if let first = diagnosis.findings.first, first.slug == .portNowFree { text += " \(first.title)" }
    if !diagnosis.holders.isEmpty {
      let parts = StateCounts(diagnosis.holders).states.map { Quantity.count($0.count, of: $0.state) }
      let without = target.options.names.joined(separator: " and ")
      text +=
        target.options.isEmpty
        ? "" : " Without \(without) it could not: \(parts.joined(separator: ", ")) on the port."
    }
    return text
  }
}

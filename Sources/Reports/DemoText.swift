package import Diagnosis
internal import SocketTable

/// The answer of `demo` as text: for each claim its words, what was done and seen, what the kernel answered, and the
/// verdict.
package struct DemoText {
  private let claim: ClaimReport

  package init(_ claim: ClaimReport) { self.claim = claim }

  static let indent = 3

  /// Writes the words of the claim only.
  package func writeClaim(to text: inout StyledText) {
    text.cell("\(claim.number)", width: Self.indent, .strong)
    text.paragraph("\"\(claim.claim)\"", indent: Self.indent, tone: .strong)
  }

  package func write(to text: inout StyledText) {
    writeClaim(to: &text)
    var events: [ClaimEvent] = []
    var answers: [ClaimAnswer] = []
    func flush(_ text: inout StyledText) {
      if !events.isEmpty { Ladder(events).write(to: &text) }
      if !answers.isEmpty { AnswerTable(answers).write(to: &text) }
      events = []
      answers = []
    }
    for step in claim.steps {
      switch step {
      case .event(let event):
        if !answers.isEmpty { flush(&text) }
        events.append(event)
      case .answer(let answer):
        let isOther =
          answers.first.map { $0.given.map(\.name) != answer.given.map(\.name) } ?? !events.isEmpty
        if isOther { flush(&text) }
        answers.append(answer)
      }
    }
    flush(&text)
    text.line()
    writeVerdict(to: &text)
  }

  private func writeVerdict(to text: inout StyledText) {
    let (word, tone, rest) = verdict
    text.pad(Self.indent)
    text.append(word, tone)
    // The coloured word is written already. It is wrapped together with the rest, and then cut off.
    let lines = ("\(Prose(unbreakable: word)) \(rest ?? "")" as Prose).lines(width: text.width - Self.indent)
    for (index, line) in lines.enumerated() {
      if index > 0 { text.pad(Self.indent) }
      text.line(index == 0 ? String(line.dropFirst(word.count)) : line)
    }
    let reason = claim.verdict == .skipped ? nil : claim.reason.map { Prose($0) }
    for sentence in [reason].compactMap({ $0 }) + claim.remarks.map(Quantity.unitsKept) {
      text.pad(Self.indent)
      text.paragraph(sentence, indent: Self.indent)
    }
    guard !claim.differences.isEmpty else { return }
    text.pad(Self.indent)
    text.line("Not as expected for Linux:", .bad)
    for difference in claim.differences {
      text.pad(Self.indent)
      text.paragraph("- \(difference.text)", indent: Self.indent + 2)
    }
  }

  private var verdict: (word: String, tone: StyledText.Tone, rest: String?) {
    switch claim.verdict {
    case .holds: ("Holds.", .good, nil)
    case .holdsWithCondition: ("Holds, with a condition:", .good, claim.condition)
    case .doesNotHold: ("Does not hold on Linux.", .bad, nil)
    case .skipped, nil: ("Skipped:", .strong, claim.reason)
    }
  }

  /// Writes how many claims hold, and which ones went unlike what is known of Linux.
  package static func writeSummary(_ claims: [ClaimReport], to text: inout StyledText) {
    func count(_ verdict: ClaimReport.Verdict) -> Int { claims.count { $0.verdict == verdict } }
    func parts(_ number: Int, _ one: String, _ several: String) -> Prose? {
      number == 0 ? nil : Quantity.counted(number, number == 1 ? one : several)
    }
    let counts = [
      parts(count(.holds), "holds", "hold"),
      parts(count(.holdsWithCondition), "holds with a condition", "hold with a condition"),
      parts(count(.doesNotHold), "does not hold", "do not hold"),
      parts(count(.skipped), "was skipped", "were skipped"),
    ].compactMap { $0 }.joined(separator: ", ")
    let others = claims.filter { !$0.differences.isEmpty }.map { "\($0.number)" }
    let closing: Prose =
      others.isEmpty
      ? "Everything came out as expected for Linux."
      : "Not as expected for Linux: claim \(others.joined(separator: ", "))."
    text.paragraph("\(Quantity.count(claims.count, "claim")): \(counts). \(closing)")
  }
}

/// A sequence diagram: one line for each action of an end of a connection, with the states of both ends after it.
private struct Ladder {
  private struct Rung {
    let action: String
    let arrow: String
    let server: ClaimEvent.End
    let client: ClaimEvent.End
  }

  private let rungs: [Rung]
  private let headings: (server: String, client: String)

  init(_ events: [ClaimEvent]) {
    rungs = events.map { event in
      Rung(
        action: "\(event.actor.rawValue) \(event.action)", arrow: Self.arrow(event), server: event.server,
        client: event.client)
    }
    headings = (
      "server :\(events[0].server.endpoint.port)", "client :\(events[0].client.endpoint.port)"
    )
  }

  /// The arrow points to the other end: "---- FIN ---->".
  private static func arrow(_ event: ClaimEvent) -> String {
    let width = 17
    if event.sends == "handshake" { return "<-- \(event.sends) -->" }
    let label = " \(event.sends) "
    let dashes = max(2, width - 1 - label.count)
    let left = String(repeating: "-", count: dashes / 2)
    let right = String(repeating: "-", count: dashes - dashes / 2)
    return event.actor == .server ? "\(left)\(label)\(right)>" : "<\(right)\(label)\(left)"
  }

  private static func time(_ end: ClaimEvent.End) -> String {
    end.expires.map { " \(Quantity.seconds(milliseconds: $0))" } ?? ""
  }

  private static func write(_ end: ClaimEvent.End, width: Int, to text: inout StyledText) {
    text.append(end.title, end.state == nil ? nil : .state)
    text.append(time(end))
    text.pad(width - end.title.count - time(end).count)
  }

  func write(to text: inout StyledText) {
    let actionWidth = rungs.map(\.action.count).max() ?? 0
    let serverWidth = max(
      headings.server.count, rungs.map { ($0.server.title + Self.time($0.server)).count }.max() ?? 0)
    let clientWidth = max(
      headings.client.count, rungs.map { ($0.client.title + Self.time($0.client)).count }.max() ?? 0)
    let arrowWidth = rungs.map(\.arrow.count).max() ?? 0
    let ends = serverWidth + 2 + arrowWidth + 2 + clientWidth
    text.line()
    guard DemoText.indent + ends <= text.width else { return writeSentences(to: &text) }
    let isWide = DemoText.indent + actionWidth + 2 + ends <= text.width
    text.pad(DemoText.indent + (isWide ? actionWidth + 2 : 0))
    text.cell(headings.server, width: serverWidth + 2 + arrowWidth + 2, .strong)
    text.line(headings.client, .strong)
    for rung in rungs {
      text.pad(DemoText.indent)
      if isWide {
        text.cell(rung.action, width: actionWidth + 2)
      } else {
        text.line(rung.action)
        text.pad(DemoText.indent)
      }
      Self.write(rung.server, width: serverWidth + 2, to: &text)
      text.cell(rung.arrow, width: arrowWidth + 2)
      Self.write(rung.client, width: 0, to: &text)
      text.line()
    }
  }

  private func writeSentences(to text: inout StyledText) {
    for rung in rungs {
      text.pad(DemoText.indent)
      text.paragraph(
        """
        \(rung.action): server \(rung.server.title)\(Self.time(rung.server)), \
        client \(rung.client.title)\(Self.time(rung.client))
        """, indent: DemoText.indent + 2)
    }
  }
}

/// The kernel's answers: a row for each set of circumstances, a column for each question.
private struct AnswerTable {
  private struct Row {
    let given: [String]
    var answers: [String: ClaimAnswer.Result]
  }

  private let names: [String]
  private var questions: [String] = []
  private var rows: [Row] = []

  init(_ answers: [ClaimAnswer]) {
    names = answers[0].given.map(\.name)
    for answer in answers {
      if !questions.contains(answer.question) { questions.append(answer.question) }
      let given = answer.given.map(\.value)
      if let last = rows.last, last.given == given, last.answers[answer.question] == nil {
        rows[rows.count - 1].answers[answer.question] = answer.result
      } else {
        rows.append(Row(given: given, answers: [answer.question: answer.result]))
      }
    }
  }

  func write(to text: inout StyledText) {
    text.line()
    let givenWidths = names.indices.map { index in
      max(names[index].count, rows.map { $0.given[index].count }.max() ?? 0)
    }
    let answerWidths = questions.map { question in
      max(question.count, rows.map { $0.answers[question]?.text.count ?? 1 }.max() ?? 0)
    }
    let widths = givenWidths + answerWidths
    guard DemoText.indent + widths.reduce(0, +) + 2 * (widths.count - 1) <= text.width else {
      return writeSentences(to: &text)
    }
    text.pad(DemoText.indent)
    for (index, heading) in (names + questions).enumerated() {
      text.cell(heading, width: index == widths.count - 1 ? 0 : widths[index] + 2, .strong)
    }
    text.line()
    for row in rows {
      text.pad(DemoText.indent)
      for (value, width) in zip(row.given, givenWidths) { text.cell(value, width: width + 2) }
      for (index, question) in questions.enumerated() {
        let result = row.answers[question]
        let isLast = index == questions.count - 1
        text.cell(
          result?.text ?? "-", width: isLast ? 0 : answerWidths[index] + 2,
          result.flatMap { Outcome($0).tone })
      }
      text.line()
    }
  }

  private func writeSentences(to text: inout StyledText) {
    for row in rows {
      let given = zip(names, row.given).map { "\($0) \($1)" }.joined(separator: ", ")
      let answers = questions.compactMap { question in
        row.answers[question].map { "\(question) \($0.text)" }
      }.joined(separator: ", ")
      text.pad(DemoText.indent)
      text.paragraph("\(given): \(answers)", indent: DemoText.indent + 2)
    }
  }
}

package import Diagnosis
internal import SocketTable

/// Draws one screen of `trybind --watch`. It only has the words and the layout: `TrybindRun.watch` looks, tries and keeps
/// the time, and makes a `BindWatch` of each result.
package struct BindWatch {
  private let diagnosis: BindDiagnosis
  private let changes: SocketChanges
  private let title: String
  private let triedAgo: Int64

  /// - Parameters:
  ///   - title: the first line, which says what is watched and when it was looked at.
  ///   - triedAgo: milliseconds since the last trial.
  package init(_ diagnosis: BindDiagnosis, changes: SocketChanges, title: String, triedAgo: Int64) {
    self.diagnosis = diagnosis
    self.changes = changes
    self.title = title
    self.triedAgo = triedAgo
  }

  package func lines(on canvas: Canvas, interfaceName: (UInt32) -> String) -> [String] {
    var lines = [String(title.prefix(canvas.columns)), ""]
    lines += verdict(canvas)
    if let origin = Wording(diagnosis).origin { lines += origin.lines(width: canvas.columns) }
    lines += trials(canvas)
    let holders = diagnosis.verdict == .no ? diagnosis.holders : []
    let rows = WatchRows(changes, canvas).lines(
      changes.inSteadyOrder(holders), room: canvas.rows.map { max(1, $0 - lines.count - 2) },
      interfaceName: interfaceName)
    if !rows.isEmpty { lines += [""] + rows }
    return canvas.rows.map { Array(lines.prefix($0)) } ?? lines
  }

  /// The verdict is wrapped and never cut, because the time left, which users wait for, comes last.
  private func verdict(_ canvas: Canvas) -> [String] {
    let options = Wording.names(diagnosis.target.options)
    let server = "A server with \(options.isEmpty ? "no options" : options)"
    let (word, tone, rest): (String, StyledText.Tone, Prose)
    switch diagnosis.verdict {
    case .yes: (word, tone, rest) = ("Yes.", .good, " \(server) can bind it.")
    case .no:
      let time = diagnosis.freeIn.map { milliseconds -> Prose in
        Quantity.isEnding(milliseconds: milliseconds)
          ? "; the timer is ending" : "; free in \(Quantity.seconds(milliseconds: milliseconds))"
      }
      (word, tone, rest) = ("No.", .bad, " \(server) cannot bind it\(time ?? "").")
    case .depends: (word, tone, rest) = ("It depends.", .bad, "")
    case .unknown:
      (word, tone, rest) = ("Unknown.", .bad, " \(Reason.text(of: diagnosis.coverage.shortfall)).")
    }
    return ("\(word)\(rest)" as Prose).lines(width: canvas.columns).enumerated().map { index, text in
      var line = StyledLine()
      if index == 0 { line.append(word, tone) }
      line.append(index == 0 ? String(text.dropFirst(word.count)) : text)
      return line.text(on: canvas)
    }
  }

  /// The last outcome of each of the server's own trials.
  private func trials(_ canvas: Canvas) -> [String] {
    let yours = diagnosis.trials.filter(\.usesServerOptions)
    let places = yours.map { $0.socket.address.text(port: $0.socket.port) }
    let width = places.map(\.count).max() ?? 0
    let ago = Quantity.seconds(milliseconds: triedAgo)
    return zip(yours, places).map { trial, place in
      var line = StyledLine()
      line.cell(place, width: width + 2)
      let outcome = Outcome(trial.outcome)
      line.append(outcome.text, outcome.tone)
      line.append("  tried \(ago) ago")
      return line.text(on: canvas)
    }
  }
}

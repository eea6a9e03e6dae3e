internal import Diagnosis
internal import NetlinkCodec
internal import SocketTable

/// The answer of `release` as text: before, what will be ended; afterwards, what is left.
package struct ReleaseText {
  private let report: ReleaseReport
  private let interfaceName: (UInt32) -> String
  private static let shownRows = 10

  package init(_ report: ReleaseReport, interfaceName: @escaping (UInt32) -> String) {
    self.report = report
    self.interfaceName = interfaceName
  }

  private var port: String {
    let family: String =
      switch report.family {
      case .any: ""
      case .ipv4: " (IPv4)"
      case .ipv6: " (IPv6)"
      }
    return "port \(report.port)\(family)"
  }

  /// What will be ended: "3 TIME_WAIT on port 9527".
  package var subject: String { onPort(report.chosen).plain }

  private func onPort(_ records: [SocketRecord]) -> Prose { "\(list(records)) on \(port)" }

  // MARK: Before

  package func writePlan(to text: inout StyledText) {
    guard !report.chosen.isEmpty else { return writeNothing(to: &text) }
    writeRows(to: &text)
    text.line()
    text.paragraph(
      report.isDryRun ? "Would end \(onPort(report.chosen))." : "To be ended: \(onPort(report.chosen)).")
    let others = others
    if !others.isEmpty { text.paragraph("Left alone: \(list(others)).\(finWait2Hint)") }
    text.paragraph(
      "Late segments of these connections could reach a new one with the same addresses and ports (RFC 1337)."
    )
  }

  private func writeRows(to text: inout StyledText) {
    let shown = report.chosen.prefix(Self.shownRows)
    let rows = PortReport(
      filter: SocketFilter(ports: PortSet(report.port)), records: Array(shown),
      listed: shown.indices.map { UInt32($0) }, listedCount: shown.count, counts: StateCounts(Array(shown)),
      coverage: report.coverage, timerSlack: 0)
    PortTable(rows, interfaceName: interfaceName).writeRows(to: &text)
    let rest = report.chosen.count - shown.count
    if rest > 0 { text.line("and \(Quantity.grouped(rest)) more  (tw-inspect port \(report.port))") }
  }

  private func writeNothing(to text: inout StyledText) {
    let what = report.includesFinWait2 ? "TIME_WAIT or FIN_WAIT2 without a process" : "TIME_WAIT"
    text.paragraph(
      report.coverage.isComplete
        ? "No \(what) on \(port): nothing to end."
        : "No \(what) was seen on \(port), but the list of sockets is incomplete: nothing is ended.")
    if !report.left.isEmpty {
      text.paragraph(
        """
        But it is in use: \(list(report.left)). \
        \(report.left.contains { !$0.isMinisocket } ? "Sockets of processes are left alone." : "")\(finWait2Hint)
        """)
    } else {
      text.paragraph(nothing("holds"))
    }
  }

  /// The sockets on the port that are not to be ended.
  private var others: [SocketRecord] {
    let asked = Set(report.chosen.map(\.cookie))
    return report.left.filter { !$0.isMinisocket || !asked.contains($0.cookie) }
  }

  private var finWait2Hint: String {
    let isLeft = report.left.contains { $0.isMinisocket && $0.state == .finWait2 }
    return isLeft && !report.includesFinWait2 ? " --include-fin-wait-2 ends FIN_WAIT2 as well." : ""
  }

  // MARK: After

  package func writeResult(to text: inout StyledText) {
    if report.chosen.isEmpty || report.isDryRun { return }
    text.line()
    text.paragraph(
      report.released.isEmpty ? "Nothing was ended." : "Ended \(onPort(report.released)).")
    if report.vanished > 0 {
      text.paragraph(
        "\(Quantity.grouped(report.vanished)) had ended by \(report.vanished == 1 ? "itself" : "themselves") before that."
      )
    }
    let remaining = report.remaining
    if !remaining.isEmpty { text.paragraph("Not ended: \(list(remaining)).") }
    let others = others
    if !others.isEmpty {
      text.paragraph("Left on port \(report.port): \(list(others)).")
    } else if remaining.isEmpty {
      text.paragraph(nothing("is left on"))
    }
    writeBind(to: &text)
  }

  private func writeBind(to text: inout StyledText) {
    guard let (address, outcome) = report.plainBind else { return }
    let place = address.text(port: report.port) + (address.v6Only ? " (IPV6_V6ONLY)" : "")
    if let error = outcome.error {
      text.paragraph("A plain bind to \(place) is refused: \(error.message).")
      text.line("Why?  tw-inspect trybind \(report.port)")
    } else {
      text.paragraph("A plain bind to \(place) works now.")
    }
  }

  private func nothing(_ verb: String) -> Prose {
    report.coverage.isComplete
      ? "No socket that this kernel lists \(verb) port \(report.port)."
      : "Whether another socket \(verb) port \(report.port) is not known: the list of sockets is incomplete."
  }

  /// "3 TIME_WAIT, 1 FIN_WAIT2 without a process".
  private func list(_ records: [SocketRecord]) -> Prose {
    StateList(minisocketsApartIn: StateCounts(records)).list
  }
}

internal import Diagnosis
internal import SocketTable

/// The answer of `port` as text.
package struct PortTable {
  private let report: PortReport
  private let interfaceName: (UInt32) -> String

  package init(_ report: PortReport, interfaceName: @escaping (UInt32) -> String) {
    self.report = report
    self.interfaceName = interfaceName
  }

  package func write(to text: inout StyledText) {
    writeRows(to: &text)
    if !report.listed.isEmpty { text.line() }
    writeClosing(to: &text)
  }

  /// Writes the sentences below the rows: what they amount to, and what to ask next.
  func writeClosing(to text: inout StyledText) {
    if report.listed.count < report.listedCount {
      text.paragraph(
        "\(Quantity.grouped(report.listedCount - report.listed.count)) more are not shown (--limit).")
    }
    for sentence in closing { text.paragraph(sentence) }
    if let hidden = OwnerLines.closing(report) { text.paragraph(hidden) }
    if let hint {
      if hint.count <= text.width { text.line(hint) } else { text.paragraph(Prose(hint)) }
    }
    writeOtherNamespaces(to: &text)
  }

  private static let namespaceLimit = 3

  private func writeOtherNamespaces(to text: inout StyledText) {
    guard !report.otherNamespaces.isEmpty, let port = report.filter.ports.single else { return }
    text.line("Held in another network namespace:")
    for namespace in report.otherNamespaces.prefix(Self.namespaceLimit) {
      text.append(literal: "  ")
      text.parts(
        "\(namespace.summary)  tw-inspect port \(port) --netns pid:\(namespace.process.pid)", indent: 2)
    }
    let more = report.otherNamespaces.count - Self.namespaceLimit
    if more > 0 { text.line("  and \(Quantity.grouped(more)) more") }
  }

  // MARK: Rows

  func writeRows(to text: inout StyledText) {
    guard !report.listed.isEmpty else { return }
    var columns = SocketColumns(forEachListed)
    if columns.hasInterface { columns.measurePeers(forEachListed) }
    let (localWidth, peerWidth) = (columns.local, columns.peer)
    let hasInterface = columns.hasInterface
    text.append(SocketColumns.timeHeading + "  ", .strong)
    text.cell(SocketColumns.stateHeading, width: columns.state, .strong)
    text.append(literal: "  ")
    text.cell(SocketColumns.localHeading, width: localWidth, .strong)
    text.append(literal: "  ")
    text.cell(SocketColumns.peerHeading, width: hasInterface ? peerWidth + 2 : 0, .strong)
    if hasInterface { text.append(SocketColumns.interfaceHeading, .strong) }
    text.line()
    let looksForOwners = !report.details.isEmpty
    // The order by timers is random in memory. Copying a few records ahead lets the processor fetch them at the same time
    // instead of waiting for one after the other.
    var ahead: [SocketRecord] = []
    var leading = LeadingCells(stateWidth: columns.state)
    ahead.reserveCapacity(Self.rowsAhead)
    for start in stride(from: 0, to: report.listed.count, by: Self.rowsAhead) {
      ahead.removeAll(keepingCapacity: true)
      for index in report.listed[start..<min(start + Self.rowsAhead, report.listed.count)] {
        ahead.append(report.records[Int(index)])
      }
      for record in ahead {
        leading.append(record, to: &text)
        text.append(record.local, width: localWidth + 2)
        if let peer = record.peer { text.append(peer) } else { text.append(literal: "-") }
        if hasInterface {
          let peer = record.peer?.width ?? 1
          text.append(String(repeating: " ", count: peerWidth - peer + 2))
          text.append(SocketColumns.interface(record, interfaceName) ?? "-")
        }
        text.endLine()
        if looksForOwners, let owner = OwnerLines.line(report.details, record) {
          text.pad(OwnerLines.indent)
          text.parts(owner, indent: OwnerLines.indent)
        }
      }
    }
  }

  private static let rowsAhead = 32

  /// Goes through the records in the order of memory if all of them are listed, which is faster.
  private func forEachListed(_ body: (SocketRecord) -> Void) {
    if report.listed.count == report.records.count {
      report.records.forEach(body)
    } else {
      for index in report.listed { body(report.records[Int(index)]) }
    }
  }

  // MARK: The closing lines

  private var ports: String {
    let isOne = report.filter.ports.single != nil
    let family: String =
      switch report.filter.family {
      case .any: ""
      case .ipv4: " (IPv4)"
      case .ipv6: " (IPv6)"
      }
    return "\(isOne ? "port" : "ports") \(report.filter.ports.description)\(family)"
  }

  private var slack: Prose { "up to \(Quantity.seconds(milliseconds: report.timerSlack)) more" }

  private var closing: [Prose] {
    switch report.filter.side {
    case .local: report.filter.states == .minisockets ? holdingSentences : listedSentences("on")
    case .peer: peerSentences
    case .any: listedSentences("at either end of")
    }
  }

  /// The answer to the default question: which minisockets hold the port, and what else does.
  private var holdingSentences: [Prose] {
    let counts = report.counts
    var sentences: [Prose] = []
    let others = counts.total - counts.minisockets
    if counts.minisockets > 0 {
      let verb = counts.minisockets == 1 ? "holds" : "hold"
      var sentence: Prose = "\(StateList(minisocketsIn: counts).phrase) \(verb) \(ports)"
      if let longest = counts.longestMinisocket {
        let which = counts.minisockets == 1 ? "it" : "the last"
        sentence +=
          Quantity.isEnding(milliseconds: longest)
          ? "; \(which) is ending (\(slack))."
          : "; \(which) ends in \(Quantity.seconds(milliseconds: longest)) (\(slack))."
      }
      sentences.append(sentence)
      if counts.finWait2Minisockets > 0 {
        sentences.append("A FIN_WAIT2 whose peer closes becomes a TIME_WAIT of 60 s.")
      }
      sentences.append(
        others == 0
          ? nothingElse(after: true)
          : "\(StateList(withoutMinisocketsIn: counts).list) \(others == 1 ? "holds" : "hold") it too.")
    } else if others > 0 {
      sentences.append("No TIME_WAIT \(seen) \(ports).")
      sentences.append("It is held all the same: \(StateList(withoutMinisocketsIn: counts).list).")
    } else {
      sentences.append("No TIME_WAIT \(seen) \(ports). \(nothingElse(after: false))")
    }
    if others > 0 { sentences += lossSentences }
    return sentences + blindSentences
  }

  /// The command to try next, on a line of its own; nil if there is none to advise.
  private var hint: String? {
    guard report.filter.side == .local, report.filter.states == .minisockets,
      let port = report.filter.ports.single
    else { return nil }
    let family =
      switch report.filter.family {
      case .any: ""
      case .ipv4: " -4"
      case .ipv6: " -6"
      }
    let option = family + (report.namespace.map { " " + ByteSafety.escaped($0.option) } ?? "")
    if report.counts.minisockets > 0 { return "Would a server start?  tw-inspect trybind \(port)\(option)" }
    return report.counts.total > 0 ? "See them:  tw-inspect port \(port) --all --owners\(option)" : nil
  }

  private func nothingElse(after isMore: Bool) -> Prose {
    report.coverage.isComplete
      ? "Nothing else that this kernel can list holds it\(report.filter.family == .any ? "" : " there")."
      : "Whether anything else holds it is not known: the table was not seen whole."
  }

  /// What was lost from an incomplete look may have been there.
  private var seen: String { report.coverage.isComplete ? "on" : "was seen on" }

  private func listedSentences(_ preposition: String) -> [Prose] {
    let counts = report.counts
    guard counts.total > 0 else { return none(preposition) + blindSentences }
    let unlisted: [Prose] =
      report.listedCount > 0
      ? [] : ["None in the state asked for (\(report.filter.states.mask.names.joined(separator: ", ")))."]
    var sentence: Prose = "\(Quantity.count(counts.total, "socket")) \(preposition) \(ports): "
    sentence += StateList(counts).list
    if let longest = counts.longestMinisocket {
      sentence +=
        Quantity.isEnding(milliseconds: longest)
        ? "; the last timer is ending (\(slack))"
        : "; the last timer that keeps one ends in \(Quantity.seconds(milliseconds: longest)) (\(slack))"
    }
    return unlisted + [sentence + "."] + lossSentences + blindSentences
  }

  /// If the look was incomplete, there may be sockets all the same, so "no socket" is said with that reservation.
  private func none(_ place: String) -> [Prose] {
    [
      "No socket \(place) \(ports)\(report.coverage.isComplete ? "" : ", as far as was seen; it was not seen whole")."
    ]
  }

  private var peerSentences: [Prose] {
    let counts = report.counts
    guard counts.total > 0 else { return none("here is connected to another end's") }
    return [
      """
      \(Quantity.count(counts.total, "socket")) here connected to \(ports) of the other end: \
      \(StateList(counts).list).
      """,
      "They do not hold \(ports) on this host.",
    ] + lossSentences
  }

  private var lossSentences: [Prose] {
    report.coverage.isComplete ? [] : ["There may be more: the table was not seen whole."]
  }

  private var blindSentences: [Prose] {
    var sentences: [Prose] = []
    if report.coverage.isBlind(to: .boundNotListening), report.filter.side == .local {
      sentences.append("Sockets that are bound and do not listen cannot be listed here.")
    }
    if report.coverage.hasChangedMeanwhile {
      sentences.append("Sockets came and went during three readings of a small hash: some may be missing.")
    }
    return sentences
  }
}

/// Writes the first two cells, time left and state. Rows are sorted by time, so most have the same cells as the row before,
/// whose text is used again.
private struct LeadingCells: ~Copyable {
  private var text = ByteBuffer()
  /// The cells that `text` has; nil before the first row.
  private var timeLeft: TimeLeft?
  private var state: TCPState?
  private let stateWidth: Int

  init(stateWidth: Int) { self.stateWidth = stateWidth }

  mutating func append(_ record: SocketRecord, to styled: inout StyledText) {
    let timeLeft = TimeLeft(record)
    if timeLeft != self.timeLeft || record.state != state {
      self.timeLeft = timeLeft
      state = record.state
      text.removeAll()
      timeLeft.append(to: &text)
      text.append(literal: "  ")
      text.append(titleOf: record.state, isColored: styled.usesColor)
      text.append(spaces: stateWidth - record.state.title.utf8.count + 2)
    }
    styled.append(text)
  }
}

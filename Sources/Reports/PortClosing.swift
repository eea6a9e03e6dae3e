internal import Diagnosis
internal import SocketTable

/// The sentences below the rows of `port`, which are the answer: what the rows amount to, who else holds the ports, and what
/// to ask next.
struct PortClosing {
  private let report: PortReport
  private let holders: PortHolders

  init(_ report: PortReport) {
    self.report = report
    // A connection to the port of another host holds nothing here.
    let isKnown = report.filter.side == .local && report.holderDetails.observedAt != nil
    holders = PortHolders(isKnown ? report.holders : [], report.holderDetails)
  }

  func write(to text: inout StyledText) {
    if report.listed.count < report.listedCount {
      text.paragraph(
        "and \(Quantity.grouped(report.listedCount - report.listed.count)) more (--limit 0: all)")
    }
    let isOfPorts = report.filter.ports.single == nil && report.filter.side == .local && isDefault
    let namespaces = NamespaceSummaries(report)
    let saysAll = isOfPorts || isDefault && namespaces != nil
    if let namespaces {
      namespaces.write(to: &text)
    } else if isOfPorts {
      PortSummaries(report).write(to: &text)
    }
    for sentence in saysAll ? reservations : sentences { text.paragraph(sentence) }
    if let hidden = OwnerLines.closing(report) { text.paragraph(hidden) }
    if let udp = OtherProtocolsReport.sentence(report.otherProtocols, isOfOne: namespaces != nil) {
      text.paragraph(udp)
    }
    writeHints(namespaces, to: &text)
    writeOtherNamespaces(to: &text)
  }

  private var isDefault: Bool { report.filter.states == .minisockets }

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
    if more > 0 {
      text.append(literal: "  ")
      text.parts(
        "and \(Quantity.grouped(more)) more  \(report.isRoot ? "" : "sudo ")tw-inspect port \(port) --all-netns",
        indent: 2)
    }
  }

  // MARK: What to ask next

  private func writeHints(_ namespaces: NamespaceSummaries?, to text: inout StyledText) {
    for hint in namespaces.map({ hints($0, width: text.width) }) ?? hints {
      let longestPart = hint.split(separator: "  ").map(\.count).max() ?? 0
      if hint.count <= text.width {
        text.line(hint)
      } else if longestPart + 2 <= text.width {
        // The command stays on one line, to be pasted.
        text.parts(Prose(hint), indent: 2)
      } else {
        text.paragraph(Prose(hint))
      }
    }
  }

  private func hints(_ namespaces: NamespaceSummaries, width: Int) -> [String] {
    guard report.filter.side == .local, isDefault, let port = report.filter.ports.single else { return [] }
    return (namespaces.ownCounts.total > 0 ? ["Can a server start here?  tw-inspect trybind \(port)"] : [])
      + (namespaces.other(width: width).map {
        ["Can one start in \($0.label)?  tw-inspect trybind \(port) --netns pid:\($0.process)"]
      } ?? [])
  }

  private var hints: [String] {
    guard report.filter.side == .local, isDefault, let port = report.filter.ports.single else { return [] }
    let family =
      switch report.filter.family {
      case .any: ""
      case .ipv4: " -4"
      case .ipv6: " -6"
      }
    let option = family + (report.namespace.map { " " + ByteSafety.escaped($0.option) } ?? "")
    var hints: [String] = []
    if !holders.concealment.isEmpty, holders.concealment.isSubset(of: [.permission, .hidepid]),
      !report.isRoot
    {
      hints.append("Whose is it?  sudo tw-inspect port \(port)\(option)")
    }
    if report.counts.minisockets > 0 {
      hints.append("Can a server start?  tw-inspect trybind \(port)\(option)")
    } else if report.counts.total > 0 {
      let none = saysNoneInHint && !holders.isEmpty ? "No TIME_WAIT.  " : ""
      hints.append("\(none)Every socket:  tw-inspect port \(port) --all\(option)")
    }
    return hints
  }

  /// Whether the last line begins with it. An incomplete look says more of it.
  private var saysNoneInHint: Bool { report.coverage.isComplete && report.filter.ports.single != nil }

  // MARK: Sentences

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

  private var sentences: [Prose] {
    switch report.filter.side {
    case .local:
      isDefault
        ? holding + reservations : listed("on") + (report.parts == nil ? sharing(areNamed: false) : [])
    case .peer: peers
    case .any: listed("at either end of")
    }
  }

  /// The answer to the default question: which minisockets hold the port, and what else does.
  private var holding: [Prose] {
    let counts = report.counts
    guard counts.minisockets > 0 else {
      let none: Prose = "No TIME_WAIT \(seen) \(ports)"
      if counts.total == 0 { return ["\(none). \(nothingElse)"] }
      if holders.isEmpty { return ["\(none), but it is in use: \(others.list)."] }
      return holderSentences(isMore: false) + sharing() + (saysNoneInHint ? [] : ["\(none)."])
    }
    var sentences: [Prose] = [
      "\(StateList(minisocketsIn: counts).phrase) \(counts.minisockets == 1 ? "holds" : "hold") \(ports)."
    ]
    if let longest = counts.longestMinisocket {
      let which = counts.minisockets == 1 ? "It" : "The last"
      let end: Prose =
        Quantity.isEnding(milliseconds: longest)
        ? "\(which) is ending" : "\(which) ends in \(Quantity.seconds(milliseconds: longest))"
      sentences[0] += " \(end) (\(Quantity.seconds(milliseconds: latest(longest))) at the latest)."
    }
    if counts.finWait2Minisockets > 0 {
      sentences.append("A FIN_WAIT2 whose peer closes becomes a TIME_WAIT of 60 s.")
    }
    if others.isEmpty { return sentences + [nothingElse] }
    if holders.isEmpty {
      return sentences + [
        "\(others.list) \(counts.total - counts.minisockets == 1 ? "holds" : "hold") it too."
      ]
    }
    return sentences + holderSentences(isMore: true) + sharing()
  }

  /// Milliseconds until the last timer has ended for sure, if no peer makes it begin again.
  private func latest(_ longest: UInt32) -> Int {
    Int(longest) + report.timerSlack + (report.counts.finWait2Minisockets > 0 ? 60_000 : 0)
  }

  /// Every socket that is no minisocket.
  private var others: StateList { StateList(withoutMinisocketsIn: report.counts) }

  /// - Parameter isMore: something else was said to hold the port.
  private func holderSentences(isMore: Bool) -> [Prose] {
    var phrases = holders.phrases()
    let connections = StateList(connectionsIn: report.counts)
    let isOfOne = phrases.count == 1 && report.counts[.listen] > 0
    if isMore { phrases[0] += isOfOne ? " too" : ", too" }
    if isOfOne, !connections.isEmpty {
      phrases[0] +=
        connections.isOnlyEstablished
        ? ", with \(Quantity.count(report.counts[.established], "connection"))"
        : ", with \(connections.phrase)"
    }
    var sentences = phrases.map { $0 + "." }
    if !isOfOne, !connections.isEmpty { sentences.append("Connections on it: \(connections.list).") }
    return sentences
  }

  private func sharing(areNamed: Bool = true) -> [Prose] {
    holders.sharing(areNamed: areNamed).map { [$0] } ?? []
  }

  private var nothingElse: Prose {
    if !report.coverage.isComplete {
      return "Whether another socket holds it is not known: the list of sockets is incomplete."
    }
    return report.coverage.isBlind(to: .boundNotListening)
      ? "No other socket that can be listed holds it." : "No other socket holds it."
  }

  /// What was lost from an incomplete look may have been there.
  private var seen: String { report.coverage.isComplete ? "on" : "was seen on" }

  /// The answer where states were named.
  private func listed(_ preposition: String) -> [Prose] {
    let counts = report.counts
    guard counts.total > 0 else { return none(preposition) + blindness }
    let unlisted: [Prose] =
      report.listedCount > 0
      ? [] : ["None in the state asked for (\(report.filter.states.mask.names.joined(separator: ", ")))."]
    var sentence: Prose = "\(Quantity.count(counts.total, "socket")) \(preposition) \(ports): "
    sentence += StateList(counts).list + "."
    if let longest = counts.longestMinisocket {
      let latest: Prose = "\(Quantity.seconds(milliseconds: latest(longest))) at the latest"
      sentence +=
        Quantity.isEnding(milliseconds: longest)
        ? " The last timer is ending (\(latest))."
        : " The last timer ends in \(Quantity.seconds(milliseconds: longest)) (\(latest))."
    }
    return unlisted + [sentence] + reservations
  }

  /// If the look was incomplete, there may be sockets all the same, so "no socket" is said with that reservation.
  private func none(_ place: String) -> [Prose] {
    [
      report.coverage.isComplete
        ? "No socket \(place) \(ports)."
        : "No socket \(place) \(ports) was seen, but the list of sockets is incomplete."
    ]
  }

  private var peers: [Prose] {
    let counts = report.counts
    guard counts.total > 0 else { return none("here is connected to another end's") }
    return [
      """
      \(Quantity.count(counts.total, "socket")) here connected to \(ports) of the other end: \
      \(StateList(counts).list).
      """,
      "They do not hold \(ports) on this host.",
    ] + losses
  }

  // MARK: Reservations

  private var reservations: [Prose] { losses + blindness }

  private var losses: [Prose] {
    report.coverage.isComplete || report.counts.total == 0 && report.filter.ports.single != nil
      ? [] : ["There may be more: the list of sockets is incomplete."]
  }

  private var blindness: [Prose] {
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

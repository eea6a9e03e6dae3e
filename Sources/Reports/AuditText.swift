package import Diagnosis
internal import SocketTable

/// The answer of `audit` for people: the verdict, a line for each listener, and what to ask next.
package struct AuditText {
  private let audit: Audit
  private let query: AuditQuery
  /// At most so many listeners are listed.
  private let limit: Int
  /// Whether the address, the user and the options of each are written below its line.
  private let isWhole: Bool
  private let interfaceName: (UInt32) -> String

  package init(
    _ audit: Audit, _ query: AuditQuery, limit: Int = .max, isWhole: Bool = false,
    interfaceName: @escaping (UInt32) -> String
  ) {
    self.audit = audit
    self.query = query
    self.limit = limit
    self.isWhole = isWhole
    self.interfaceName = interfaceName
  }

  private var listed: ArraySlice<AuditedListener> { audit.listeners.prefix(limit) }

  package func write(to text: inout StyledText) {
    for (index, sentence) in verdict.enumerated() {
      text.paragraph(sentence, tone: index == 0 ? audit.verdict == .yes ? .good : .bad : nil)
    }
    if !audit.listeners.isEmpty {
      text.line()
      writeRows(to: &text)
    }
    if listed.count < audit.listeners.count {
      text.paragraph("and \(Quantity.grouped(audit.listeners.count - listed.count)) more (--limit 0: all)")
    }
    if let hidden { text.paragraph(hidden) }
    guard let remedy else { return }
    text.line()
    text.cell("Do", width: Self.indent, .strong)
    if remedy.utf8.count + Self.indent <= text.width { return text.line(remedy) }
    text.line()
    text.command(remedy, indent: 2)
  }

  private static let indent = 7

  // MARK: Verdict

  private var verdict: [Prose] {
    let total = audit.listeners.count
    let isComplete = audit.coverage.isComplete
    guard total > 0 else { return [none] + reservations }
    let (no, open) = (audit.count(.no), audit.count(.unknown) + audit.count(.depends))
    let all =
      isComplete ? Quantity.count(total, "listener") : "\(Quantity.count(total, "listener")) that was seen"
    let back = "come back at once after a restart"
    var sentences: [Prose] = []
    if no > 0 {
      sentences.append(
        total == 1
          ? "The listener would not \(back)." : "\(Quantity.grouped(no)) of \(all) would not \(back).")
      if open > 0 { sentences.append("Of \(Quantity.grouped(open)) more it is not known.") }
    } else if open > 0 {
      sentences.append(
        total == 1
          ? "It is not known whether the listener would \(back)."
          : "Of \(Quantity.grouped(open)) of \(all) it is not known whether they would \(back).")
    } else if isComplete, !audit.hasDoubtful {
      let which: Prose = total == 1 ? "The listener" : total == 2 ? "Both listeners" : "All \(all)"
      sentences.append("\(which) would \(back).")
    } else {
      sentences.append("\(all) would \(back), but perhaps not all were seen.")
    }
    return sentences + reservations
  }

  private var none: Prose {
    let isSure = audit.coverage.isComplete && !audit.hasDoubtful
    var place: Prose =
      query.ports.map { ports in
        "\(ports.single == nil ? "on ports" : "on port") \(ports.description)"
      } ?? "here"
    switch query.family {
    case .any: break
    case .ipv4: place += " by IPv4"
    case .ipv6: place += " by IPv6"
    }
    let who: Prose = query.unit.map { "\(ByteSafety.escaped($0)) listens" } ?? "listens"
    if query.unit == nil {
      return isSure ? "Nothing listens \(place) by TCP." : "Nothing was seen to listen \(place)."
    }
    return isSure ? "No socket of \(who) \(place)." : "No socket of \(who) \(place), as far as can be seen."
  }

  private var reservations: [Prose] {
    (audit.coverage.isComplete
      ? [] : ["The list of sockets is incomplete: \(Reason.text(of: audit.coverage.shortfall))."])
      + (audit.hasDoubtful ? ["Of some listeners the unit could not be seen."] : [])
  }

  /// Why processes could not be seen; nil where root would see them, as the last line says.
  private var hidden: Prose? {
    guard audit.settings.caller.isRoot else { return nil }
    let concealment = audit.listeners.reduce(into: Concealment()) { union, listener in
      if let known = audit.details[listener.record], known.visibility == .hidden {
        union.formUnion(known.concealment)
      }
    }
    return concealment.isEmpty ? nil : OwnerText.concealment(concealment)
  }

  // MARK: Rows

  /// Whose a listener is, in a cell. What follows the name is not cut off with it.
  private struct Server {
    var name: String
    var more = ""

    var text: String { name + more }

    func cut(to columns: Int) -> String {
      let room = columns - more.unicodeScalars.count
      return room >= AuditText.narrowest / 2 ? Prose.cut(name, to: room) + more : Prose.cut(text, to: columns)
    }
  }

  private struct Row {
    var port: String
    var server: Server
    var restart: Prose
    var why: Prose
    var listener: AuditedListener
  }

  private func writeRows(to text: inout StyledText) {
    let places = Dictionary(grouping: audit.listeners, by: \.record.localPort).mapValues(\.count)
    let rows = listed.map { row($0, isAlone: places[$0.record.localPort] == 1) }
    func width(_ heading: String, _ value: (Row) -> Int) -> Int {
      rows.reduce(heading.utf8.count) { max($0, value($1)) }
    }
    let port = width("PORT") { $0.port.unicodeScalars.count }
    let restart = width("RESTART") { $0.restart.plain.unicodeScalars.count }
    let why = rows.contains { !$0.why.isEmpty } ? Self.why : "WHY".utf8.count
    let room = text.width - port - restart - why - 6
    guard room >= Self.narrowest else { return writeNarrow(rows, to: &text) }
    let server = min(room, width("SERVER") { $0.server.text.unicodeScalars.count })
    text.cell("PORT", width: port + 2, .strong)
    text.cell("SERVER", width: server + 2, .strong)
    text.cell("RESTART", width: restart + 2, .strong)
    text.line("WHY", .strong)
    let indent = port + server + restart + 6
    for row in rows {
      let hasWhy = !row.why.isEmpty
      text.cell(row.port, width: port + 2)
      text.cell(row.server.cut(to: server), width: server + 2)
      text.cell(
        row.restart.plain, width: hasWhy ? restart + 2 : 0,
        row.listener.restart == .yes ? nil : .bad)
      if hasWhy { text.narrowParagraph(row.why, indent: indent) } else { text.line() }
      if isWhole { writeMore(row, to: &text) }
    }
  }

  /// Without columns, for which there is no room.
  private func writeNarrow(_ rows: [Row], to text: inout StyledText) {
    for row in rows {
      let why: Prose = row.why.isEmpty ? "" : ": " + row.why
      text.narrowParagraph("\(row.port) \(row.server.text) \(row.restart)\(why)", indent: 2)
      if isWhole { writeMore(row, to: &text) }
    }
  }

  private func writeMore(_ row: Row, to text: inout StyledText) {
    text.pad(2)
    let more = more(row.listener)
    // A word that is wider than a narrow terminal has to be broken.
    let fits = more.plain.split(separator: " ").allSatisfy { $0.unicodeScalars.count <= text.width - 2 }
    if fits { text.parts(more, indent: 2) } else { text.narrowParagraph(more, indent: 2) }
  }

  /// Room for the reasons, and for a server's name, in a table.
  private static let why = 18
  private static let narrowest = 8

  private func row(_ listener: AuditedListener, isAlone: Bool) -> Row {
    let record = listener.record
    let isPlain = isAlone && record.local.address.isUnspecified && record.interface == 0
    return Row(
      port: isPlain ? "\(record.localPort)" : Self.place(record, interfaceName), server: server(listener),
      restart: Self.restart(listener), why: why(listener), listener: listener)
  }

  private static func place(_ record: SocketRecord, _ interfaceName: (UInt32) -> String) -> String {
    record.local.text
      + (record.interface == 0 ? "" : " on \(ByteSafety.escaped(interfaceName(record.interface)))")
  }

  private func server(_ listener: AuditedListener) -> Server {
    let details = audit.details[listener.record]
    guard let owner = details?.owners?.first else {
      if listener.reason == .ofKernel { return Server(name: "the kernel") }
      if let unit = details?.cgroup?.unit { return Server(name: ByteSafety.escaped(unit)) }
      guard let uid = listener.record.uid else { return Server(name: "not seen") }
      return Server(name: "user \(ByteSafety.escaped(audit.details.userNames[uid] ?? "\(uid)"))")
    }
    if let container = owner.container {
      return Server(name: "\(container.isPod ? "pod" : "container") \(ByteSafety.escaped(container.shortID))")
    }
    if let unit = owner.serviceUnit { return Server(name: ByteSafety.escaped(unit)) }
    return Server(name: ByteSafety.escaped(owner.command), more: " (pid \(owner.pid))")
  }

  private static func restart(_ listener: AuditedListener) -> Prose {
    switch listener.restart {
    case .yes: "yes"
    case .depends: "depends"
    case .unknown: "unknown"
    case .no: listener.blockedLatest.map { "no, up to \(Quantity.seconds(milliseconds: $0))" } ?? "no"
    }
  }

  private func why(_ listener: AuditedListener) -> Prose {
    var parts: [Prose] = []
    if let reason = listener.reason { parts.append(Self.text(reason)) }
    for slug in listener.findings {
      if let note = Self.note(slug, listener) { parts.append(note) }
    }
    return parts.joined(separator: "; ")
  }

  private static func text(_ reason: AuditedListener.Reason) -> Prose {
    func named(_ owner: SocketOwner?) -> Prose { owner.map { " of \(OwnerText.name($0))" } ?? "" }
    return switch reason {
    case .lacksReuse: "it does not set SO_REUSEADDR"
    case .oldLackReuse: "what lies on the port lacks SO_REUSEADDR"
    case .listener(let owner): "another listener\(named(owner)) stays"
    case .bound(let owner): "a bound socket\(named(owner)) stays"
    case .connection(let owner): "a connection\(named(owner)) stays"
    case .dependsOn(let unknowns): "on \(Reason.text(of: unknowns))"
    case .notRead: "its options could not be read"
    case .ofKernel: "no process has it"
    case .incomplete: "not every socket was seen"
    }
  }

  /// Nil for what the reason or the server's name says already.
  private static func note(_ slug: Finding.Slug, _ listener: AuditedListener) -> Prose? {
    switch slug {
    case .portInEphemeralRange: "in the ephemeral range, unreserved"
    case .sharedByReusePort: "\(listener.sharers) processes share it (SO_REUSEPORT)"
    case .listenerInherited: "another program has it open, too"
    case .otherNameElsewhere: "another server has the other name of localhost"
    case .holderStopped: "its process is stopped"
    default: nil
    }
  }

  private func more(_ listener: AuditedListener) -> Prose {
    let details = audit.details[listener.record]
    let owner: Prose =
      details?.owners?.first.map { OwnerText.line($0, now: details == nil ? nil : audit.details.observedAt) }
      ?? details.flatMap(OwnerText.hidden) ?? "process not found"
    let options = OwnerText.reuseOptions(listener.record, audit.details) ?? "options were not read"
    return "\(Self.place(listener.record, interfaceName))  \(owner)  \(options)"
  }

  // MARK: What to ask next

  /// The command that tells more of the worst; nil where there is nothing more to tell. A name that is not safe to paste is in
  /// none.
  private var remedy: String? {
    let isRoot = audit.settings.caller.isRoot
    let command: String
    if let first = audit.listeners.first(where: { $0.restart == .no || $0.restart == .depends }) {
      let needsRoot = !isRoot && first.socket?.settings.uid != audit.settings.caller.uid
      command = "\(needsRoot ? "sudo " : "")tw-inspect trybind \(first.record.localPort) --after-stop"
    } else if audit.count(.unknown) > 0 || audit.hasDoubtful, !isRoot {
      command = "sudo tw-inspect audit"
    } else {
      return nil
    }
    return audit.namespace.map { $0.command(command, asRoot: isRoot) } ?? command
  }
}

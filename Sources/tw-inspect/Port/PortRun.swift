import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Answers `port` by one look. Its rows are written as they arrive, or, if they have to be sorted or counted first, when all
/// have arrived.
struct PortRun {
  let request: PortRequest
  let filter: SocketFilter
  let interfaces = Interfaces()

  var common: CommonRequest { request.common }
  /// The most sockets that are printed. On a terminal they are twice as many as fit on it, so that the answer below them is
  /// still there to be scrolled to.
  private var limit: Int {
    request.limit ?? (common.format == .table ? Terminal.height.map { 2 * $0 } : nil) ?? .max
  }

  init(_ request: PortRequest) throws {
    self.request = request
    var dropped: PastedPort?
    let ports = try PortArgument.set(request.ports, Services()) { dropped = dropped ?? $0 }
    if let dropped, let address = dropped.address, !request.common.quiet {
      StandardOutput.complain(
        "tw-inspect port: every socket on port \(ByteSafety.escaped(dropped.port)) is looked at, not only those on \(ByteSafety.escaped(address))"
      )
    }
    filter = SocketFilter(
      ports: ports, side: request.side, states: request.states,
      family: request.common.family)
  }

  func run() throws -> Int32 {
    var places = try PortPlaces(common, areAll: request.looksEverywhere)
    if let interval = request.interval { return try watch(&places, every: interval) }
    let outcome: Outcome
    if common.quiet {
      outcome = try count(&places)
    } else {
      switch common.format {
      case .jsonl: outcome = try lines(&places)
      case .plain:
        outcome =
          request.sort == .none && !request.looksForOwners
          ? try streamPlain(&places) : try collectPlain(&places)
      case .table, .json: outcome = try collect(&places)
      }
    }
    common.complainAboutSource(places.investigation)
    common.complainAboutCoverage(outcome.coverage)
    if outcome.lacksOwners { common.complainAboutOwners(outcome.details) }
    common.complainAboutReuseOptions(outcome.details)
    guard outcome.coverage.isComplete, !outcome.lacksOwners else { return ExitStatus.incompleteLook }
    if let expectation = request.expectation, !expectation.isMet(by: outcome.listed) { return ExitStatus.no }
    return ExitStatus.yes
  }

  /// Of more sockets that listen or are only bound nobody reads the names.
  private static let namedHolders = 64

  struct Outcome {
    /// The number of sockets that match, including those beyond the limit.
    var listed: Int
    var coverage: Coverage
    var details = SocketDetailsTable()
    /// The owner of a socket that is listed was not found, and not every process could be looked at.
    var lacksOwners = false

    mutating func take(_ details: SocketDetailsTable, of records: some Sequence<SocketRecord>) {
      self.details = details
      lacksOwners =
        details.failure != nil && records.contains { details[$0]?.visibility == OwnerVisibility.unknown }
    }
  }

  private func count(_ places: inout PortPlaces) throws -> Outcome {
    var listed = 0
    let coverage = try places.look {
      (investigation: inout Investigation, _: NamespaceWalk.Visit?) throws(InvestigationError) in
      let isComplete = try investigation.stream(filter) { _ in listed += 1 }
      return investigation.look(isComplete: isComplete)
    }
    return Outcome(listed: listed, coverage: coverage)
  }

  // MARK: Collected

  /// Looks at sockets in every state, so that those that are not listed can be counted.
  private func collect(_ places: inout PortPlaces) throws -> Outcome {
    var wide = filter
    wide.states = .states(.all)
    let (records, parts, coverage) = try places.records(wide, request.reuseOptions)
    var counts = StateCounts()
    // Counting and choosing are done together, so that each record is read from memory once.
    let chosen = request.sort.order(records) { record in
      counts.add(record)
      return filter.matchesState(record)
    }
    let listed = chosen.count <= limit ? chosen : Array(chosen.prefix(limit))
    let output = Output()
    var report = PortReport(
      filter: filter, records: records, listed: listed, listedCount: chosen.count, counts: counts,
      coverage: coverage, timerSlack: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))
    report.namespace = common.place.reference
    report.parts = parts
    if common.format == .table, !request.looksEverywhere, records.isEmpty, filter.side == .local,
      let port = filter.ports.single
    {
      report.otherNamespaces = OtherNamespaces.holding(port, filter.transport)
    }
    if request.looksForOwners {
      report.details = details(of: listed.map { records[Int($0)] }, places.investigation)
    }
    report.otherProtocols = otherProtocols(&places.investigation)
    if common.format == .table, filter.side == .local {
      report.holderDetails = places.investigation.details(
        of: Array(report.holders.prefix(Self.namedHolders)), .first, .none)
      report.room = Terminal.height
      report.isRoot = Caller.isCurrentlyRoot
    }

    if common.format == .json {
      var rest = report.document(
        .current("port", isOutside: places.investigation.tablesOf != nil), interfaceName: interfaces.name,
        drain: output.write)
      output.write(&rest)
    } else {
      var text = common.text(to: output)
      PortTable(report, interfaceName: interfaces.name).write(to: &text)
      text.finish()
    }
    try output.check()
    var outcome = Outcome(listed: chosen.count, coverage: coverage)
    outcome.take(report.details, of: listed.lazy.map { records[Int($0)] })
    return outcome
  }

  /// Not looked for where only the other end's port counts.
  private func otherProtocols(_ investigation: inout Investigation) -> OtherProtocols? {
    filter.side == .peer ? nil : investigation.otherProtocols(on: filter.ports, filter.family)
  }

  private func details(
    of records: [SocketRecord], _ investigation: borrowing Investigation
  ) -> SocketDetailsTable {
    investigation.details(of: records, .first, request.reuseOptions)
  }

  private func collectPlain(_ places: inout PortPlaces) throws -> Outcome {
    let (records, parts, coverage) = try places.records(filter)
    let chosen = request.sort.order(records) { _ in true }
    let listed = chosen.prefix(limit)
    let details =
      request.looksForOwners
      ? details(of: listed.map { records[Int($0)] }, places.investigation) : SocketDetailsTable()
    var output = RowOutput()
    writeHeader(to: &output)
    var row = SocketRow(interfaceName: interfaces.name)
    for index in listed {
      let record = records[Int(index)]
      if let part = parts?.part(ofRecord: Int(index)) {
        row.enter(part.namespace, interfaceName: part.interfaceName)
      }
      output.append { row.appendPlain(record, owner: details[record]?.owners?.first, to: &$0) }
    }
    try output.finish()
    var outcome = Outcome(listed: chosen.count, coverage: coverage)
    outcome.take(details, of: listed.lazy.map { records[Int($0)] })
    return outcome
  }

  func lines(_ places: inout PortPlaces) throws -> Outcome {
    request.looksForOwners ? try collectLines(&places) : try streamLines(&places)
  }

  /// Writes the same lines as `streamLines`, after the owners of all sockets have been looked for.
  private func collectLines(_ places: inout PortPlaces) throws -> Outcome {
    let (records, parts, coverage) = try places.records(filter, request.reuseOptions)
    let envelope = Envelope.current("port", isOutside: places.investigation.tablesOf != nil)
    let listed = records.prefix(limit)
    let details = details(of: Array(listed), places.investigation)
    var lines = PortLines(
      filter: filter, command: "port", looksForOwners: true, interfaceName: interfaces.name)
    var output = RowOutput()
    output.append {
      lines.appendSnapshot(
        envelope, origin: coverage.origin, blindSpots: coverage.blindSpots, details, to: &$0)
    }
    for (index, record) in listed.enumerated() {
      if let part = parts?.part(ofRecord: index) {
        lines.enter(part.namespace, interfaceName: part.interfaceName)
      }
      output.append {
        if let known = details[record] {
          lines.appendSocket(record, details: known, to: &$0)
        } else {
          lines.appendSocket(record, to: &$0)
        }
      }
    }
    let counts = StateCounts(records)
    let reason = coverage.isComplete ? nil : Reason.text(of: coverage.shortfall)
    let others = otherProtocols(&places.investigation)
    output.append {
      lines.appendEnd(
        envelope, counts: counts, listed: counts.total, otherProtocols: others, coverage: coverage,
        error: reason, to: &$0)
    }
    try output.finish()
    var outcome = Outcome(listed: counts.total, coverage: coverage)
    outcome.take(details, of: listed)
    return outcome
  }

  // MARK: Streamed

  private func writeHeader(to output: inout RowOutput) {
    if common.header { output.append { $0.append(SocketRow.plainColumns.joined(separator: "\t") + "\n") } }
  }

  private func streamPlain(_ places: inout PortPlaces) throws -> Outcome {
    var row = SocketRow(interfaceName: interfaces.name)
    var output = RowOutput()
    var listed = 0
    writeHeader(to: &output)
    var place: NamespaceWalk.Visit?
    let coverage: Coverage
    do {
      coverage = try places.look {
        (investigation: inout Investigation, visit: NamespaceWalk.Visit?) throws(InvestigationError) in
        let isComplete = try investigation.stream(filter) { record in
          if listed < limit {
            if let visit, visit !== place {
              place = visit
              row.enter(visit.identity, interfaceName: visit.interfaces.name)
            }
            output.append { row.appendPlain(record, to: &$0) }
          }
          listed += 1
        }
        return investigation.look(isComplete: isComplete)
      }
    } catch {
      try output.finish()
      throw error
    }
    try output.finish()
    return Outcome(listed: listed, coverage: coverage)
  }

  func streamLines(_ places: inout PortPlaces) throws -> Outcome {
    let envelope = Envelope.current("port", isOutside: places.investigation.tablesOf != nil)
    var lines = PortLines(filter: filter, command: "port", interfaceName: interfaces.name)
    var output = RowOutput()
    var counts = StateCounts()
    var coverage = places.investigation.look(isComplete: false)
    var hasBegun = false
    var place: NamespaceWalk.Visit?
    var failure: Failure?
    do {
      coverage = try places.look {
        (investigation: inout Investigation, visit: NamespaceWalk.Visit?) throws(InvestigationError) in
        let isComplete = try investigation.stream(filter) { origin in
          guard !hasBegun else { return }
          hasBegun = true
          let blindSpots = SocketSource.blindSpots(of: origin)
          output.append { lines.appendSnapshot(envelope, origin: origin, blindSpots: blindSpots, to: &$0) }
        } _: { record in
          if counts.total < limit {
            if let visit, visit !== place {
              place = visit
              lines.enter(visit.identity, interfaceName: visit.interfaces.name)
            }
            output.append { lines.appendSocket(record, to: &$0) }
          }
          counts.add(record)
        }
        return investigation.look(isComplete: isComplete)
      }
    } catch {
      failure = Failure(error)
    }
    let reason = failure?.message ?? (coverage.isComplete ? nil : Reason.text(of: coverage.shortfall))
    let others = failure == nil ? otherProtocols(&places.investigation) : nil
    output.append {
      lines.appendEnd(
        envelope, counts: counts, listed: counts.total, otherProtocols: others, coverage: coverage,
        error: reason, to: &$0)
    }
    try output.finish()
    if let failure { throw failure }
    return Outcome(listed: counts.total, coverage: coverage)
  }
}

import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// `port`: what the options mean, and the look itself.
struct PortInspection {
  let filter: SocketFilter
  let format: OutputFormat
  let sort: SortOrder
  let limit: Int
  private let expectation: Expectation?
  /// Nanoseconds between two looks; nil is one look only.
  private let interval: Int64?
  private let looksForOwners: Bool
  private let flags: FlagsChoice
  let common: CommonSettings
  let interfaces = Interfaces()

  init(_ command: PortCommand) throws(Failure) {
    common = try CommonSettings(command.common, readsTables: true)
    format = common.format
    expectation = try Choice.value(of: "--expect", command.expect, Expectation.self)
    limit = try command.limit.map(Self.count) ?? .max
    sort =
      try Choice.value(of: "--sort", command.sort, SortOrder.self)
      ?? (format == .table || format == .json ? .time : .none)
    if format == .jsonl, sort != .none {
      throw .usage(
        """
        --sort \(sort.rawValue) with jsonl: it streams in the kernel's order; use --output json, or \
        --sort none
        """
      )
    }
    flags = try FlagsChoice.value(of: command.flags)
    looksForOwners = command.owners || flags == .live
    if looksForOwners {
      let option = command.owners ? "--owners" : "--flags live"
      if format == .plain {
        throw .usage("\(option) with plain: it has no column for them; use --output table, json or jsonl")
      }
      if command.watch, format == .table {
        throw .usage("--watch with \(option): the screen has no column for them; use --output jsonl")
      }
    }
    if command.all, !command.state.isEmpty {
      throw .usage("--all and --state: they contradict each other; give one of them")
    }
    filter = SocketFilter(
      ports: try PortArgument.set(command.ports),
      side: try Choice.value(of: "--side", command.side, SocketFilter.Side.self) ?? .local,
      states: command.all ? .states(.all) : try Self.states(command.state), family: common.family)
    interval = try WatchOptions.interval(command.watch, command.interval, common)
    if interval != nil, expectation != nil {
      throw .usage("--watch with --expect: it ends only when it is ended; leave one of them out")
    }
  }

  private static func count(_ typed: String) throws(Failure) -> Int {
    guard let count = Int(typed), count >= 0 else {
      throw .usage("--limit '\(ByteSafety.escaped(typed))': not a count; write 0 or more")
    }
    return count
  }

  private static func states(_ names: [String]) throws(Failure) -> SocketFilter.States {
    guard !names.isEmpty else { return .minisockets }
    var states: StateSet = []
    for name in names.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      guard let named = StateSet(name: String(name)) else {
        let known = (TCPState.known.map(\.name) + StateSet.groupNames).joined(separator: " ")
        throw .usage("--state '\(ByteSafety.escaped(String(name)))': no such state; known are \(known)")
      }
      states.formUnion(named)
    }
    return .states(states)
  }

  func run() throws(Failure) -> Int32 {
    var source = try Sockets.open(common)
    if let interval { return try watch(&source, every: interval) }
    let start = Clock.monotonicNanoseconds
    let outcome: Outcome
    if common.quiet {
      outcome = try count(&source)
    } else {
      switch format {
      case .jsonl: outcome = try lines(&source)
      case .plain: outcome = sort == .none ? try streamPlain(&source) : try collectPlain(&source)
      case .table, .json: outcome = try collect(&source)
      }
    }
    Sockets.report(source, common, since: start, filter: filter)
    guard outcome.isComplete else {
      StandardOutput.complain("tw-inspect: the look is incomplete: the kernel dropped messages of its answer")
      return ExitStatus.incompleteLook
    }
    if let expectation, !expectation.isMet(by: outcome.listed) { return ExitStatus.no }
    return ExitStatus.yes
  }

  struct Outcome {
    var listed: Int
    var isComplete: Bool
  }

  private func count(_ source: inout SocketSource) throws(Failure) -> Outcome {
    var listed = 0
    do throws(SourceError) {
      let isComplete = try source.stream(filter, begin: { _ in }) { _ in listed += 1 }
      return Outcome(listed: listed, isComplete: isComplete)
    } catch {
      throw .source(error)
    }
  }

  // MARK: Collected

  /// Every state on the ports is looked at, so that what is not listed can be counted.
  private func collect(_ source: inout SocketSource) throws(Failure) -> Outcome {
    var wide = filter
    wide.states = .states(.all)
    let snapshot = try Sockets.snapshot(&source, wide)
    var counts = StateCounts()
    // Each record is read once for both.
    let chosen = sort.order(snapshot.records) { record in
      counts.add(record)
      return filter.matchesState(record)
    }
    let listed = chosen.count <= limit ? chosen : Array(chosen.prefix(limit))
    let output = Output()
    var report = PortReport(
      filter: filter, records: snapshot.records, listed: listed, listedCount: chosen.count, counts: counts,
      look: snapshot.look, timerSlack: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))
    report.namespace = common.namespace?.reference
    if format == .table, snapshot.records.isEmpty, filter.side == .local {
      report.otherNamespaces = OtherNamespace.all()
    }
    if looksForOwners {
      report.details = details(of: listed.map { snapshot.records[Int($0)] })
    }

    if format == .json {
      var rest = report.document(
        .current("port", common), interfaceName: interfaces.name, drain: output.write)
      output.write(&rest)
    } else {
      var text = common.text(to: output)
      PortTable(report, interfaceName: interfaces.name).write(to: &text)
      text.finish()
    }
    try output.check()
    return Outcome(listed: chosen.count, isComplete: snapshot.look.isComplete)
  }

  private func details(of records: [SocketRecord]) -> SocketDetailsTable {
    var details = OwnerSearch.details(of: records, .first)
    if flags == .live { LiveFlags.read(records, into: &details) }
    return details
  }

  private func collectPlain(_ source: inout SocketSource) throws(Failure) -> Outcome {
    let snapshot = try Sockets.snapshot(&source, filter)
    let chosen = sort.order(snapshot.records) { _ in true }
    var output = RowOutput()
    writeHeader(to: &output)
    var row = SocketRow(interfaceName: interfaces.name)
    for index in chosen.prefix(limit) {
      output.append { row.appendPlain(snapshot.records[Int(index)], to: &$0) }
    }
    try output.finish()
    return Outcome(listed: chosen.count, isComplete: snapshot.look.isComplete)
  }

  func lines(_ source: inout SocketSource) throws(Failure) -> Outcome {
    looksForOwners ? try collectLines(&source) : try streamLines(&source)
  }

  /// The stream of `streamLines`, whose rows have to wait for their owners.
  private func collectLines(_ source: inout SocketSource) throws(Failure) -> Outcome {
    let snapshot = try Sockets.snapshot(&source, filter)
    let envelope = Envelope.current("port", common)
    let listed = snapshot.records.prefix(limit)
    let details = details(of: Array(listed))
    var lines = PortLines(
      filter: filter, command: "port", looksForOwners: true, interfaceName: interfaces.name)
    var output = RowOutput()
    let look = snapshot.look
    output.append {
      lines.appendSnapshot(envelope, origin: look.origin, blindSpots: look.blindSpots, to: &$0)
    }
    for record in listed {
      output.append {
        if let known = details[record] {
          lines.appendSocket(record, details: known, to: &$0)
        } else {
          lines.appendSocket(record, to: &$0)
        }
      }
    }
    let counts = StateCounts(snapshot.records)
    let reason = look.isComplete ? nil : "the kernel dropped messages of its answer"
    output.append {
      lines.appendEnd(
        envelope, counts: counts, listed: counts.total, isComplete: look.isComplete, error: reason, to: &$0)
    }
    try output.finish()
    return Outcome(listed: counts.total, isComplete: look.isComplete)
  }

  // MARK: Streamed

  private func writeHeader(to output: inout RowOutput) {
    if common.header { output.append { $0.append(SocketRow.plainColumns.joined(separator: "\t") + "\n") } }
  }

  private func streamPlain(_ source: inout SocketSource) throws(Failure) -> Outcome {
    var row = SocketRow(interfaceName: interfaces.name)
    var output = RowOutput()
    var listed = 0
    writeHeader(to: &output)
    let isComplete: Bool
    do throws(SourceError) {
      isComplete = try source.stream(filter, begin: { _ in }) { record in
        if listed < limit { output.append { row.appendPlain(record, to: &$0) } }
        listed += 1
      }
    } catch {
      try output.finish()
      throw .source(error)
    }
    try output.finish()
    return Outcome(listed: listed, isComplete: isComplete)
  }

  func streamLines(_ source: inout SocketSource) throws(Failure) -> Outcome {
    let envelope = Envelope.current("port", common)
    var lines = PortLines(filter: filter, command: "port", interfaceName: interfaces.name)
    var output = RowOutput()
    var counts = StateCounts()
    var isComplete = false
    var failure: Failure?
    do throws(SourceError) {
      isComplete = try source.stream(filter) { origin in
        let blindSpots = SocketSource.blindSpots(of: origin)
        output.append { lines.appendSnapshot(envelope, origin: origin, blindSpots: blindSpots, to: &$0) }
      } _: { record in
        if counts.total < limit { output.append { lines.appendSocket(record, to: &$0) } }
        counts.add(record)
      }
    } catch {
      failure = .source(error)
    }
    let reason = failure?.message ?? (isComplete ? nil : "the kernel dropped messages of its answer")
    output.append {
      lines.appendEnd(
        envelope, counts: counts, listed: counts.total, isComplete: isComplete, error: reason, to: &$0)
    }
    try output.finish()
    if let failure { throw failure }
    return Outcome(listed: counts.total, isComplete: isComplete)
  }
}

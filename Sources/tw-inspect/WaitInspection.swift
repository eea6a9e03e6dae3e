import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// `wait`: what the options mean, and the loop that carries out what `WaitPlan` says.
struct WaitInspection {
  private let target: BindTarget
  private let mayTakeConnections: Bool
  /// Nanoseconds; nil is none.
  private let timeout: Int64?
  private let failsFast: Bool
  private let common: CommonSettings
  /// Of the network namespace that the options name.
  private let settings: HostSettings
  private let filter: SocketFilter

  private static let defaultTimeout: Int64 = 180_000

  init(_ command: WaitCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    settings = .current()
    mayTakeConnections = command.server.yes
    failsFast = command.failFast
    target = try BindTarget(port: command.port, command.server, command.common)
    filter = SocketFilter(ports: PortSet(target.port), states: .states(.all))
    let milliseconds: Int64? =
      switch command.timeout {
      case nil: Self.defaultTimeout
      case "none": nil
      case let typed?: try DurationArgument.milliseconds("--timeout", typed)
      }
    timeout = milliseconds.map { $0 * 1_000_000 }
  }

  private enum End {
    case free
    case timedOut
    /// Time alone will not help.
    case endless
  }

  func run() throws(Failure) -> Int32 {
    let start = Clock.monotonicNanoseconds
    var source = try Sockets.open(common)
    var prober = CommandProber()
    var session = try trial(comparing: .none, &prober, &source)
    Sockets.report(source, common, since: start, filter: filter)
    let text = WaitText(
      port: target.port, timeout: timeout.map { $0 / 1_000_000 }, timerSlack: settings.timerSlack,
      hasUTF8: Screen.hasUTF8)
    var progress = WaitProgress(text, start: start, isQuiet: common.quiet)

    var end = End.free
    if session.isRefused {
      end = try wait(since: start, &session, &prober, &source, &progress)
      if end != .free {
        session = try trial(comparing: .withAndWithoutReuse, &prober, &source)
        if !session.isRefused { end = .free }
      }
    }
    let waited = (Clock.monotonicNanoseconds - start) / 1_000_000
    switch end {
    case .free: progress.finish(progress.hasBegun ? text.free(waited: waited) : text.freeAtOnce)
    case .timedOut: progress.finish(text.timedOut(waited: waited))
    case .endless: progress.finish(text.endless)
    }
    if common.verbose {
      StandardOutput.complain(
        """
        tw-inspect: \(progress.looks) looks while waiting, \(prober.count) sockets made, tried and closed, \
        \(Clock.processorNanoseconds / 1000) us of processor time
        """
      )
    }
    let diagnosis = try HolderSearch.diagnosis(session, settings, &source, common)
    if !common.quiet {
      try write(
        diagnosis, TrybindReport.Wait(milliseconds: waited, isTimedOut: end == .timedOut))
    }
    if end == .free { return ExitStatus.yes }
    return diagnosis.look.isComplete ? ExitStatus.no : ExitStatus.incompleteLook
  }

  // MARK: Waiting

  private func wait(
    since start: Int64, _ session: inout TrialSession, _ prober: inout CommandProber,
    _ source: inout SocketSource, _ progress: inout WaitProgress
  ) throws(Failure) -> End {
    let sleeper = try Self.sleeper(ofTerminal: progress.isTerminal)
    let deadline = timeout.map { start + $0 } ?? .max
    var now = Clock.monotonicNanoseconds
    var plan = WaitPlan(session, settings: settings, at: now)
    while true {
      if plan.isHopeless || failsFast && !plan.endsByItself { return .endless }
      progress.show(plan, session, at: now)
      plan.delay = nil
      if now >= deadline { return .timedOut }

      let before = Clock.processorNanoseconds
      func cost() -> Int64 { Clock.processorNanoseconds - before }
      switch plan.next(at: now) {
      case .lookAtAll:
        progress.looks += 1
        let (records, isComplete) = try look(.all, &source)
        now = Clock.monotonicNanoseconds
        if isComplete {
          plan.looked(records, cost: cost(), at: now)
        } else {
          plan.missed(cost: cost(), at: now)
        }
      case .look(let states):
        progress.looks += 1
        let (records, isComplete) = try look(states, &source)
        now = Clock.monotonicNanoseconds
        if isComplete {
          plan.looked(states, records, cost: cost(), at: now)
        } else {
          plan.missed(cost: cost(), at: now)
        }
      case .attempt:
        try BindInspection.refuseToTakeConnections(target, &source, unless: mayTakeConnections)
        if try session.tryAgain(&prober), try isConfirmed(&session, &prober, &source) { return .free }
        now = Clock.monotonicNanoseconds
        plan.refused(session, cost: cost(), at: now)
      case .sleep(let until):
        let wake = min(until, deadline, progress.nextFrame(after: now))
        try sleep(sleeper, until: wake, &progress)
        now = Clock.monotonicNanoseconds
      }
    }
  }

  private static func sleeper(ofTerminal: Bool) throws(Failure) -> Sleeper {
    do throws(SystemError) {
      return try Sleeper(ofTerminal: ofTerminal)
    } catch {
      throw .system(error)
    }
  }

  private func sleep(
    _ sleeper: borrowing Sleeper, until time: Int64, _ progress: inout WaitProgress
  ) throws(Failure) {
    do throws(SystemError) {
      switch try sleeper.sleep(until: time) {
      case .time, .resized: break
      case .stop:
        progress.clear()
        Sleeper.stop()
      case .end(let signal):
        progress.clear()
        Exit.bySignal(signal)
      }
    } catch {
      throw .system(error)
    }
  }

  /// For a report, what was seen before the last trial succeeded is out of date. If something is in the way again, it
  /// came since, and another trial tells whether it is.
  private func isConfirmed(
    _ session: inout TrialSession, _ prober: inout CommandProber, _ source: inout SocketSource
  ) throws(Failure) -> Bool {
    guard !common.quiet, common.format != .table else { return true }
    session.replaceLook(with: try Sockets.snapshot(&source, filter))
    let isDoubtful = session.trials.contains { $0.isYours && $0.prediction == .fails }
    return isDoubtful ? try session.tryAgain(&prober) : true
  }

  // MARK: Looking

  private func trial(
    comparing comparison: TrialSession.Comparison, _ prober: inout CommandProber, _ source: inout SocketSource
  ) throws(Failure) -> TrialSession {
    try BindInspection.refuseToTakeConnections(target, &source, unless: mayTakeConnections)
    return try TrialSession.run(target, comparing: comparison, prober: &prober) { () throws(Failure) in
      try Sockets.snapshot(&source, filter)
    }
  }

  private func look(
    _ states: StateSet, _ source: inout SocketSource
  ) throws(Failure) -> (records: [SocketRecord], isComplete: Bool) {
    var filter = filter
    filter.states = .states(states)
    var records: [SocketRecord] = []
    do throws(SourceError) {
      let isComplete = try source.stream(filter, begin: { _ in }) { records.append($0) }
      return (records, isComplete)
    } catch {
      throw .source(error)
    }
  }

  // MARK: The answer

  private func write(_ diagnosis: BindDiagnosis, _ wait: TrybindReport.Wait) throws(Failure) {
    let report = TrybindReport(diagnosis, wait: wait)
    let interfaces = Interfaces()
    let output = Output()
    switch common.format {
    case .json, .jsonl:
      var document = report.document(
        .current("wait"), isOneLine: common.format == .jsonl, interfaceName: interfaces.name)
      output.write(&document)
    case .plain:
      var plain = report.plain(withHeader: common.header)
      output.write(&plain)
    case .table:
      // That the port is free has been said.
      guard diagnosis.bindable != true else { return }
      var text = common.text(to: output)
      TrybindText(diagnosis).write(to: &text)
      text.finish()
    }
    try output.check()
  }
}

extension TrialSession {
  var isRefused: Bool { trials.contains { $0.isYours && $0.outcome != .ok } }
}

import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Answers `wait`: carries out the steps that `WaitPlan` decides on.
struct WaitRun {
  private let request: WaitRequest
  private var common: CommonRequest { request.common }

  /// In nanoseconds, from when the time is up.
  private static let ownersPatience: Int64 = 60_000_000

  init(_ request: WaitRequest) { self.request = request }

  private enum End {
    case free
    case timedOut
    /// Time alone will not help.
    case endless
  }

  /// What the loop uses and changes.
  private struct Loop: ~Copyable {
    var question: BindQuestion
    var investigation: Investigation
    var prober: QuestionProber
    var session: TrialSession
    var progress: WaitProgress
    let start: Int64
  }

  func run() throws -> Int32 {
    let start = Clock.monotonicNanoseconds
    let port = try request.server.portNumber()
    var investigation = try common.investigation()
    let (target, user) = try request.server.target(port, &investigation)
    var question = BindQuestion(
      target, comparison: .none, user: user,
      mayTakeConnections: request.server.mayTakeConnections, wantsExplanation: !common.quiet,
      looksAtOtherProtocols: !common.quiet && common.format != .plain)
    let text = WaitText(
      port: port, timeout: request.timeout.map { $0 / 1_000_000 },
      timerSlack: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ),
      hasUTF8: Screen.hasUTF8)
    if !common.quiet, let origin = Wording(target, details: SocketDetailsTable()).origin {
      StandardOutput.complain("tw-inspect: \(origin)")
    }
    var prober = QuestionProber(as: user)
    let session = try investigation.trials(for: question, &prober)
    common.complainAboutSource(investigation)
    var loop = Loop(
      question: question, investigation: investigation, prober: prober, session: session,
      progress: WaitProgress(text, start: start, isQuiet: common.quiet), start: start)

    var end = End.free
    if question.target.addressKeptFromListening != nil {
      end = .endless
    } else if loop.session.isRefused {
      end = try wait(&loop)
      if end != .free {
        question.comparison = .withAndWithoutReuse
        loop.session = try loop.investigation.trials(for: question, &loop.prober)
        if !loop.session.isRefused { end = .free }
        // The answer is not to come much later than it was asked for.
        if end == .timedOut { question.ownersDeadline = Clock.monotonicNanoseconds + Self.ownersPatience }
      }
    }
    let waited = (Clock.monotonicNanoseconds - start) / 1_000_000
    say(end, after: waited, loop.progress, text)
    if common.verbose {
      StandardOutput.complain(
        """
        tw-inspect: \(loop.progress.looks) looks while waiting, \(loop.prober.count) sockets made, tried and closed, \
        \(Clock.processorNanoseconds / 1000) us of processor time
        """)
    }
    let evidence = try loop.investigation.evidence(for: question, loop.session)
    let diagnosis = BindDiagnosis(evidence)
    common.complainAboutOwners(evidence.details)
    try write(diagnosis, TrybindReport.Wait(milliseconds: waited, isTimedOut: end == .timedOut))
    return diagnosis.exitStatus()
  }

  private func say(_ end: End, after waited: Int64, _ progress: WaitProgress, _ text: WaitText) {
    switch end {
    case .free: progress.finish(progress.hasBegun ? text.free(waited: waited) : text.freeAtOnce)
    case .timedOut: progress.finish(text.timedOut(waited: waited))
    case .endless: progress.finish(text.endless)
    }
  }

  // MARK: Waiting

  private func wait(_ loop: inout Loop) throws -> End {
    let signals = try SignalWaiter(for: loop.progress.isTerminal ? .terminal : .none)
    let deadline = request.timeout.map { loop.start + $0 } ?? .max
    var now = Clock.monotonicNanoseconds
    var plan = WaitPlan(loop.session, settings: .current(), at: now)
    loop.session.forgetRecords()
    while true {
      if plan.isHopeless || request.failsFast && !plan.endsByItself { return .endless }
      loop.progress.show(plan, loop.session, at: now)
      plan.delay = nil
      if now >= deadline { return .timedOut }

      let before = Clock.processorNanoseconds
      func cost() -> Int64 { Clock.processorNanoseconds - before }
      switch plan.next(at: now) {
      case .lookAtAll:
        let (records, isComplete) = try look(.all, &loop)
        now = Clock.monotonicNanoseconds
        if isComplete {
          plan.looked(records, cost: cost(), at: now)
        } else {
          plan.missed(cost: cost(), at: now)
        }
      case .look(let states):
        let (records, isComplete) = try look(states, &loop)
        now = Clock.monotonicNanoseconds
        if isComplete {
          plan.looked(states, records, cost: cost(), at: now)
        } else {
          plan.missed(cost: cost(), at: now)
        }
      case .attempt:
        if try tryAgain(&loop) { return .free }
        now = Clock.monotonicNanoseconds
        plan.refused(loop.session, cost: cost(), at: now)
      case .sleep(let until):
        let wake = min(until, deadline, loop.progress.nextFrame(after: now))
        try sleep(signals, until: wake, loop.progress)
        now = Clock.monotonicNanoseconds
      }
    }
  }

  private func look(
    _ states: StateSet, _ loop: inout Loop
  ) throws(InvestigationError) -> (records: [SocketRecord], isComplete: Bool) {
    loop.progress.looks += 1
    var records: [SocketRecord] = []
    let target = loop.question.target
    let filter = SocketFilter(
      transport: target.transport, ports: PortSet(target.port), states: .states(states))
    let isComplete = try loop.investigation.stream(filter, isNoted: false) { records.append($0) }
    return (records, isComplete)
  }

  private func sleep(
    _ signals: borrowing SignalWaiter, until time: Int64, _ progress: WaitProgress
  ) throws {
    switch try signals.wait(until: time) {
    case .time, .resized, .quit: break
    case .stop:
      progress.clear()
      SignalWaiter.stop()
    case .end(let signal):
      progress.clear()
      Exit.bySignal(signal)
    }
  }

  /// Makes a trial. If it succeeds, the last look is out of date. For JSON and plain output, which contain the sockets, this
  /// looks again; if something is in the way then, it has come since the trial, and one more trial decides.
  ///
  /// - Returns: true if the server could bind.
  private func tryAgain(_ loop: inout Loop) throws(InvestigationError) -> Bool {
    func attempt() throws(InvestigationError) -> Bool {
      try loop.investigation.tryAgain(&loop.session, for: loop.question, &loop.prober)
    }
    guard try attempt() else { return false }
    guard !common.quiet, common.format != .table else { return true }
    loop.session.take(
      try loop.investigation.snapshot(
        onPort: loop.question.target.port, loop.question.target.transport))
    let isDoubtful = loop.session.trials.contains { $0.usesServerOptions && $0.prediction == .fails }
    return isDoubtful ? try attempt() : true
  }

  // MARK: The answer

  private func write(_ diagnosis: BindDiagnosis, _ wait: TrybindReport.Wait) throws(Failure) {
    let report = TrybindReport(diagnosis, wait: wait)
    let interfaces = Interfaces()
    try common.write(.current("wait")) { text in
      // On success the last line of the progress has said so already.
      if diagnosis.verdict != .yes { TrybindText(diagnosis).write(to: &text) }
    } document: { envelope, isOneLine, drain in
      report.document(envelope, isOneLine: isOneLine, interfaceName: interfaces.name, drain: drain)
    } plain: { withHeader in
      report.plain(withHeader: withHeader)
    }
  }
}

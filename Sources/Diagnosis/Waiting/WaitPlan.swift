internal import NetlinkCodec
package import SocketTable

/// Decides when `wait` looks at the port again, at which sockets, and when it tries again. The caller reports what it saw
/// and tried, and asks for the next step; the plan itself neither looks nor sleeps. Times and costs are nanoseconds, times
/// on a monotonic clock.
package struct WaitPlan: Sendable {
  package enum Step: Hashable, Sendable {
    /// Look at every socket on the port.
    case lookAtAll
    /// Look only at sockets in these states.
    case look(StateSet)
    /// Make a trial.
    case attempt
    case sleep(until: Int64)
  }

  /// Why the port will be free later than expected.
  package enum Delay: Hashable, Sendable {
    /// A segment from the peer restarted a TIME_WAIT's timer.
    case rearmed
    /// The peer of a FIN_WAIT2 has closed, which made it a TIME_WAIT.
    case peerClosed
    /// Another connection has left a timer on this port.
    case another
  }

  private let settings: HostSettings
  /// The server's sockets that were refused with EADDRINUSE; empty for port 0.
  private var sockets: [NewSocket] = []
  private var view = SocketView()
  private var portHolders = PortHolders()
  /// The time of the last look at everything.
  private var lookedAt: Int64
  /// The holders at the last trial. A change of the holders is a reason to try again.
  private var triedFingerprint = Fingerprint()
  /// The holders in `states` at the last look.
  private var watchedFingerprint = Fingerprint()
  /// The states that are looked at; nil for everything.
  private var states: StateSet?
  /// The times at which the timers of the holders can fire, so that trials are worth making.
  private var windows: [ClosedRange<Int64>] = []
  private var nextLook: Int64 = 0
  private var nextTrial: Int64 = 0
  private var mustLook = false
  private var mustTry = false
  /// The cost of the looks since the last pause, in processor time.
  private var spent: Int64 = 0
  /// The looks at `states` since the holders last changed.
  private var polls: Int64 = 0

  /// The time at which the last timer in the way reaches 0; nil unless only timers are in the way.
  package private(set) var expectedEnd: Int64?
  /// Set when a look shows that the end will be later than expected. The caller reads it and sets it back to nil.
  package var delay: Delay?
  /// Whether the holders will end by themselves, as far as can be seen. Also true while that is being found out.
  package var endsByItself: Bool { mustLook || mustTry || isEnding }
  private var isEnding = false
  /// Whether the server's own sockets exclude each other, so that waiting can never help.
  package private(set) var isHopeless = false
  /// The holders at the last look at everything.
  package var holders: [SocketRecord] { portHolders.all }

  /// - Parameter session: a session in which a trial of the server was refused.
  package init(_ session: TrialSession, settings: HostSettings, at now: Int64) {
    self.settings = settings
    lookedAt = now
    take(session)
    learn(session.snapshot.records, at: now)
    triedFingerprint = portHolders.fingerprint
    nextTrial = now + Self.milliseconds(100)
    schedule(at: now)
  }

  // MARK: What next

  package mutating func next(at now: Int64) -> Step {
    if mustLook { return .lookAtAll }
    if mustTry { return .attempt }
    if now >= nextLook {
      spent = 0
      return states.map(Step.look) ?? .lookAtAll
    }
    let trial = firstTrial(from: max(nextTrial, now))
    return trial <= now ? .attempt : .sleep(until: min(nextLook, trial))
  }

  private func firstTrial(from time: Int64) -> Int64 {
    guard let window = windows.first(where: { $0.upperBound >= time }) else { return .max }
    return max(time, window.lowerBound)
  }

  // MARK: What came of it

  /// Reports a look at every socket on the port.
  ///
  /// - Parameter cost: the processor time that it took.
  package mutating func looked(_ records: [SocketRecord], cost: Int64, at now: Int64) {
    spent += cost
    mustLook = false
    let before = (holders: portHolders, end: expectedEnd)
    learn(records, at: now)
    if portHolders.fingerprint != before.holders.fingerprint { polls = 0 }
    if let end = expectedEnd, let old = before.end, end > max(old, now) + Self.milliseconds(1000) {
      delay = reason(of: end, before.holders)
    }
    mustTry = portHolders.certain.isEmpty && portHolders.fingerprint != triedFingerprint
    schedule(at: now)
  }

  /// Reports a look at the sockets in these states.
  package mutating func looked(_ states: StateSet, _ records: [SocketRecord], cost: Int64, at now: Int64) {
    spent += cost
    polls += 1
    let seen = PortHolders(records, against: sockets, view)
    let isHeld = !portHolders.certain.isEmpty && !seen.certain.isEmpty
    if seen.fingerprint != watchedFingerprint {
      if isHeld { watchedFingerprint = seen.fingerprint } else { mustLook = true }
    }
    schedule(at: now)
  }

  /// Reports a look that was incomplete, so that nothing can be concluded from it.
  package mutating func missed(cost: Int64, at now: Int64) {
    spent += cost
    mustLook = false
    schedule(at: now)
  }

  /// Reports a trial that was refused.
  package mutating func refused(_ session: TrialSession, cost: Int64, at now: Int64) {
    let before = sockets
    take(session)
    // The refusal has a cause that the last look did not see.
    mustLook = sockets != before || mustTry && portHolders.isEmpty
    mustTry = false
    triedFingerprint = portHolders.fingerprint
    let pause: Int64 = portHolders.isEmpty ? 200 : 100
    nextTrial = now + max(Self.milliseconds(pause), Self.pause(after: cost))
  }

  // MARK: Learning

  private mutating func take(_ session: TrialSession) {
    let analysis = BindAnalysis(BindEvidence(session, settings: settings))
    let inUse = analysis.refused.filter(\.outcome.isAddressInUse)
    sockets = inUse.map { session.target.newSocket(at: $0.socket.address) }
    view = session.view
    isHopeless = inUse.contains(where: analysis.overlapsOwnSockets)
    otherRefusalsEnd = analysis.refused.allSatisfy { trial in
      trial.outcome.isAddressInUse
        || trial.outcome.error == .addressNotAvailable
          && settings.tentativeAddresses.contains(trial.socket.address.address)
    }
    // With port 0 the kernel chooses, so no socket is a holder.
    if session.target.port == 0 { sockets = [] }
  }

  private var otherRefusalsEnd = false

  private mutating func learn(_ records: [SocketRecord], at now: Int64) {
    portHolders = PortHolders(records, against: sockets, view)
    lookedAt = now
    states = portHolders.watchedStates
    if let states { watchedFingerprint = portHolders.watched(states) }
    setWindows(now)
    let all = portHolders.all
    let isTimed = !all.isEmpty && all.allSatisfy(\.isMinisocket)
    expectedEnd = isTimed ? all.map(end).max() : nil
    isEnding =
      otherRefusalsEnd && (sockets.isEmpty || !all.isEmpty)
      && all.allSatisfy { $0.isMinisocket || $0.isOrphan }
  }

  private func end(_ record: SocketRecord) -> Int64 {
    lookedAt + Self.milliseconds(Int64(record.timer?.expires ?? 0))
  }

  /// Sets the windows, from the time when a timer reaches 0 until it has surely fired: within one step of the timer wheel.
  /// No trial can succeed before the last timer that is certainly in the way has fired. Each later timer that is only
  /// possibly in the way could be the one that decides, so each of these gets a window as well.
  private mutating func setWindows(_ now: Int64) {
    windows = []
    let certain = portHolders.certain
    guard certain.allSatisfy(\.isMinisocket) else { return }
    let floor = certain.map(end).max()
    let timers = portHolders.possible.filter(\.isMinisocket).map(end).filter { $0 > floor ?? 0 }
    let slack = Self.milliseconds(Int64(settings.timerSlack) + 250)
    for start in ((floor.map { [$0] } ?? []) + timers).sorted() {
      if let last = windows.last, start <= last.upperBound {
        windows[windows.count - 1] = last.lowerBound...(start + slack)
      } else {
        windows.append(start...(start + slack))
      }
    }
    let isNothingElse = portHolders.possible.allSatisfy(\.isMinisocket)
    if isNothingElse { windows.append((windows.popLast()?.lowerBound ?? now)...Int64.max) }
  }

  private func reason(of end: Int64, _ before: PortHolders) -> Delay {
    guard let latest = portHolders.all.max(by: { self.end($0) < self.end($1) }),
      let same = before.all.first(where: { $0.local == latest.local && $0.peer == latest.peer })
    else { return .another }
    return same.state == .finWait2 && latest.state == .timeWait ? .peerClosed : .rearmed
  }

  // MARK: Pace

  /// The pause after work that took so much processor time. Looking may use less than one per cent of a core, and expensive
  /// looks less than half of that, because the first ones are made in any case.
  private static func pause(after cost: Int64) -> Int64 { cost * (cost > milliseconds(2) ? 250 : 125) }

  private static func milliseconds(_ count: Int64) -> Int64 { count * 1_000_000 }

  /// Where only timers are in the way, one look a second is enough to see whether a timer was ended early or restarted.
  /// Otherwise the next look is after 100 ms at first, and after up to 250 ms later.
  private mutating func schedule(at now: Int64) {
    let pause = states == nil ? 1000 : min(250, 100 + 10 * polls)
    nextLook = now + max(Self.milliseconds(pause), Self.pause(after: spent))
  }
}

internal import NetlinkCodec
package import SocketTable

/// When `wait` looks again, at what, and when it tries again. Told what was seen and tried at which time, it says what to
/// do next; it neither looks nor sleeps itself. Times are nanoseconds on a clock that only goes forward.
package struct WaitPlan: Sendable {
  package enum Step: Hashable, Sendable {
    case lookAtAll
    /// Only at sockets in these states.
    case look(StateSet)
    case attempt
    case sleep(until: Int64)
  }

  /// Why the port will be free later than was thought.
  package enum Delay: Hashable, Sendable {
    /// A segment of the peer's started a TIME_WAIT again.
    case rearmed
    /// The peer of a FIN_WAIT2 has closed, and a TIME_WAIT began.
    case peerClosed
    /// Another connection ended on this port.
    case another
  }

  private let settings: HostSettings
  private var sockets: [NewSocket] = []
  private var view = SocketView()
  private var portHolders = PortHolders()
  private var lookedAt: Int64
  private var triedFingerprint = Fingerprint()
  private var watchedFingerprint = Fingerprint()
  private var states: StateSet?
  /// When the timers of the records in the way can fire, and trials are worth making.
  private var windows: [ClosedRange<Int64>] = []
  private var nextLook: Int64 = 0
  private var nextTrial: Int64 = 0
  private var mustLook = false
  private var mustTry = false
  /// What the looks since the last pause cost.
  private var spent: Int64 = 0
  private var polls: Int64 = 0

  /// When the last timer in the way reaches 0; nil unless timers alone are in the way.
  package private(set) var expectedEnd: Int64?
  /// Set when the last look has put the end off. The caller reads it and sets it to nil.
  package var delay: Delay?
  /// What is in the way will go by itself, as far as can be seen; also while that is being found out.
  package var endsByItself: Bool { mustLook || mustTry || isEnding }
  private var isEnding = false
  /// The server's own sockets exclude each other: nothing that happens will change that.
  package private(set) var isHopeless = false
  /// What stands in the way, as of the last look at everything.
  package var holders: [SocketRecord] { portHolders.all }

  /// - Parameter session: whose last trials were refused.
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

  /// Everything on the port was looked at.
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

  /// Only sockets in these states were looked at.
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

  /// The look was not seen whole: nothing follows from it.
  package mutating func missed(cost: Int64, at now: Int64) {
    spent += cost
    mustLook = false
    schedule(at: now)
  }

  /// A trial was made and refused.
  package mutating func refused(_ session: TrialSession, cost: Int64, at now: Int64) {
    let before = sockets
    take(session)
    // Something has come that the last look did not see.
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
    // An automatic port has no holder.
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

  /// A timer that has reached 0 fires within one step of the timer wheel. No trial can succeed before the last timer that
  /// is certainly in the way has fired. Each timer that is only possibly in the way could be the one that decides, so
  /// each gets a window.
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

  /// How long to pause after what took so much processor time: looking is to take less than one per cent of a core, and
  /// dear looks less than half of that, as the first ones have been made in any case.
  private static func pause(after cost: Int64) -> Int64 { cost * (cost > milliseconds(2) ? 250 : 125) }

  private static func milliseconds(_ count: Int64) -> Int64 { count * 1_000_000 }

  /// What a process holds is asked for every 100 ms at first, later every 250; what timers hold once a second, in case
  /// somebody ends it early or starts it again.
  private mutating func schedule(at now: Int64) {
    let pause = states == nil ? 1000 : min(250, 100 + 10 * polls)
    nextLook = now + max(Self.milliseconds(pause), Self.pause(after: spent))
  }
}

internal import NetlinkCodec
internal import SocketTable

/// The facts that follow from the trials and the look, such as "refused even with SO_REUSEADDR" or the time left. It
/// chooses nothing: `BindFindings` turns these facts into findings, and `BindDiagnosis` is the complete result.
struct BindAnalysis {
  let evidence: BindEvidence
  /// The trials with the server's own options.
  let yours: [Trial]
  /// Those of `yours` that were refused, or that the table says would be.
  let refused: [Trial]
  /// Those of `yours` that the table cannot answer. Always empty where sockets were really bound.
  let undetermined: [Trial]
  /// Trials without reuse options that were made for comparison only, and found the port taken.
  let refusedPlain: [Trial]
  /// Those of `yours` that a socket which the server binds earlier prevents, by the rules.
  private let keptOutByOwn: Set<Trial>
  /// The addresses of the trials with SO_REUSEADDR alone whose outcome is known.
  private let triedWithReuse: Set<BindAddress>
  /// Those of `triedWithReuse` at which the port was found taken.
  private let refusedWithReuse: Set<BindAddress>

  init(_ evidence: BindEvidence) {
    self.evidence = evidence
    let trials = evidence.session.trials
    yours = trials.filter(\.usesServerOptions)
    undetermined = yours.filter(\.outcome.isUndetermined)
    refused = yours.filter { $0.outcome != .ok && !$0.outcome.isUndetermined }
    refusedPlain = trials.filter(\.isRefusedForComparison)
    keptOutByOwn = Self.keptOut(yours, of: evidence.session.target)
    let withReuse = trials.filter { $0.socket.options == .reuseAddress && !$0.outcome.isUndetermined }
    triedWithReuse = Set(withReuse.map(\.socket.address))
    refusedWithReuse = Set(withReuse.lazy.filter(\.outcome.isAddressInUse).map(\.socket.address))
  }

  private static func keptOut(_ yours: [Trial], of target: BindTarget) -> Set<Trial> {
    guard !target.areAlternatives, target.port != 0, yours.count > 1 else { return [] }
    var own = OwnSockets(of: target, listening: false)
    var keptOut: Set<Trial> = []
    for trial in yours {
      if own.keepOut(trial.socket.address) { keptOut.insert(trial) }
      own.add(trial.socket.address)
    }
    return keptOut
  }

  var session: TrialSession { evidence.session }
  var settings: HostSettings { evidence.settings }
  var details: SocketDetailsTable { evidence.details }

  var target: BindTarget { session.target }

  func reuse(of record: SocketRecord) -> KnownReuseOptions { KnownReuseOptions(record, details[record]) }

  func holders(against trial: Trial) -> [SocketRecord] { session.holders(against: trial) }

  /// The holders that are certainly in the trial's way, without those whose options are unknown.
  func sureHolders(against trial: Trial) -> [SocketRecord] {
    session.holders(against: trial, onlySurely: true)
  }

  /// Whether the trial with SO_REUSEADDR at the same address found the port taken as well.
  func isRefusedWithReuse(_ trial: Trial) -> Bool {
    refusedWithReuse.contains(trial.socket.address)
  }

  /// Whether there is a trial with SO_REUSEADDR at the same address whose outcome is known.
  func isReuseTried(_ trial: Trial) -> Bool {
    triedWithReuse.contains(trial.socket.address)
  }

  /// Whether connect() on this host made the connection. That is certain for SYN_SENT. It is likely for a connection whose
  /// local port is in the ephemeral range and that lacks SO_REUSEADDR, because servers set that option and clients do not.
  func isOutgoing(_ record: SocketRecord, refusedWithReuse: Bool) -> Bool {
    record.state == .synSent
      || (settings.ephemeralRange?.contains(record.local.port) ?? false) && refusedWithReuse
  }

  /// Whether stopping the server would turn connections into TIME_WAIT. Always false unless a stop is assumed.
  var leavesTimeWaits: Bool { session.groups.groups.contains { $0.fate == .becomesTimeWait } }

  var holders: [SocketRecord] { session.holders() }

  /// This is the only place that decides between yes and no. An incomplete look is never a reason for either.
  var verdict: BindVerdict {
    if yours.isEmpty || !session.snapshot.coverage.isComplete { return .unknown }
    if !refused.isEmpty || target.addressKeptFromListening != nil { return .no }
    return undetermined.isEmpty ? .yes : .depends
  }

  // MARK: The server's own sockets

  /// Whether, by the rules, a socket that the same server binds earlier prevents this bind.
  func overlapsOwnSockets(_ trial: Trial) -> Bool { keptOutByOwn.contains(trial) }

  // MARK: Prediction

  /// The predicted answer for all of the server's sockets together. It has a meaning only where nothing was bound.
  var prediction: BindDiagnosis.Prediction {
    let look = session.snapshot.coverage
    let answer: ConflictRules.Prediction =
      !refused.isEmpty || target.addressKeptFromListening != nil
      ? .fails : !undetermined.isEmpty ? .depends : .ok
    let unknowns = undetermined.reduce(into: ConflictRules.Unknowns()) { union, trial in
      if case .undetermined(let unknowns) = trial.outcome { union.formUnion(unknowns) }
    }
    // "Address already in use" is not certain with SO_REUSEPORT, where the kernel may allow more than the rules do, nor
    // after a stop, where it depends on how the server ends what its connections leave behind.
    let isSurelyRefused =
      target.addressKeptFromListening != nil
      || refused.contains {
        !$0.outcome.isAddressInUse || !target.isAfterStop && !target.options.contains(.reusePort)
      }
    let isSurelyFree =
      look.isComplete && !look.isBlind(to: .smallHash) && !target.isAfterStop
      && yours.allSatisfy { isSurelyHere($0.socket.address.address) }
      && (Int(target.port) >= settings.unprivilegedPortStart || settings.mayBindPrivilegedPorts == true)
    let certainty: Finding.Certainty =
      switch answer {
      case .depends: .possible
      case .fails: isSurelyRefused ? .certain : .likely
      case .ok: isSurelyFree ? .certain : .likely
      }
    return BindDiagnosis.Prediction(
      answer: answer, certainty: certainty, unknowns: answer == .depends ? unknowns : [])
  }

  /// Whether this host certainly has the address. For addresses other than the wildcard and loopback only bind() can tell.
  private func isSurelyHere(_ address: IPAddress) -> Bool {
    address.isUnspecified || address.isLoopback && !(address.ipv4 == nil && settings.isIPv6Disabled)
  }

  // MARK: Time

  /// See `BindDiagnosis.freeIn`.
  var freeIn: UInt32? {
    switch verdict {
    case .yes: 0
    // A timer that stands at 0 has not fired yet, so "no" never goes with a time of 0.
    case .no: undetermined.isEmpty ? longestTimer(refused).map { max($0, 1) } : nil
    case .depends, .unknown: nil
    }
  }

  /// The longest timer in the way of any of these trials, in milliseconds. Nil if something other than a timer is in the
  /// way, or could be in the way without being seen.
  func longestTimer(_ trials: [Trial]) -> UInt32? {
    guard !session.snapshot.coverage.isBlind(to: .boundNotListening), session.snapshot.coverage.isComplete
    else {
      return nil
    }
    // If the server's own listeners exclude each other, no timer changes that.
    if target.addressKeptFromListening != nil { return nil }
    var longest: UInt32 = 0
    var hasSeenAll = false
    for trial in trials {
      guard trial.outcome.isAddressInUse || trial.outcome.isUndetermined, !overlapsOwnSockets(trial) else {
        return nil
      }
      guard let conflicts = session.conflicts(with: trial), conflicts.groups.allSatisfy(\.isTimer) else {
        return nil
      }
      if hasSeenAll { continue }
      hasSeenAll = conflicts.areAll
      if conflicts.groups.contains(where: { $0.fate == .becomesTimeWait }) {
        longest = max(longest, Scenario.timeWaitLength)
      }
      session.forEach(conflicts) { index, record in
        if record.isMinisocket { longest = max(longest, record.timer?.expires ?? 0) }
      }
    }
    return longest
  }

  /// See `BindDiagnosis.freeLatest`.
  var freeLatest: UInt32? {
    let inTheWay = refused + undetermined
    return inTheWay.isEmpty ? freeIn : latest(inTheWay)
  }

  /// The same for these trials, which are refused, or left open by the table.
  func latest(_ inTheWay: [Trial]) -> UInt32? {
    guard let longest = longestTimer(inTheWay) else { return nil }
    // A FIN_WAIT2 may turn into a TIME_WAIT, which then lasts 60 s more. A connection that the stopped server closes goes
    // through FIN_WAIT2 first, so it can take twice as long, too.
    let becomesTimeWait = inTheWay.compactMap(session.conflicts).flatMap(\.groups).contains {
      $0.example.state == .finWait2 || $0.fate == .becomesTimeWait
    }
    return UInt32(clamping: UInt64(longest) + UInt64(settings.timerSlack) + (becomesTimeWait ? 60_000 : 0))
  }

  // MARK: Rules against the kernel

  /// The first trial whose outcome contradicts the rules; nil if none does. The finding about it reports a mistake in the
  /// rules, or a socket that no source lists.
  var disagreement: Trial? {
    (yours + session.trials).first { trial in
      if session.overlappingAlone.contains(trial.socket.address) || overlapsOwnSockets(trial) { return false }
      if !trial.isTried { return false }
      return switch (trial.outcome, trial.prediction) {
      // With SO_REUSEPORT the kernel is known to allow more than the rules do. That is worth reporting only of the server's
      // own trials.
      case (.ok, .fails): !trial.socket.options.contains(.reusePort) || trial.usesServerOptions
      case (.refused(_, .addressInUse), .ok):
        target.port != 0 && !session.snapshot.coverage.isBlind(to: .boundNotListening)
      default: false
      }
    }
  }
}

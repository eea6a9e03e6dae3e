internal import NetlinkCodec
internal import SocketTable

/// What follows from trials and table without choosing words.
struct BindAnalysis {
  let evidence: BindEvidence
  /// The trials with the server's own options.
  let yours: [Trial]
  /// Those of them that did not succeed.
  let refused: [Trial]
  /// Those of them that the table leaves undetermined.
  let undetermined: [Trial]
  /// Trials without options that are not the server's own, and found the port taken.
  let refusedPlain: [Trial]

  init(_ evidence: BindEvidence) {
    self.evidence = evidence
    let trials = evidence.session.trials
    yours = trials.filter(\.usesServerOptions)
    undetermined = yours.filter(\.outcome.isUndetermined)
    refused = yours.filter { $0.outcome != .ok && !$0.outcome.isUndetermined }
    refusedPlain = trials.filter(\.isRefusedForComparison)
  }

  var session: TrialSession { evidence.session }
  var settings: HostSettings { evidence.settings }
  var details: SocketDetailsTable { evidence.details }

  var target: BindTarget { session.target }

  func holders(against trial: Trial) -> [SocketRecord] { session.holders(against: trial) }

  /// Those of them that surely stand in its way.
  func sureHolders(against trial: Trial) -> [SocketRecord] {
    session.holders(against: trial, onlySurely: true)
  }

  /// SO_REUSEADDR does not help at the trial's address.
  func isRefusedWithReuse(_ trial: Trial) -> Bool {
    session.trials.contains {
      $0.socket.address == trial.socket.address && $0.socket.options == .reuseAddress
        && $0.outcome.isAddressInUse
    }
  }

  /// Whether SO_REUSEADDR would help at the trial's address was asked, and answered.
  func isReuseTried(_ trial: Trial) -> Bool {
    session.trials.contains {
      $0.socket.address == trial.socket.address && $0.socket.options == .reuseAddress
        && !$0.outcome.isUndetermined
    }
  }

  /// Made by connect() from here. A SYN_SENT surely is; so is, in all likelihood, a connection from a port out of the
  /// ephemeral range that did not have SO_REUSEADDR, which servers set and clients do not.
  func isOutgoing(_ record: SocketRecord, refusedWithReuse: Bool) -> Bool {
    record.state == .synSent
      || (settings.ephemeralRange?.contains(record.local.port) ?? false) && refusedWithReuse
  }

  /// Connections are there that a stop would turn into a TIME_WAIT.
  var leavesTimeWaits: Bool { session.groups.groups.contains { $0.fate == .becomesTimeWait } }

  var holders: [SocketRecord] { session.holders() }

  /// The one place that says yes or no. A look that was not seen whole never becomes either.
  var verdict: BindVerdict {
    if yours.isEmpty || !session.snapshot.coverage.isComplete { return .unknown }
    if !refused.isEmpty || target.addressKeptFromListening != nil { return .no }
    return undetermined.isEmpty ? .yes : .depends
  }

  // MARK: The server's own sockets

  /// By the rules, an earlier socket of the same server stands in this one's way.
  func overlapsOwnSockets(_ trial: Trial) -> Bool {
    guard !target.areAlternatives, target.port != 0, let index = yours.lastIndex(of: trial) else {
      return false
    }
    return target.isKeptOut(trial.socket.address, by: yours[..<index].map(\.socket.address), listening: false)
  }

  // MARK: Prediction

  /// The answer for all of the server's sockets, if nothing was bound.
  var prediction: BindDiagnosis.Prediction {
    let look = session.snapshot.coverage
    let answer: ConflictRules.Prediction =
      !refused.isEmpty || target.addressKeptFromListening != nil
      ? .fails : !undetermined.isEmpty ? .depends : .ok
    let unknowns = undetermined.reduce(into: ConflictRules.Unknowns()) { union, trial in
      if case .undetermined(let unknowns) = trial.outcome { union.formUnion(unknowns) }
    }
    // The table alone cannot be sure: with SO_REUSEPORT the kernel may allow more, and what the connections of a stopped
    // server leave behind depends on how it ends.
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

  /// For any other address only bind() can tell whether this host has it.
  private func isSurelyHere(_ address: IPAddress) -> Bool {
    address.isUnspecified || address.isLoopback && !(address.ipv4 == nil && settings.isIPv6Disabled)
  }

  // MARK: Time

  var freeIn: UInt32? {
    switch verdict {
    case .yes: 0
    // A timer that has reached 0 has not fired yet.
    case .no: undetermined.isEmpty ? longestTimer(refused).map { max($0, 1) } : nil
    case .depends, .unknown: nil
    }
  }

  /// The longest timer in the way of any of these; nil if something other than a timer is, or could be without being seen.
  private func longestTimer(_ trials: [Trial]) -> UInt32? {
    guard !session.snapshot.coverage.isBlind(to: .boundNotListening), session.snapshot.coverage.isComplete
    else {
      return nil
    }
    // No timer ends what the server's own listeners do to each other.
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

  var freeLatest: UInt32? {
    let inTheWay = refused + undetermined
    guard !inTheWay.isEmpty else { return freeIn }
    guard let longest = longestTimer(inTheWay) else { return nil }
    // What a server that ends leaves is FIN_WAIT2 at first.
    let becomesTimeWait = inTheWay.compactMap(session.conflicts).flatMap(\.groups).contains {
      $0.example.state == .finWait2 || $0.fate == .becomesTimeWait
    }
    return UInt32(clamping: UInt64(longest) + UInt64(settings.timerSlack) + (becomesTimeWait ? 60_000 : 0))
  }

  // MARK: Rules against the kernel

  /// A trial whose answer the rules do not account for. With SO_REUSEPORT the kernel is known to allow more.
  var disagreement: Trial? {
    (yours + session.trials).first { trial in
      if session.overlappingAlone.contains(trial.socket.address) || overlapsOwnSockets(trial) { return false }
      if !trial.isTried { return false }
      return switch (trial.outcome, trial.prediction) {
      // That the kernel allows more with SO_REUSEPORT is documented: of a trial for comparison it is not reported.
      case (.ok, .fails): !trial.socket.options.contains(.reusePort) || trial.usesServerOptions
      case (.refused(_, .addressInUse), .ok):
        target.port != 0 && !session.snapshot.coverage.isBlind(to: .boundNotListening)
      default: false
      }
    }
  }
}

internal import NetlinkCodec
package import SocketTable

/// Makes the trials: which ones, in which order, and which once more.
extension TrialSession {
  /// The sets of reuse options to try, in this order. A bind with SO_REUSEPORT that succeeds makes the kernel allow more
  /// later, so these go first, and among them those whose addresses overlap most. A plain bind that succeeds resets that,
  /// so plain binds go last.
  static func optionSets(_ target: BindTarget, _ comparison: Comparison) -> [SocketOptions] {
    var sets: [SocketOptions] =
      switch comparison {
      case .none: []
      case .withAndWithoutReuse: [.reuseAddress, []]
      case .all: [.reusePort, [.reuseAddress, .reusePort], .reuseAddress, []]
      }
    if !sets.contains(target.options) { sets.insert(target.options, at: 0) }
    return sets
  }

  /// Makes the trials, looks at the port, and repeats the trials from which an explanation infers something. A trial costs
  /// microseconds and a look milliseconds. So if the trials before and after the look agree, that look is valid for both;
  /// another is made only if they differ, or if the rules and the look still contradict an outcome.
  ///
  /// If SO_REUSEPORT is among the options, a look comes first, because the order of those trials depends on it.
  ///
  /// - Throws: what `look` or the prober throws.
  package static func run<Prober: BindProber>(
    _ target: BindTarget, comparing comparison: Comparison = .withAndWithoutReuse, prober: inout Prober,
    look: () throws(Prober.Failure) -> Snapshot
  ) throws(Prober.Failure) -> TrialSession {
    var session = TrialSession(target: target, comparison)
    let optionSets = optionSets(target, comparison)
    let looksFirst = optionSets.contains { $0.contains(.reusePort) }
    if looksFirst { session.take(try look()) }
    for options in optionSets {
      try session.attempt(options, &prober)
      if comparison == .all, options.contains(.reusePort) { try session.undoReusePort(&prober) }
    }
    session.countSkippedIfAlone()
    session.take(looksFirst ? session.snapshot : try look())

    let free = Set(session.trials.lazy.filter { $0.outcome == .ok }.map(\.socket.address))
    func isToBeConfirmed(_ trial: Trial) -> Bool {
      session.isToBeConfirmed(trial, isFree: free.contains(trial.socket.address))
    }
    if session.trials.contains(where: isToBeConfirmed) {
      // A refusal without a visible cause may come from a trial that another process is making at this moment.
      if session.trials.contains(where: session.isUnaccountedFor) { prober.pause() }
      let doubtful = session.trials.indices.filter { isToBeConfirmed(session.trials[$0]) }
      let isConfirmed = try session.repeatTrials(doubtful, &prober)
      if looksFirst || !isConfirmed || session.trials.contains(where: session.isContradicted) {
        session.take(try look())
        // A socket that came after the last trial but before the look makes that trial's ok look wrong. One more trial
        // settles it.
        _ = try session.repeatTrials(
          session.trials.indices.filter { session.isForbidden(session.trials[$0]) }, &prober)
      }
    }
    try session.tryAlone(&prober)
    return session
  }

  // MARK: The first round

  private mutating func attempt<Prober: BindProber>(
    _ options: SocketOptions, _ prober: inout Prober
  ) throws(Prober.Failure) {
    let usesServerOptions = options == target.options
    let skipped = skipped
    let present = target.addresses.filter { !skipped.contains($0) }
    var addresses = present.isEmpty ? target.addresses : present
    if usesServerOptions, !target.areAlternatives {
      let sockets = addresses.map { socket($0, options) }
      for (socket, outcome) in zip(sockets, try prober.attempt(sockets)) {
        add(socket, outcome, usesServerOptions)
      }
      addresses = []
    }
    let skippedCompared = skippedTrials.map(\.socket.address)
    addresses += target.comparedAddresses.filter { !skippedCompared.contains($0) }
    if options.contains(.reusePort) {
      // A bind that succeeds changes later answers, so addresses without a conflict go last.
      func isContested(_ address: BindAddress) -> Bool { predict(address, options) != .ok }
      addresses =
        addresses.filter(isContested).sorted { $0.breadth > $1.breadth }
        + addresses.filter { !isContested($0) }.sorted { $0.breadth > $1.breadth }
    }
    for address in addresses {
      let socket = socket(address, options)
      let isOwn = usesServerOptions && !target.comparedAddresses.contains(address)
      for outcome in try prober.attempt([socket]) { add(socket, outcome, isOwn) }
    }
  }

  private func socket(_ address: BindAddress, _ options: SocketOptions) -> TrialSocket {
    TrialSocket(
      transport: target.transport, address: address, port: target.port, options: options,
      interface: target.interface,
      listens: target.listens && options == target.options && !target.comparedAddresses.contains(address),
      isFreeBind: target.isFreeBind, isMultipath: target.isMultipath)
  }

  private func predict(_ address: BindAddress, _ options: SocketOptions) -> ConflictRules.Prediction {
    conflict(with: target.newSocket(at: address, options: options)).prediction
  }

  private mutating func add(_ socket: TrialSocket, _ outcome: TrialOutcome, _ usesServerOptions: Bool) {
    let trial = Trial(socket: socket, outcome: outcome, prediction: .ok, usesServerOptions: usesServerOptions)
    if target.areAlternatives, case .refused(.socket, let error) = outcome,
      error == .familyNotSupported || error == .protocolNotSupported
    {
      skippedTrials.append(trial)
    } else {
      trials.append(trial)
    }
  }

  /// An address family that the host lacks is skipped as long as there is another. If there is none, the refusal is the
  /// answer.
  private mutating func countSkippedIfAlone() {
    guard trials.isEmpty else { return }
    trials = skippedTrials
    skippedTrials = []
  }

  /// After a successful bind with SO_REUSEPORT the kernel goes on allowing that option on the port until a bind without it
  /// succeeds. This makes such a bind, so that our trial does not change what the next program is answered.
  private mutating func undoReusePort<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    // The last ones are for where none of the others is free.
    for options in [[], .reuseAddress] as [SocketOptions] {
      for address in target.addresses + target.comparedAddresses + BindTarget.spareAddresses
      where predict(address, options) != .fails {
        let socket = TrialSocket(
          transport: target.transport, address: address, port: target.port, options: options,
          interface: target.interface, isFreeBind: BindTarget.spareAddresses.contains(address))
        if try prober.attempt([socket]) == [.ok] { return }
      }
    }
  }

  // MARK: Confirmation

  /// Whether the trial has to be repeated: because it contradicts the rules, or because an explanation infers something
  /// from its refusal. That is so if another trial at the same address succeeded, or if the options of a holder are unknown.
  ///
  /// - Parameter isFree: whether some trial at the same address succeeded.
  private func isToBeConfirmed(_ trial: Trial, isFree: Bool) -> Bool {
    if isContradicted(trial) { return true }
    guard trial.outcome.isAddressInUse, !trial.socket.options.contains(.reusePort) else { return false }
    return trial.prediction == .depends || isFree
  }

  /// Whether the outcome contradicts the rules.
  private func isContradicted(_ trial: Trial) -> Bool { isUnaccountedFor(trial) || isForbidden(trial) }

  /// Whether the trial found the port taken although no record is in the way.
  private func isUnaccountedFor(_ trial: Trial) -> Bool {
    trial.outcome.isAddressInUse && trial.prediction == .ok
  }

  /// Whether the trial succeeded although a record is in the way. With SO_REUSEPORT that is normal: the kernel is known to
  /// allow more than the rules do.
  private func isForbidden(_ trial: Trial) -> Bool {
    trial.outcome == .ok && trial.prediction == .fails && !trial.socket.options.contains(.reusePort)
  }

  /// Makes the trials with these indices once more, the server's own first.
  ///
  /// - Returns: true if every outcome is the same as before.
  private mutating func repeatTrials<Prober: BindProber>(
    _ doubtful: [Int], _ prober: inout Prober
  ) throws(Prober.Failure) -> Bool {
    let yours = doubtful.filter { trials[$0].usesServerOptions }
    var isSame = true
    if !target.areAlternatives, !yours.isEmpty {
      // Such a server's sockets are held at the same time, so all of them have to be tried again.
      let all = trials.indices.filter { trials[$0].usesServerOptions }
      isSame = replace(all, with: try prober.attempt(all.map { trials[$0].socket }))
    } else {
      for index in yours {
        isSame = replace([index], with: try prober.attempt([trials[index].socket])) && isSame
      }
    }
    for index in doubtful where !trials[index].usesServerOptions {
      isSame = replace([index], with: try prober.attempt([trials[index].socket])) && isSame
    }
    return isSame
  }

  /// - Returns: true if no outcome has changed.
  private mutating func replace(_ indices: [Int], with outcomes: [TrialOutcome]) -> Bool {
    var isSame = true
    for (index, outcome) in zip(indices, outcomes) where trials[index].outcome != outcome {
      // With SO_REUSEPORT the outcome depends on earlier trials, so a first ok stands although the second try is refused.
      if trials[index].outcome == .ok, trials[index].socket.options.contains(.reusePort) { continue }
      isSame = false
      if trials[index].usesServerOptions {
        if outcome != .ok { hasJustBecomeFree = false }
        if outcome == .ok, trials[index].outcome.isAddressInUse { hasJustBecomeFree = true }
      }
      trials[index].outcome = outcome
    }
    return isSame
  }

  /// Finds out whether the server's own other sockets are in the way: tries each refused socket alone.
  private mutating func tryAlone<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    guard !target.areAlternatives, target.addresses.count > 1 else { return }
    for trial in trials
    where trial.usesServerOptions && trial.outcome.isAddressInUse && trial.prediction != .fails {
      if try prober.attempt([trial.socket]) == [.ok] { overlappingAlone.insert(trial.socket.address) }
    }
  }

  // MARK: Later

  /// Tries the server's own sockets once more. Those that were refused before are tried first and alone, so that a trial
  /// takes as little as possible of the port as long as the server cannot have it.
  ///
  /// - Returns: true if every socket could be bound.
  package mutating func tryAgain<Prober: BindProber>(
    _ prober: inout Prober
  ) throws(Prober.Failure) -> Bool {
    let yours = trials.indices.filter { trials[$0].usesServerOptions }
    let refused = yours.filter { trials[$0].outcome != .ok }
    let isHeldTogether = !target.areAlternatives && yours.count > 1
    let alone = isHeldTogether ? refused : refused + yours.filter { !refused.contains($0) }
    for index in alone {
      for outcome in try prober.attempt([trials[index].socket]) { trials[index].outcome = outcome }
      if trials[index].outcome != .ok { return false }
    }
    if isHeldTogether {
      let outcomes = try prober.attempt(yours.map { trials[$0].socket })
      for (index, outcome) in zip(yours, outcomes) { trials[index].outcome = outcome }
    }
    return yours.allSatisfy { trials[$0].outcome == .ok }
  }

  /// Tries all of the server's own sockets once more, and drops the trials for comparison, which are out of date now.
  package mutating func tryYours<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    trials.removeAll { !$0.usesServerOptions }
    let sockets = trials.map(\.socket)
    var outcomes: [TrialOutcome] = []
    if target.areAlternatives {
      for socket in sockets { outcomes += try prober.attempt([socket]) }
    } else {
      outcomes = try prober.attempt(sockets)
    }
    for (index, outcome) in zip(trials.indices, outcomes) { trials[index].outcome = outcome }
    hasJustBecomeFree = false
  }
}

internal import NetlinkCodec
package import SocketTable

/// Which trials are made, in which order, and which are made again.
extension TrialSession {
  /// A SO_REUSEPORT bind that succeeds changes what the kernel answers to later ones, towards ok, so these go first, and
  /// among them those that overlap most. A plain bind that succeeds resets it, so plain ones go last.
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

  /// Tries, looks, and repeats the trials that an explanation infers something from. A trial costs microseconds and a look
  /// milliseconds: if the trials before and after a look agree, the look is valid for both. Another look is made only
  /// if they differ, or if no record accounts for an answer.
  ///
  /// With SO_REUSEPORT among the options a look comes first, as the order of those trials depends on it.
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

    if session.trials.contains(where: session.isToBeConfirmed) {
      // Perhaps another trial like this one, that is still going on.
      if session.trials.contains(where: session.isUnaccountedFor) { prober.pause() }
      let isConfirmed = try session.repeatTrials(where: session.isToBeConfirmed, &prober)
      if looksFirst || !isConfirmed || session.trials.contains(where: session.isContradicted) {
        session.take(try look())
        // What has come since the last trial refuses the next.
        _ = try session.repeatTrials(where: session.isForbidden, &prober)
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
      // A bind without a conflict succeeds and would change later answers, so those addresses go last.
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
      listens: target.listens && options == target.options && !target.comparedAddresses.contains(address))
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

  /// A family that the host lacks is passed over as long as there is another; alone, its refusal is the answer.
  private mutating func countSkippedIfAlone() {
    guard trials.isEmpty else { return }
    trials = skippedTrials
    skippedTrials = []
  }

  /// The kernel goes on allowing SO_REUSEPORT after a bind with it, until one without it succeeds.
  private mutating func undoReusePort<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    // An address that hardly anybody has taken, where none of those that are compared is free.
    let spare = BindAddress(IPAddress(ipv4: 0x7fff_fffe))
    for options in [[], .reuseAddress] as [SocketOptions] {
      for address in target.addresses + target.comparedAddresses + [spare]
      where predict(address, options) != .fails {
        let socket = TrialSocket(
          transport: target.transport, address: address, port: target.port, options: options,
          interface: target.interface)
        if try prober.attempt([socket]) == [.ok] { return }
      }
    }
  }

  // MARK: Confirmation

  /// An explanation infers something from the refusal: from its difference to another trial at the same address, or of
  /// a socket whose options the table does not tell. Or the rules do not account for the answer at all.
  private func isToBeConfirmed(_ trial: Trial) -> Bool {
    if isContradicted(trial) { return true }
    guard trial.outcome.isAddressInUse, !trial.socket.options.contains(.reusePort) else { return false }
    return trial.prediction == .depends
      || trials.contains { $0.socket.address == trial.socket.address && $0.outcome == .ok }
  }

  /// The rules say otherwise.
  private func isContradicted(_ trial: Trial) -> Bool { isUnaccountedFor(trial) || isForbidden(trial) }

  /// Refused, and no record is in the way.
  private func isUnaccountedFor(_ trial: Trial) -> Bool {
    trial.outcome.isAddressInUse && trial.prediction == .ok
  }

  /// Ok, and a record is in the way. With SO_REUSEPORT the kernel is known to allow more than the rules do.
  private func isForbidden(_ trial: Trial) -> Bool {
    trial.outcome == .ok && trial.prediction == .fails && !trial.socket.options.contains(.reusePort)
  }

  /// Makes those trials once more, the server's own first. True if every one was answered as before.
  private mutating func repeatTrials<Prober: BindProber>(
    where isDoubtful: (Trial) -> Bool, _ prober: inout Prober
  ) throws(Prober.Failure) -> Bool {
    let doubtful = trials.indices.filter { isDoubtful(trials[$0]) }
    let yours = doubtful.filter { trials[$0].usesServerOptions }
    var isSame = true
    if !target.areAlternatives, !yours.isEmpty {
      // Sockets that are held together are tried together.
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

  /// True if nothing has changed.
  private mutating func replace(_ indices: [Int], with outcomes: [TrialOutcome]) -> Bool {
    var isSame = true
    for (index, outcome) in zip(indices, outcomes) where trials[index].outcome != outcome {
      // The order of all earlier trials can turn the ok of one with SO_REUSEPORT.
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

  /// Whether it is the server's own other sockets that stand in the way.
  private mutating func tryAlone<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    guard !target.areAlternatives, target.addresses.count > 1 else { return }
    for trial in trials
    where trial.usesServerOptions && trial.outcome.isAddressInUse && trial.prediction != .fails {
      if try prober.attempt([trial.socket]) == [.ok] { overlappingAlone.append(trial.socket.address) }
    }
  }

  // MARK: Later

  /// Tries the server's own sockets once more, those refused last first and alone: as long as one is refused, little or
  /// nothing of the port is taken. True if every one succeeded.
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

  /// Tries every one of the server's own sockets once more, and forgets the other trials, which are out of date.
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

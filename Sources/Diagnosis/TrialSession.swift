package import SocketTable

/// Which trials are made, in which order, and which are made again.
package struct TrialSession: Sendable {
  package let target: BindTarget
  /// In the order they were made.
  package private(set) var trials: [Trial] = []
  /// The look that belongs to the last answers.
  package private(set) var snapshot: Snapshot
  /// Addresses of a family that this host does not have, which only alternatives may lack.
  package var skipped: [BindAddress] {
    target.addresses.filter { address in skippedTrials.contains { $0.socket.address == address } }
  }
  private var skippedTrials: [Trial] = []
  /// A trial was refused, and repeated at once it succeeded.
  package private(set) var hasJustBecomeFree = false
  /// Of a server with several addresses: refused beside its own other sockets, and ok alone.
  package private(set) var overlappingAlone: [BindAddress] = []

  private init(target: BindTarget, snapshot: Snapshot) {
    self.target = target
    self.snapshot = snapshot
  }

  /// Looks, tries, and repeats what has to be certain before it is explained. With `comparing`, servers of other options
  /// are tried too, which is what an explanation rests on.
  package static func run<Prober: BindProber>(
    _ target: BindTarget, comparing: Bool = true, prober: inout Prober,
    look: () throws(Prober.Failure) -> Snapshot
  ) throws(Prober.Failure) -> TrialSession {
    var session = TrialSession(target: target, snapshot: try look())
    // A SO_REUSEPORT bind that succeeds changes what the kernel answers to later ones, towards ok, so these go first,
    // and among them those that overlap most. A plain bind that succeeds resets it, so plain ones go last.
    var optionSets: [SocketOptions] = comparing ? [.reuseAddress, []] : []
    if !optionSets.contains(target.options) { optionSets.insert(target.options, at: 0) }
    for options in optionSets { try session.attempt(options, &prober) }
    session.countSkippedIfAlone()
    session.predict()
    if session.needsRepetition {
      // Nothing in the table accounts for it: another trial like this one, perhaps, that is still going on.
      if session.trials.contains(where: { $0.outcome.isAddressInUse && $0.prediction == .ok }) {
        prober.pause()
      }
      try session.repeatRefused(&prober)
      session.snapshot = try look()
      session.predict()
    }
    try session.tryAlone(&prober)
    return session
  }

  /// A family that the host lacks is passed over as long as there is another; alone, its refusal is the answer.
  private mutating func countSkippedIfAlone() {
    guard trials.isEmpty else { return }
    trials = skippedTrials
    skippedTrials = []
  }

  private func socket(_ address: BindAddress, _ options: SocketOptions) -> TrialSocket {
    TrialSocket(
      address: address, port: target.port, options: options, interface: target.interface,
      listens: target.listens && options == target.options)
  }

  private mutating func attempt<Prober: BindProber>(
    _ options: SocketOptions, _ prober: inout Prober
  ) throws(Prober.Failure) {
    let isYours = options == target.options
    let skipped = skipped
    let present = target.addresses.filter { !skipped.contains($0) }
    var addresses = present.isEmpty ? target.addresses : present
    if options.contains(.reusePort), target.areAlternatives { addresses.sort { $0.breadth > $1.breadth } }
    if isYours, !target.areAlternatives {
      let sockets = addresses.map { socket($0, options) }
      for (socket, outcome) in zip(sockets, try prober.attempt(sockets)) { add(socket, outcome, isYours) }
    } else {
      for address in addresses {
        let socket = socket(address, options)
        for outcome in try prober.attempt([socket]) { add(socket, outcome, isYours) }
      }
    }
  }

  private mutating func add(_ socket: TrialSocket, _ outcome: TrialOutcome, _ isYours: Bool) {
    let trial = Trial(socket: socket, outcome: outcome, prediction: .ok, isYours: isYours)
    if target.areAlternatives, case .refused(.socket, let error) = outcome,
      error == .familyNotSupported || error == .protocolNotSupported
    {
      skippedTrials.append(trial)
    } else {
      trials.append(trial)
    }
  }

  private mutating func predict() {
    let flags = holderFlags
    for index in trials.indices {
      let socket = trials[index].socket
      trials[index].prediction = ConflictRules.predict(
        snapshot.records, with: target.newSocket(at: socket.address, options: socket.options)
      ) { _ in flags }
    }
  }

  /// What the source tells of every holder.
  package var holderFlags: HolderFlags { HolderFlags(knowsDevice: !snapshot.look.isBlind(to: .device)) }

  // MARK: Later

  /// Tries the server's own sockets once more, those refused last first and alone: as long as one is refused, little or
  /// nothing of the port is taken. True if every one succeeded.
  package mutating func tryAgain<Prober: BindProber>(
    _ prober: inout Prober
  ) throws(Prober.Failure) -> Bool {
    let yours = trials.indices.filter { trials[$0].isYours }
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
    trials.removeAll { !$0.isYours }
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

  /// Takes a later look for the one that belongs to the answers.
  package mutating func replaceLook(with snapshot: Snapshot) {
    self.snapshot = snapshot
    predict()
  }

  // MARK: Repetition

  /// Trials that differ by their options alone, a refusal that no socket in the table accounts for, or an ok that
  /// one speaks against: any of them may be a race.
  private var needsRepetition: Bool {
    trials.contains { trial in
      switch (trial.outcome.isAddressInUse, trial.prediction) {
      case (true, .ok): true
      case (true, _):
        trials.contains { $0.socket.address == trial.socket.address && $0.outcome == .ok }
      case (false, .fails): trial.outcome == .ok && !trial.socket.options.contains(.reusePort)
      case (false, _): false
      }
    }
  }

  /// A refusal. With SO_REUSEPORT and a holder in the table it is none of a race, and the trials since may have turned
  /// the kernel's answer by themselves.
  private func isWorthRepeating(_ trial: Trial) -> Bool {
    trial.outcome.isAddressInUse && (trial.prediction == .ok || !trial.socket.options.contains(.reusePort))
  }

  private mutating func repeatRefused<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    for isYours in [true, false] {
      let refused = trials.indices.filter {
        trials[$0].isYours == isYours && isWorthRepeating(trials[$0])
      }
      guard !refused.isEmpty else { continue }
      if isYours, !target.areAlternatives {
        let all = trials.indices.filter { trials[$0].isYours }
        replace(all, with: try prober.attempt(all.map { trials[$0].socket }))
      } else {
        for index in refused { replace([index], with: try prober.attempt([trials[index].socket])) }
      }
    }
  }

  private mutating func replace(_ indices: [Int], with outcomes: [TrialOutcome]) {
    // Of sockets that are held together the refused ones are asked for; with SO_REUSEPORT the order of all earlier
    // trials can turn the ok of another one.
    for (index, outcome) in zip(indices, outcomes) where trials[index].outcome != .ok {
      if trials[index].isYours, trials[index].outcome.isAddressInUse, outcome == .ok {
        hasJustBecomeFree = true
      }
      trials[index].outcome = outcome
    }
  }

  /// Whether it is the server's own other sockets that stand in the way.
  private mutating func tryAlone<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    guard !target.areAlternatives, target.addresses.count > 1 else { return }
    for trial in trials where trial.isYours && trial.outcome.isAddressInUse && trial.prediction != .fails {
      if try prober.attempt([trial.socket]) == [.ok] { overlappingAlone.append(trial.socket.address) }
    }
  }
}

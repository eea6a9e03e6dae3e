internal import NetlinkCodec
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
  /// Nothing was bound: the outcomes are what the table predicts.
  package internal(set) var isPredicted = false
  /// What is known of the sockets in the table beyond their records.
  package private(set) var details = SocketDetailsTable()
  /// Of a table that was changed to what it would be: the sockets as they are.
  package internal(set) var originals: [SocketRecord: SocketRecord] = [:]
  /// Of such a table: the listeners that are gone.
  var stopped = StoppedListeners()
  /// The sockets of the look by what the rules ask of them.
  private(set) var groups = SocketGroups()

  /// Which options were tried, or told, beside the server's own.
  package let comparison: Comparison

  init(target: BindTarget, _ comparison: Comparison, snapshot: Snapshot) {
    self.target = target
    self.comparison = comparison
    self.snapshot = snapshot
  }

  /// Which reuse options are tried beside the server's own.
  package enum Comparison: Sendable {
    case none
    /// SO_REUSEADDR and no options, which is what an explanation rests on.
    case withAndWithoutReuse
    /// Every combination.
    case all
  }

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

  /// Looks, tries, and repeats what has to be certain before it is explained.
  package static func run<Prober: BindProber>(
    _ target: BindTarget, comparing comparison: Comparison = .withAndWithoutReuse, prober: inout Prober,
    look: () throws(Prober.Failure) -> Snapshot
  ) throws(Prober.Failure) -> TrialSession {
    var session = TrialSession(target: target, comparison, snapshot: try look())
    for options in optionSets(target, comparison) {
      try session.attempt(options, &prober)
      if comparison == .all, options.contains(.reusePort) { try session.undoReusePort(&prober) }
    }
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
      listens: target.listens && options == target.options && !target.comparedAddresses.contains(address))
  }

  private mutating func attempt<Prober: BindProber>(
    _ options: SocketOptions, _ prober: inout Prober
  ) throws(Prober.Failure) {
    let isYours = options == target.options
    let skipped = skipped
    let present = target.addresses.filter { !skipped.contains($0) }
    var addresses = present.isEmpty ? target.addresses : present
    if isYours, !target.areAlternatives {
      let sockets = addresses.map { socket($0, options) }
      for (socket, outcome) in zip(sockets, try prober.attempt(sockets)) { add(socket, outcome, isYours) }
      addresses = []
    }
    let skippedCompared = skippedTrials.map(\.socket.address)
    addresses += target.comparedAddresses.filter { !skippedCompared.contains($0) }
    if options.contains(.reusePort) {
      // What nothing is in the way of succeeds, and goes last.
      func isContested(_ address: BindAddress) -> Bool { predict(address, options) != .ok }
      addresses =
        addresses.filter(isContested).sorted { $0.breadth > $1.breadth }
        + addresses.filter { !isContested($0) }.sorted { $0.breadth > $1.breadth }
    }
    for address in addresses {
      let socket = socket(address, options)
      let isOwn = isYours && !target.comparedAddresses.contains(address)
      for outcome in try prober.attempt([socket]) { add(socket, outcome, isOwn) }
    }
  }

  /// The kernel goes on allowing SO_REUSEPORT after a bind with it, until one without it succeeds.
  private mutating func undoReusePort<Prober: BindProber>(_ prober: inout Prober) throws(Prober.Failure) {
    // An address that hardly anybody has taken, where none of those that are compared is free.
    let spare = BindAddress(IPAddress(ipv4: 0x7fff_fffe))
    for options in [[], .reuseAddress] as [SocketOptions] {
      for address in target.addresses + target.comparedAddresses + [spare]
      where predict(address, options) != .fails {
        let socket = TrialSocket(
          address: address, port: target.port, options: options, interface: target.interface)
        if try prober.attempt([socket]) == [.ok] { return }
      }
    }
  }

  private func predict(_ address: BindAddress, _ options: SocketOptions) -> ConflictRules.Prediction {
    ConflictRules.predict(
      snapshot.records, with: target.newSocket(at: address, options: options), flags: knowledge.flags)
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
    groups = SocketGroups(snapshot.records, knowledge)
    for index in trials.indices {
      let socket = trials[index].socket
      trials[index].prediction =
        groups.judge(target.newSocket(at: socket.address, options: socket.options)).prediction
    }
  }

  /// What is known of each socket in the table.
  package var knowledge: HolderKnowledge {
    var knowledge = HolderKnowledge(details: details, knowsDevice: !snapshot.look.isBlind(to: .device))
    knowledge.stopped = stopped
    return knowledge
  }

  /// Takes what was found out about the sockets in the table.
  package mutating func learn(_ details: SocketDetailsTable) {
    self.details = details
    predict()
  }

  mutating func set(_ trials: [Trial]) { self.trials = trials }

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

internal import NetlinkCodec
internal import SocketTable

/// Chooses the findings and remedies about a bind, and their order, from the facts in `BindAnalysis`. The result becomes
/// `BindDiagnosis.findings`. Each extension has the findings about one kind of cause.
struct BindFindings {
  let analysis: BindAnalysis
  /// Milliseconds, as in `BindDiagnosis`. They are handed over because `BindAnalysis` walks all records each time that it
  /// computes them.
  let freeIn: UInt32?
  let freeLatest: UInt32?
  private let memory = Memory()

  init(analysis: BindAnalysis, freeIn: UInt32?, freeLatest: UInt32?) {
    self.analysis = analysis
    self.freeIn = freeIn
    self.freeLatest = freeLatest
  }

  /// The finding that decides comes first, and no slug occurs twice.
  var all: [Finding] {
    var findings: [Finding] = []
    func add(_ new: [Finding]) {
      for finding in new where !findings.contains(where: { $0.slug == finding.slug }) {
        findings.append(finding)
      }
    }
    if analysis.session.hasJustBecomeFree, analysis.refused.isEmpty { add([portNowFree]) }

    // Sockets of others that prevent the bind are a nearer obstacle than the server's own, which only cannot all listen.
    if analysis.refused.isEmpty, let address = analysis.target.addressKeptFromListening {
      add([ownAddressesCannotAllListen(address)])
    }
    var refusals: [Finding] = []
    for trial in analysis.refused { refusals += explain(trial) }
    for trial in analysis.undetermined {
      let explanations = explain(analysis.holders(against: trial), trial)
      refusals += (explanations.isEmpty ? [boundNotListed] : explanations).map(\.asPossible)
    }
    add(refusals.filter { $0.slug.part == .specific })
    // Causes that do not end by themselves come before timers.
    add(refusals.filter { $0.slug.part == .general })
    add(refusals.filter { $0.slug.part != .remark })
    add(refusals)
    if analysis.refused.isEmpty, analysis.undetermined.isEmpty {
      // The server can bind, but one without reuse options could not. That is worth a note, but nothing has to be done.
      for trial in analysis.refusedPlain { add(explain(trial).map(\.asNote)) }
      add([otherNameElsewhere].compactMap { $0 })
    }
    if let disagreement = analysis.disagreement { add([rulesAndKernelDisagree(disagreement)]) }
    add([hostTracksPorts].compactMap { $0 })
    add(
      [heldInOtherNamespace, timeWaitTableFull, reuseSysctlMisread, portInEphemeralRange].compactMap { $0 })
    if analysis.verdict == .yes { add([udpHoldsNumber].compactMap { $0 }) }
    return findings
  }

  // MARK: One refusal

  private func explain(_ trial: Trial) -> [Finding] {
    guard case .refused(let step, let error) = trial.outcome else { return [] }
    return error == .addressInUse ? explainAddressInUse(trial, at: step) : [refusal(trial, step, error)]
  }

  private func explainAddressInUse(_ trial: Trial, at step: TrialOutcome.Step) -> [Finding] {
    if analysis.target.port == 0 { return [ephemeralRangeExhausted] }
    if analysis.session.overlappingAlone.contains(trial.socket.address) {
      return [ownAddressesOverlap(trial, isAloneOK: true)]
    }
    let holders = analysis.holders(against: trial)
    if analysis.overlapsOwnSockets(trial) {
      return [ownAddressesOverlap(trial, isAloneOK: false)] + explain(holders, trial)
    }
    if holders.isEmpty {
      // `all` adds the disagreement between the rules and the kernel once for all trials.
      return analysis.session.snapshot.coverage.isBlind(to: .boundNotListening)
        ? [boundNotListening(trial, [])] : []
    }
    return (step == .listen ? [listenConflict(trial, holders)] : []) + explain(holders, trial)
  }

  /// One finding for each kind of holder. Those that no timer ends come first.
  private func explain(_ holders: [SocketRecord], _ trial: Trial) -> [Finding] {
    let remembered = remembered(holders, trial)
    let held = remembered.held
    var findings = held.listeners.isEmpty ? [] : explainListeners(remembered, trial)
    if !held.bound.isEmpty { findings.append(boundNotListening(trial, held.bound)) }
    if !held.orphans.isEmpty { findings.append(orphanedConnection(trial, held.orphans)) }
    if !held.selfConnected.isEmpty { findings.append(tcpSelfConnect(held.selfConnected)) }
    // While a listener holds the port, its connections explain nothing that the listener does not.
    if held.listeners.isEmpty {
      let isRefusedWithReuse = analysis.isRefusedWithReuse(trial)
      func isOutgoing(_ record: SocketRecord) -> Bool {
        analysis.isOutgoing(record, refusedWithReuse: isRefusedWithReuse)
      }
      let outgoing = held.connections.filter(isOutgoing)
      if !outgoing.isEmpty { findings.append(outgoingConnection(outgoing)) }
      let leaked = held.connections.filter { !isOutgoing($0) }
      if !leaked.isEmpty { findings.append(leakedConnection(trial, leaked)) }
    }
    return findings + explainTimers(held, trial) + remarks(lookedAt(holders))
      + [v4MappedTimeWait(trial, held.minisockets)].compactMap { $0 }
  }

  /// What all trials with the same holders share. There may be a hundred thousand holders, so it is found out once.
  private final class Remembered {
    let conflicts: SocketGroups.Conflicts?
    let held: HoldersByKind
    var alive: [Finding]?

    init(_ conflicts: SocketGroups.Conflicts?, _ held: HoldersByKind) {
      self.conflicts = conflicts
      self.held = held
    }
  }

  private final class Memory {
    var all: [Remembered] = []
  }

  private func remembered(_ holders: [SocketRecord], _ trial: Trial) -> Remembered {
    let conflicts = analysis.session.conflicts(with: trial)
    if let conflicts,
      let known = memory.all.first(where: { $0.conflicts.map(conflicts.isSame) ?? false })
    {
      return known
    }
    let groups = conflicts?.groups ?? []
    let state: TCPState? =
      groups.allSatisfy { $0.example.state == .timeWait }
      ? .timeWait
      : [.listen, .bound].first { state in
        groups.allSatisfy { $0.example.state == state && !$0.isTimer }
      }
    let new = Remembered(conflicts, HoldersByKind(holders, analysis.session.view, allIn: state))
    // A server of thousands of addresses may meet as many holders, and comparing them all would take long.
    if memory.all.count < Self.memoryLimit { memory.all.append(new) }
    return new
  }

  private static let memoryLimit = 4

  private func explainListeners(_ remembered: Remembered, _ trial: Trial) -> [Finding] {
    let held = remembered.held
    if analysis.refused.isEmpty, analysis.undetermined.isEmpty, analysis.target.options.contains(.reusePort) {
      return [sharedByReusePort(held.listeners)]
    }
    var findings: [Finding] = []
    if trial.socket.options.contains(.reusePort) {
      // Where nothing was bound, a listener whose options are unknown cannot be named as the reason of the refusal.
      let refusing = analysis.session.isPredicted ? HoldersByKind(analysis.sureHolders(against: trial)) : held
      if case .undetermined(let unknowns) = trial.outcome {
        if unknowns.contains(.reusePort) { findings.append(reusePortUnknown(held.listeners)) }
      } else if !refusing.listeners.isEmpty {
        findings.append(reusePortRefused(refusing))
      }
    }
    // Who holds the port matters more than how addresses overlap: the usual cause is another instance of the same server.
    let alive = remembered.alive ?? listenersAlive(held)
    remembered.alive = alive
    return findings + alive + [overlap(trial, held.listeners)].compactMap { $0 }
  }

  /// Whether the old sockets had SO_REUSEADDR is inferred from the trial with that option. If something other than a timer
  /// made that trial fail, it tells nothing about the minisockets, so there is no finding about them.
  private func explainTimers(_ held: HoldersByKind, _ trial: Trial) -> [Finding] {
    let isRefusedWithReuse = analysis.isRefusedWithReuse(trial)
    guard !held.minisockets.isEmpty || !held.finWait2Orphans.isEmpty, !isRefusedWithReuse || !held.hasOthers
    else {
      return []
    }
    // FIN_WAIT2 alone has a finding of its own, below, also in a prediction.
    if analysis.session.isPredicted, held.hasTimeWaits { return [predictedTimers(trial, held)] }
    if isRefusedWithReuse, let outgoing = outgoingTimeWait(held) { return [outgoing] }
    var findings: [Finding] = []
    if !held.hasTimeWaits { findings.append(finWait2Orphan(trial, held.finWait2Orphans)) }
    if isRefusedWithReuse {
      if !held.minisockets.isEmpty { findings.append(timeWaitHolderWithoutReuse(held.minisockets)) }
    } else if held.hasTimeWaits {
      findings.append(timeWaitServerClosedFirst(trial, held.minisockets))
    }
    if held.hasTimeWaits, !held.finWait2Orphans.isEmpty {
      findings.append(finWait2Orphan(trial, held.finWait2Orphans))
    }
    return findings
  }

  // MARK: Parts that several findings share

  func finding(
    _ kind: Finding.Kind, _ severity: Finding.Severity = .error, _ certainty: Finding.Certainty = .certain,
    evidence: Finding.Exhibit = .nothing, remedies: [Remedy] = [], unseen: [Unseen] = []
  ) -> Finding {
    let isSample = if case .sockets = evidence { analysis.details.isSample } else { false }
    return Finding(
      kind, severity, certainty, evidence: evidence, remedies: remedies,
      unseen: unseen + (isSample ? [.ownersOfEach] : [])
        + Unseen.always(analysis.evidence))
  }

  /// A finding shows at most this many sockets.
  private static let shownLimit = 8

  func sockets(_ records: [SocketRecord]) -> Finding.Exhibit {
    if records.isEmpty { return .nothing }
    return .sockets(SocketSample(longest(preferringKnown(records)), of: records.count))
  }

  /// Where owners are known of a sample only, what can be shown with its owner is worth more.
  private func preferringKnown(_ records: [SocketRecord]) -> [SocketRecord] {
    guard analysis.details.isSample, let first = records.first, !first.isMinisocket else { return records }
    let known = Array(records.lazy.filter(analysis.details.has).prefix(Self.shownLimit))
    return known.count == Self.shownLimit ? known : records
  }

  /// The few sockets to show, the longest timer first. There may be a hundred thousand, so they are not all sorted.
  private func longest(_ records: [SocketRecord]) -> [SocketRecord] {
    var longest: [SocketRecord] = []
    func time(_ record: SocketRecord) -> UInt32 { record.timer?.expires ?? 0 }
    for record in records {
      if longest.count == Self.shownLimit {
        guard let last = longest.last, time(record) > time(last) else { continue }
        longest.removeLast()
      }
      let place = longest.firstIndex { time($0) < time(record) } ?? longest.endIndex
      longest.insert(record, at: place)
    }
    return longest
  }

  /// Every process that has one of the sockets, each once, in the order of the records.
  func owners(_ records: [SocketRecord]) -> [SocketOwner] {
    var seen: Set<Int32> = []
    return records.flatMap { analysis.details[$0]?.owners ?? [] }.filter { seen.insert($0.pid).inserted }
  }

  /// Those of which it was looked for who has them: all, unless there are very many.
  func lookedAt(_ records: [SocketRecord]) -> [SocketRecord] {
    analysis.details.isSample ? records.filter(analysis.details.has) : records
  }

  /// The owners of the sockets. Nil unless at least one owner is known for every single socket; of a sample, whose processes
  /// are known, for every socket in it.
  func ownersOfAll(_ records: [SocketRecord]) -> [SocketOwner]? {
    let known = lookedAt(records)
    guard !known.isEmpty, known.allSatisfy({ !(analysis.details[$0]?.owners ?? []).isEmpty }) else {
      return nil
    }
    return owners(known)
  }
}

extension Finding {
  /// The same finding about a socket of which it is unknown whether it is in the way.
  fileprivate var asPossible: Finding {
    var finding = self
    finding.severity = .warning
    finding.certainty = .possible
    return finding
  }

  /// The same finding about a socket that is not in the server's way.
  fileprivate var asNote: Finding {
    var finding = self
    finding.severity = .info
    finding.remedies = []
    return finding
  }
}

extension Finding.Slug {
  /// The rank of a finding among several about one refusal, the most important first.
  fileprivate enum Part {
    /// Names a cause that is more exact than a general one about the same sockets.
    case specific
    case general
    /// Says that the cause ends by itself.
    case timer
    /// Adds something about a holder that another finding is about.
    case remark
  }

  fileprivate var part: Part {
    switch self {
    case .ownAddressesOverlap, .listenConflict, .reusePortOtherUser, .reusePortOneSided: .specific
    case .timeWaitServerClosedFirst, .timeWaitHolderWithoutReuse, .finWait2Orphan, .outgoingTimeWait: .timer
    case .listenerInherited, .mptcpHolder, .ownerHidden, .v4MappedTimeWait, .sharedByReusePort,
      .otherNameElsewhere:
      .remark
    case .listenerAlive, .orphanedConnection, .leakedConnection, .boundNotListening,
      .outgoingConnectionTookPort, .tcpSelfConnect, .dualStackWildcard, .wildcardOverlapsSpecific,
      .kernelOwnedSocket, .socketActivation, .containerProxy, .leftoverProxy, .holderStopped, .privilegedPort,
      .addressNotLocal,
      .addressTentative, .addressDuplicate, .addressNeedsScope, .familyUnavailable, .deniedByPolicy,
      .noSuchInterface,
      .ephemeralRangeExhausted, .portInEphemeralRange, .portNowFree, .heldInOtherNamespace, .hostTracksPorts,
      .udpHoldsNumber, .timeWaitTableFull, .reuseSysctlMisread,
      .rulesAndKernelDisagree:
      .general
    }
  }
}

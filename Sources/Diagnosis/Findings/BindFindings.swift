internal import NetlinkCodec
internal import SocketTable

/// Which findings the analysis of a bind come to, and in which order.
struct BindFindings {
  let analysis: BindAnalysis
  /// Milliseconds. Copied from `BindAnalysis`, which walks all records to compute them.
  let freeIn: UInt32?
  let freeLatest: UInt32?

  /// The deciding one first, each slug once.
  var all: [Finding] {
    var findings: [Finding] = []
    func add(_ new: [Finding]) {
      for finding in new where !findings.contains(where: { $0.slug == finding.slug }) {
        findings.append(finding)
      }
    }
    if analysis.session.hasJustBecomeFree, analysis.refused.isEmpty { add([portNowFree]) }

    // Refused at once by other sockets, the server has a nearer obstacle.
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
    // A cause that does not end by itself goes before timers.
    add(refusals.filter { $0.slug.part == .general })
    add(refusals.filter { $0.slug.part != .remark })
    add(refusals)
    if analysis.refused.isEmpty, analysis.undetermined.isEmpty {
      // The difference to a server without options is worth a word, and is no fault: there is nothing to do.
      for trial in analysis.refusedPlain { add(explain(trial).map(\.asNote)) }
    }
    if let disagreement = analysis.disagreement { add([rulesAndKernelDisagree(disagreement)]) }
    add([timeWaitTableFull, reuseSysctlMisread, portInEphemeralRange].compactMap { $0 })
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
      // The disagreement is added for all trials at once.
      return analysis.session.snapshot.coverage.isBlind(to: .boundNotListening) ? [boundNotListening([])] : []
    }
    return (step == .listen ? [listenConflict(trial, holders)] : []) + explain(holders, trial)
  }

  /// By what holds the port: first what no timer ends.
  private func explain(_ holders: [SocketRecord], _ trial: Trial) -> [Finding] {
    let groups = analysis.session.conflicts(with: trial)?.groups ?? []
    let held = HoldersByKind(
      holders, analysis.session.view, areTimeWaitsAlone: groups.allSatisfy { $0.example.state == .timeWait })
    var findings = held.listeners.isEmpty ? [] : explainListeners(held, trial)
    if !held.bound.isEmpty { findings.append(boundNotListening(held.bound)) }
    if !held.orphans.isEmpty { findings.append(orphanedConnection(held.orphans)) }
    if !held.selfConnected.isEmpty { findings.append(tcpSelfConnect(held.selfConnected)) }
    // Connections of a listener that is there as well say nothing of their own.
    if held.listeners.isEmpty {
      let isRefusedWithReuse = analysis.isRefusedWithReuse(trial)
      let outgoing = held.connections.filter { analysis.isOutgoing($0, refusedWithReuse: isRefusedWithReuse) }
      if !outgoing.isEmpty { findings.append(outgoingConnection(outgoing)) }
      let leaked = held.connections.filter { !outgoing.contains($0) }
      if !leaked.isEmpty { findings.append(leakedConnection(leaked)) }
    }
    return findings + explainTimers(held, trial) + remarks(holders)
      + [v4MappedTimeWait(trial, held.minisockets)].compactMap { $0 }
  }

  private func explainListeners(_ held: HoldersByKind, _ trial: Trial) -> [Finding] {
    if analysis.refused.isEmpty, analysis.undetermined.isEmpty, analysis.target.options.contains(.reusePort) {
      return [listenerShared(held.listeners)]
    }
    var findings: [Finding] = []
    if trial.socket.options.contains(.reusePort) {
      // What only may be in the way is no reason for a refusal that nobody has had.
      let refusing = analysis.session.isPredicted ? HoldersByKind(analysis.sureHolders(against: trial)) : held
      if case .undetermined(let unknowns) = trial.outcome {
        if unknowns.contains(.reusePort) { findings.append(reusePortUnknown(held.listeners)) }
      } else if !refusing.listeners.isEmpty {
        findings.append(reusePortRefused(refusing))
      }
    }
    // To somebody who named no address it is the listener that matters, not how addresses overlap.
    let alive = listenersAlive(held)
    let overlap = [overlap(trial, held.listeners)].compactMap { $0 }
    return findings + (analysis.target.areAlternatives ? alive + overlap : overlap + alive)
  }

  /// What is said of minisockets rests on what the trial with SO_REUSEADDR was answered, which tells nothing of them
  /// where something else refuses it.
  private func explainTimers(_ held: HoldersByKind, _ trial: Trial) -> [Finding] {
    let isRefusedWithReuse = analysis.isRefusedWithReuse(trial)
    guard !held.minisockets.isEmpty || !held.finWait2Orphans.isEmpty, !isRefusedWithReuse || !held.hasOthers
    else {
      return []
    }
    // A FIN_WAIT2 is said to be one, unless it is what a stop would leave.
    if analysis.session.isPredicted, held.hasTimeWaits { return [predictedTimers(trial, held)] }
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
    Finding(
      kind, severity, certainty, evidence: evidence, remedies: remedies,
      unseen: unseen + Unseen.always(isPredicted: analysis.session.isPredicted))
  }

  /// How many sockets a finding shows at the most.
  private static let shownLimit = 8

  func sockets(_ records: [SocketRecord]) -> Finding.Exhibit {
    if records.isEmpty { return .nothing }
    return .sockets(SocketSample(longest(records), of: records.count))
  }

  /// Those to show, the longest timer first: of a hundred thousand no more are put in order.
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

  /// Each process once, in the order in which they are found out.
  func owners(_ records: [SocketRecord]) -> [SocketOwner] {
    var seen: Set<Int32> = []
    return records.flatMap { analysis.details[$0]?.owners ?? [] }.filter { seen.insert($0.pid).inserted }
  }

  /// Nil unless an owner of each of them is known.
  func ownersOfAll(_ records: [SocketRecord]) -> [SocketOwner]? {
    guard !records.isEmpty, records.allSatisfy({ !(analysis.details[$0]?.owners ?? []).isEmpty }) else {
      return nil
    }
    return owners(records)
  }
}

extension Finding {
  /// Whether it stands in the way is not known.
  fileprivate var asPossible: Finding {
    var finding = self
    finding.severity = .warning
    finding.certainty = .possible
    return finding
  }

  /// It stands in nobody's way.
  fileprivate var asNote: Finding {
    var finding = self
    finding.severity = .info
    finding.remedies = []
    return finding
  }
}

extension Finding.Slug {
  /// The part that a finding has among several about one refusal.
  fileprivate enum Part {
    /// Goes before findings that would be true of any refusal.
    case specific
    case general
    /// Says that something ends by itself.
    case timer
    /// Says more of a holder that another finding is about.
    case remark
  }

  fileprivate var part: Part {
    switch self {
    case .ownAddressesOverlap, .listenConflict, .reusePortOtherUser, .reusePortOneSided: .specific
    case .timeWaitServerClosedFirst, .timeWaitHolderWithoutReuse, .finWait2Orphan: .timer
    case .listenerInherited, .mptcpHolder, .ownerHidden, .v4MappedTimeWait: .remark
    case .listenerAlive, .orphanedConnection, .leakedConnection, .boundNotListening,
      .outgoingConnectionTookPort, .tcpSelfConnect, .dualStackWildcard, .wildcardOverlapsSpecific,
      .kernelOwnedSocket, .socketActivation, .containerProxy, .privilegedPort, .addressNotLocal,
      .addressTentative, .addressNeedsScope, .familyUnavailable, .deniedByPolicy, .noSuchInterface,
      .ephemeralRangeExhausted, .portInEphemeralRange, .portNowFree, .timeWaitTableFull, .reuseSysctlMisread,
      .rulesAndKernelDisagree:
      .general
    }
  }
}

internal import NetlinkCodec
package import SocketTable

/// What the trials and the table mean for the server that was asked about.
package struct BindDiagnosis: Sendable {
  package let target: BindTarget
  package let trials: [Trial]
  package let skipped: [BindAddress]
  package let look: Look
  /// Nil if it could not be tried, or told without trying.
  package let bindable: Bool?
  /// What the table says, where nothing was bound; otherwise nil.
  package let prediction: Prediction?
  /// Milliseconds until the last timer in the way fires; 0 if nothing is in the way, nil if something other than a
  /// timer is, or could be without being seen.
  package let freeIn: UInt32?
  /// The same with the timer wheel's slack, and with a TIME_WAIT to come where a FIN_WAIT2 is among them.
  package let freeLatest: UInt32?
  /// What stands in the server's way; if nothing does, what stands in the way of one without options.
  package let holders: [SocketRecord]
  /// What is known of the holders beyond their records.
  package let details: SocketDetailsTable
  /// Every combination of options was compared.
  package let isMatrix: Bool
  /// Of a comparison of everything: what is in the way of each trial; nil if nothing is, or nothing that is listed.
  package let blockers: [Blocker?]
  /// The network namespace that was asked about, if it is not the caller's own.
  package let namespace: NamespaceReference?
  /// The deciding one first.
  package let findings: [Finding]

  package struct Prediction: Sendable {
    package let answer: ConflictRules.Prediction
    package let certainty: Finding.Certainty
    /// What is not known of the sockets in the way, and decides.
    package let unknowns: ConflictRules.Unknowns
  }

  package init(_ evidence: BindEvidence) {
    let facts = BindFacts(evidence)
    let session = evidence.session
    details = evidence.details
    namespace = evidence.namespace
    target = session.target
    trials = session.trials
    skipped = session.skipped
    look = session.snapshot.look
    bindable = facts.yours.isEmpty ? nil : !facts.refused.isEmpty ? false : facts.open.isEmpty ? true : nil
    prediction = session.isPredicted ? facts.prediction : nil
    holders = facts.holders
    notSeen =
      (session.isPredicted ? [Catalogue.unseenWithoutBinding] : []) + Catalogue.alwaysUnseen
    freeIn = facts.freeIn
    freeLatest = facts.freeLatest
    findings = Self.findings(facts)
    isMatrix = session.comparison == .all
    let catalogue = Catalogue(facts)
    blockers =
      session.comparison == .all
      ? session.trials.map { trial in
        guard trial.outcome.isAddressInUse || trial.outcome.isOpen else { return nil }
        let blamed = facts.blamed(by: trial)
        return blamed.first.map {
          Blocker(line: catalogue.line($0), others: blamed.count - 1)
        }
      } : []
  }

  /// A socket in the way, in words, and how many more there are.
  package struct Blocker: Hashable, Sendable {
    package let line: String
    package let others: Int
  }

  /// The trial of the target's address at `index` with these options; nil if there was none.
  package func trial(_ index: Int, _ options: SocketOptions) -> Trial? {
    let made = trials.filter { $0.socket.options == options }
    // A server may name an address twice; its sockets are tried in their order.
    if !target.areAlternatives, options == target.options {
      let own = made.filter(\.isYours)
      return own.indices.contains(index) ? own[index] : nil
    }
    return made.first { $0.socket.address == target.addresses[index] }
  }

  /// What no answer like this one can have looked at.
  package let notSeen: [String]

  private static func findings(_ facts: BindFacts) -> [Finding] {
    var findings: [Finding] = []
    func add(_ new: [Finding]) {
      for finding in new where !findings.contains(where: { $0.slug == finding.slug }) {
        findings.append(finding)
      }
    }
    let catalogue = Catalogue(facts)
    if facts.session.hasJustBecomeFree, facts.refused.isEmpty { add([catalogue.portNowFree]) }

    var refusals: [Finding] = []
    for trial in facts.refused { refusals += Self.explain(trial, facts, catalogue) }
    for trial in facts.open {
      refusals += Self.explain(facts.blamed(by: trial), trial, facts, catalogue).map(\.asPossible)
    }
    add(refusals.filter(\.isSpecific))
    // What no timer ends decides.
    add(refusals.filter { !$0.isOfTimers && !$0.isRemark })
    add(refusals.filter { !$0.isRemark })
    add(refusals)
    if facts.refused.isEmpty, facts.open.isEmpty {
      // The difference to a server without options is worth a word, and is no fault: there is nothing to do.
      for trial in facts.refusedPlain {
        add(
          Self.explain(trial, facts, catalogue).map { finding in
            var finding = finding
            finding.severity = .info
            finding.remedies = []
            return finding
          })
      }
    }
    if facts.refused.isEmpty, let trial = facts.yours.first(where: facts.cannotListenBesideOwnSockets) {
      add([catalogue.ownAddressesCannotAllListen(trial)])
    }
    if let disagreement = facts.disagreement { add([catalogue.rulesAndKernelDisagree(disagreement)]) }
    add([catalogue.timeWaitTableFull, catalogue.reuseSysctlMisread].compactMap { $0 })
    if facts.settings.isEphemeral(facts.target.port) { add([catalogue.portInEphemeralRange]) }
    return findings
  }

  // MARK: One refusal

  private static func explain(_ trial: Trial, _ facts: BindFacts, _ catalogue: Catalogue) -> [Finding] {
    guard case .refused(let step, let error) = trial.outcome else { return [] }
    switch error {
    case .addressInUse:
      if facts.target.port == 0 { return [catalogue.ephemeralRangeExhausted] }
      let isAloneOK = facts.session.overlappingAlone.contains(trial.socket.address)
      if isAloneOK { return [catalogue.ownAddressesOverlap(trial, isAloneOK: true)] }
      if facts.overlapsOwnSockets(trial) {
        return [catalogue.ownAddressesOverlap(trial, isAloneOK: false)]
          + explain(facts.blamed(by: trial), trial, facts, catalogue)
      }
      let blamed = facts.blamed(by: trial)
      if blamed.isEmpty {
        // The disagreement is added for all trials at once.
        return facts.session.snapshot.look.isBlind(to: .boundNotListening)
          ? [catalogue.boundNotListening(trial, [])] : []
      }
      if step == .listen {
        return [catalogue.listenConflict(trial, blamed)] + explain(blamed, trial, facts, catalogue)
      }
      return explain(blamed, trial, facts, catalogue)
    case .accessDenied:
      let needsPrivilege =
        facts.target.port != 0 && Int(facts.target.port) < facts.settings.unprivilegedPortStart
      return needsPrivilege && facts.settings.mayBindPrivilegedPorts != true
        ? [catalogue.privilegedPort] : [catalogue.deniedByPolicy(trial, error)]
    case .addressNotAvailable:
      let address = trial.socket.address.address
      if facts.settings.tentativeAddresses.contains(address) { return [catalogue.addressTentative(trial)] }
      return address.ipv4 == nil && facts.settings.isIPv6Disabled
        ? [catalogue.familyUnavailable(trial, error)] : [catalogue.addressNotLocal(trial)]
    case .familyNotSupported, .protocolNotSupported: return [catalogue.familyUnavailable(trial, error)]
    case .noSuchDevice: return [catalogue.noSuchInterface(trial)]
    case .invalidArgument where trial.socket.address.address.isLinkLocal && trial.socket.address.scope == 0:
      return [catalogue.addressNeedsScope(trial)]
    case .invalidArgument where trial.socket.address.address.isMulticast:
      return [catalogue.addressNotLocal(trial)]
    default: return [catalogue.deniedByPolicy(trial, error)]
    }
  }

  /// By what holds the port: first what no timer ends.
  private static func explain(
    _ blamed: [SocketRecord], _ trial: Trial, _ facts: BindFacts, _ catalogue: Catalogue
  ) -> [Finding] {
    let held = Holders(blamed, facts.session.view)
    var findings: [Finding] = []
    if !held.listeners.isEmpty {
      if facts.refused.isEmpty, facts.open.isEmpty, facts.target.options.contains(.reusePort) {
        findings.append(catalogue.listenerShared(held.listeners))
      } else {
        if trial.socket.options.contains(.reusePort) {
          // What only may be in the way is no reason for a refusal that nobody has had.
          let refusing = facts.session.isPredicted ? Holders(facts.surelyBlamed(by: trial)) : held
          if case .open(let unknowns) = trial.outcome {
            if unknowns.contains(.reusePort) { findings.append(catalogue.reusePortUnknown(held.listeners)) }
          } else if !refusing.listeners.isEmpty {
            findings.append(catalogue.reusePortRefused(refusing))
          }
        }
        // To somebody who named no address it is the listener that matters, not how addresses overlap.
        let alive = catalogue.listenersAlive(held)
        let overlap = [catalogue.overlap(trial, held.listeners)].compactMap { $0 }
        findings += facts.target.areAlternatives ? alive + overlap : overlap + alive
      }
    }
    if !held.bound.isEmpty { findings.append(catalogue.boundNotListening(trial, held.bound)) }
    if !held.orphans.isEmpty { findings.append(catalogue.orphanedConnection(trial, held.orphans)) }
    if !held.selfConnected.isEmpty { findings.append(catalogue.tcpSelfConnect(trial, held.selfConnected)) }
    // Connections of a listener that is there as well say nothing of their own.
    if held.listeners.isEmpty {
      let isRefusedWithReuse = facts.isRefusedWithReuse(trial)
      let outgoing = held.connections.filter { facts.isOutgoing($0, refusedWithReuse: isRefusedWithReuse) }
      if !outgoing.isEmpty { findings.append(catalogue.outgoingConnection(trial, outgoing)) }
      let leaked = held.connections.filter { !outgoing.contains($0) }
      if !leaked.isEmpty { findings.append(catalogue.leakedConnection(trial, leaked)) }
    }
    return findings + explainTimers(held, trial, facts, catalogue) + catalogue.remarks(blamed)
      + [catalogue.v4MappedTimeWait(trial, held.minisockets)].compactMap { $0 }
  }

  /// What is said of minisockets rests on what the trial with SO_REUSEADDR was answered, which tells nothing of them
  /// where something else refuses it.
  private static func explainTimers(
    _ held: Holders, _ trial: Trial, _ facts: BindFacts, _ catalogue: Catalogue
  ) -> [Finding] {
    let isRefusedWithReuse = facts.isRefusedWithReuse(trial)
    guard !held.minisockets.isEmpty || !held.finWait2Orphans.isEmpty, !isRefusedWithReuse || !held.hasOthers
    else {
      return []
    }
    // A FIN_WAIT2 is said to be one, unless it is what a stop would leave.
    if facts.session.isPredicted, held.hasTimeWaits { return [catalogue.predictedTimers(trial, held)] }
    var findings: [Finding] = []
    if !held.hasTimeWaits { findings.append(catalogue.finWait2Orphan(trial, held.finWait2Orphans)) }
    if isRefusedWithReuse {
      if !held.minisockets.isEmpty {
        findings.append(catalogue.timeWaitHolderWithoutReuse(trial, held.minisockets))
      }
    } else if held.hasTimeWaits {
      findings.append(catalogue.timeWaitServerClosedFirst(trial, held.minisockets))
    }
    if held.hasTimeWaits, !held.finWait2Orphans.isEmpty {
      findings.append(catalogue.finWait2Orphan(trial, held.finWait2Orphans))
    }
    return findings
  }
}

extension Finding {
  /// Says that something ends by itself.
  fileprivate var isOfTimers: Bool {
    switch slug {
    case .timeWaitServerClosedFirst, .timeWaitHolderWithoutReuse, .finWait2Orphan: true
    default: false
    }
  }

  /// Says more of a holder that another finding is about.
  fileprivate var isRemark: Bool {
    switch slug {
    case .listenerInherited, .mptcpHolder, .ownerHidden, .v4MappedTimeWait: true
    default: false
    }
  }

  /// Whether it stands in the way is not known.
  fileprivate var asPossible: Finding {
    var finding = self
    finding.severity = .warning
    finding.certainty = .possible
    return finding
  }

  /// Goes before findings that would be true of any refusal.
  fileprivate var isSpecific: Bool {
    switch slug {
    case .ownAddressesOverlap, .listenConflict, .reusePortOtherUser, .reusePortOneSided: true
    default: false
    }
  }
}

internal import SocketTable

/// Judges the listeners on one port.
struct PortAudit {
  private let evidence: AuditEvidence
  /// Every socket on the port.
  private let records: [SocketRecord]
  /// The indices in the look of the listeners among them, and the listeners themselves.
  private let indices: [Int]
  private let listeners: [SocketRecord]
  private let servers: ListenerGroups
  /// Listeners that no process has in common, although their services may be the same.
  private let makers: ListenerGroups

  /// A stop of each of more servers than this is not judged by itself: then all are stopped together.
  private static let many = 32

  /// - Parameter onPort: indices in the look of every socket on one port.
  init(_ evidence: AuditEvidence, _ onPort: [Int]) {
    self.evidence = evidence
    records = onPort.map { evidence.snapshot.records[$0] }
    indices = onPort.filter { evidence.snapshot.records[$0].state == .listen }
    let listeners = indices.map { evidence.snapshot.records[$0] }
    self.listeners = listeners
    servers = ListenerGroups(listeners, evidence.details, byService: true)
    makers = ListenerGroups(listeners, evidence.details, byService: false)
  }

  /// Those of the port's listeners that were asked about.
  func listeners(_ asked: Set<Int>) -> [AuditedListener] {
    let all = servers.members.count <= Self.many ? servers.members : [Array(listeners.indices)]
    let places = ListenerPlaces(listeners, makers)
    var audited: [AuditedListener] = []
    for server in all {
      let wanted = server.filter { asked.contains(indices[$0]) }
      if wanted.isEmpty { continue }
      let answers = answers(of: server)
      for index in wanted {
        audited.append(audit(index, answers[index] ?? notRead(index), places))
      }
    }
    return audited
  }

  private struct Answer {
    var restart: AuditedListener.Restart
    var blockedFor: UInt32?
    var blockedLatest: UInt32?
    var reason: AuditedListener.Reason?
  }

  private func details(_ index: Int) -> SocketDetails? { evidence.details[listeners[index]] }

  private func notRead(_ index: Int) -> Answer {
    if !evidence.snapshot.coverage.isComplete { return Answer(restart: .unknown, reason: .incomplete) }
    return Answer(restart: .unknown, reason: details(index)?.isKernelOwned == true ? .ofKernel : .notRead)
  }

  // MARK: Restart

  /// What all sockets of one target have in common.
  private struct Kind: Hashable {
    var settings: ServerSocket.Settings
    var isFreeBind: Bool
  }

  /// For each of a server's listeners that could be read, by its index.
  private func answers(of server: [Int]) -> [Int: Answer] {
    var kinds: [Kind: [BindAddress: [Int]]] = [:]
    for index in server {
      guard let socket = evidence.sockets[indices[index]] else { continue }
      kinds[Kind(settings: socket.settings, isFreeBind: socket.isFreeBind), default: [:]][
        socket.address, default: []
      ].append(index)
    }
    guard !kinds.isEmpty else { return [:] }
    let own = Set(server)
    let scenario = Scenario.afterStop(
      of: server.map { listeners[$0] },
      besides: own.count == listeners.count
        ? [] : listeners.indices.filter { !own.contains($0) }.map { listeners[$0] },
      evidence.details)
    var snapshot = evidence.snapshot
    snapshot.records = records
    var answers: [Int: Answer] = [:]
    for (kind, addresses) in kinds {
      let session = TrialSession.predicted(
        target(kind, Array(addresses.keys)), comparing: .none, snapshot: snapshot, details: evidence.details,
        scenario: scenario)
      let analysis = BindAnalysis(
        BindEvidence(session, settings: evidence.settings, details: evidence.details))
      for trial in session.trials {
        let answer = answer(trial, analysis)
        for index in addresses[trial.socket.address] ?? [] { answers[index] = answer }
      }
    }
    return answers
  }

  /// Each of its addresses is asked about by itself: as they could be held together before, none is in another's way.
  private func target(_ kind: Kind, _ addresses: [BindAddress]) -> BindTarget {
    var target = BindTarget(
      port: listeners[0].localPort, addresses: addresses, areAlternatives: true,
      options: kind.settings.options, interface: kind.settings.interface,
      interfaceIndex: kind.settings.interfaceIndex, uid: kind.settings.uid)
    target.isAfterStop = true
    target.isMultipath = kind.settings.isMultipath
    target.isFreeBind = kind.isFreeBind
    return target
  }

  private func answer(_ trial: Trial, _ analysis: BindAnalysis) -> Answer {
    guard evidence.snapshot.coverage.isComplete else {
      return Answer(restart: .unknown, reason: .incomplete)
    }
    switch trial.outcome {
    case .ok: return Answer(restart: .yes, blockedFor: 0, blockedLatest: 0)
    case .refused:
      return Answer(
        restart: .no, blockedFor: analysis.longestTimer([trial]).map { max($0, 1) },
        blockedLatest: analysis.latest([trial]), reason: reason(trial, analysis))
    case .undetermined(let unknowns):
      return Answer(
        restart: .depends, blockedLatest: analysis.latest([trial]), reason: .dependsOn(unknowns))
    }
  }

  private func reason(_ trial: Trial, _ analysis: BindAnalysis) -> AuditedListener.Reason {
    guard let conflicts = analysis.session.conflicts(with: trial) else { return .incomplete }
    guard let other = conflicts.groups.first(where: { !$0.isTimer })?.example else {
      return trial.socket.options.contains(.reuseAddress) ? .oldLackReuse : .lacksReuse
    }
    let owner = evidence.details[other]?.owners?.first
    return switch other.state {
    case .listen: .listener(owner)
    case .bound: .bound(owner)
    default: .connection(owner)
    }
  }

  // MARK: Findings

  private func audit(_ index: Int, _ answer: Answer, _ places: ListenerPlaces) -> AuditedListener {
    let record = listeners[index]
    let sharers = places.sharers(of: index)
    var slugs: [Finding.Slug] = []
    func add(_ slug: Finding.Slug, if isTrue: Bool = true) { if isTrue { slugs.append(slug) } }
    switch answer.reason {
    case .lacksReuse?, .oldLackReuse?: add(.timeWaitHolderWithoutReuse)
    case .listener?: add(.listenerAlive)
    case .bound?: add(.boundNotListening)
    case .connection?: add(.leakedConnection)
    case .dependsOn?, .notRead?, .ofKernel?, .incomplete?, nil: break
    }
    let details = details(index)
    add(.ownerHidden, if: details?.visibility == .hidden)
    add(.kernelOwnedSocket, if: details?.isKernelOwned == true)
    add(.holderStopped, if: details?.isStopped == true)
    add(.portInEphemeralRange, if: evidence.settings.isEphemeral(record.localPort))
    add(.sharedByReusePort, if: sharers > 1)
    add(.listenerInherited, if: details?.isInherited == true)
    add(.otherNameElsewhere, if: places.hasOtherName(index, servers))
    return AuditedListener(
      record: record, socket: evidence.sockets[indices[index]], restart: answer.restart,
      blockedFor: answer.blockedFor, blockedLatest: answer.blockedLatest, reason: answer.reason,
      findings: slugs, sharers: sharers)
  }
}

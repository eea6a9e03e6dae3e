package import Diagnosis
internal import SocketTable

/// The evidence about a server's bind: tries and looks, or predicts, and then finds out what an explanation needs.
extension Investigation {
  /// The evidence for one answer.
  /// - Throws: `.wouldTakeConnections`; see `refuseToTakeConnections`. `.user` where this process may not become that user.
  package mutating func evidence(
    for question: BindQuestion, _ prober: inout QuestionProber
  ) throws(InvestigationError) -> BindEvidence {
    if question.isPredicted { return try prediction(for: question) }
    for _ in 1..<Self.rounds {
      let (evidence, isOutdated) = try self.evidence(
        for: question, checked: try trials(for: question, &prober))
      if !isOutdated { return evidence }
    }
    return try evidence(for: question, try trials(for: question, &prober))
  }

  /// So often the question is asked where what refused a trial has gone while its owner was looked for.
  private static let rounds = 3

  // MARK: Trials

  /// The trials, and the look that belongs to them.
  package mutating func trials(
    for question: BindQuestion, _ prober: inout QuestionProber
  ) throws(InvestigationError) -> TrialSession {
    try refuseToTakeConnections(question)
    return try TrialSession.run(question.target, comparing: question.comparison, prober: &prober) {
      () throws(InvestigationError) in try look(for: question)
    }
  }

  /// Every socket on the port, with the options that the kernel tells of each where they are asked for and read.
  private mutating func look(for question: BindQuestion) throws(InvestigationError) -> Snapshot {
    let filter = SocketFilter(
      transport: question.target.transport, ports: PortSet(question.target.port), states: .states(.all))
    var snapshot = try snapshot(filter)
    if question.reuseOptions == .all, question.wantsExplanation || question.isPredicted {
      learnReuseOptions(of: &snapshot.records, filter)
    }
    return snapshot
  }

  /// The server's own trials once more; see `TrialSession.tryAgain`. True if every one succeeded.
  package mutating func tryAgain(
    _ session: inout TrialSession, for question: BindQuestion, _ prober: inout QuestionProber
  ) throws(InvestigationError) -> Bool {
    try refuseToTakeConnections(question)
    return try session.tryAgain(&prober)
  }

  /// Adds to trials that were made what an explanation needs: who holds the port, and the host's settings. Where nobody
  /// reads an explanation the settings are defaults.
  package mutating func evidence(
    for question: BindQuestion, _ session: TrialSession
  ) throws(InvestigationError) -> BindEvidence {
    try evidence(for: question, checked: session).evidence
  }

  /// The same, and whether something that stood in the way has gone since the trials.
  private mutating func evidence(
    for question: BindQuestion, checked session: TrialSession
  ) throws(InvestigationError) -> (evidence: BindEvidence, isOutdated: Bool) {
    guard question.wantsExplanation else { return (BindEvidence(session, settings: HostSettings()), false) }
    let holders = session.holders(onlyOfProcesses: true)
    let bystanders = session.bystanders
    var (details, haveGone) = try detailsOfHolders(
      bystanders.isEmpty ? holders : holders + bystanders, for: question)
    details.nameInterfaces(of: session.snapshot.records)
    var settings = settings(for: question.target, details)
    if session.holders().contains(where: \.isMinisocket) {
      settings.endsMinisockets =
        switch KernelSelfTest.endOfMinisockets {
        case .works: true
        case .ofConnectionsAlone, .notBuiltIn: false
        case .unknown: nil
        }
    }
    return (
      BindEvidence(
        session, settings: settings, details: details, namespace: place.reference,
        otherNamespaces: otherNamespaces(session), otherProtocols: otherProtocols(for: question)), haveGone
    )
  }

  /// Throws `.wouldTakeConnections` for a trial that listens with SO_REUSEPORT beside another listener: it would be given
  /// a share of the connections, and reset them when it is closed.
  private mutating func refuseToTakeConnections(_ question: BindQuestion) throws(InvestigationError) {
    let target = question.target
    guard target.listens, target.options.contains(.reusePort), !question.mayTakeConnections else { return }
    var listeners = 0
    let filter = SocketFilter(
      transport: target.transport, ports: PortSet(target.port), states: .states(StateSet(.listen)))
    _ = try stream(filter) { _ in listeners += 1 }
    if listeners > 0 { throw .wouldTakeConnections(port: target.port) }
  }

  // MARK: Prediction

  /// Evidence from the socket table alone.
  private mutating func prediction(for question: BindQuestion) throws(InvestigationError) -> BindEvidence {
    var target = question.target
    let snapshot = try look(for: question)
    var settings = settings(for: target)
    func predicted(_ details: SocketDetailsTable) -> TrialSession {
      .predicted(
        target, comparing: question.comparison, snapshot: snapshot, details: details,
        lacksPrivilege: Int(target.port) < settings.unprivilegedPortStart
          && settings.mayBindPrivilegedPorts == false)
    }
    let first = predicted(SocketDetailsTable())
    guard question.wantsExplanation || question.reuseOptions != .none || target.isAfterStop else {
      return BindEvidence(
        first, settings: settings, namespace: place.reference, otherProtocols: otherProtocols(for: question))
    }
    // What a stop leaves depends on which connections belong to the processes that it ends: their owners are needed, too.
    let holders =
      target.isAfterStop
      ? snapshot.records.filter { $0.inode != 0 } : first.holders(onlyOfProcesses: true)
    var details = try detailsOfHolders(holders, for: question).details
    details.nameInterfaces(of: snapshot.records)
    // Listeners whose options the kernel has told need not be asked for them, but for the rest of what describes a server.
    let asksListeners =
      question.takesListeners || snapshot.records.contains { $0.state == .listen && $0.reuseAddress == nil }
    if target.isAfterStop, question.reuseOptions != .none, asksListeners {
      target = restarted(target, question, snapshot.records, &details)
      settings = self.settings(for: target)
    }
    if !details.isEmpty { settings.caller = Caller.current() }
    return BindEvidence(
      holders.isEmpty ? first : predicted(details), settings: settings, details: details,
      namespace: place.reference, otherProtocols: otherProtocols(for: question))
  }

  // MARK: Later

  /// Looks again, for a watch, and repeats the server's own trials only if the look is complete and something on the port
  /// has changed since `before`. `wasTried` tells whether it did.
  package mutating func evidence(
    for question: BindQuestion, after before: BindEvidence, _ prober: inout QuestionProber
  ) throws(InvestigationError) -> (evidence: BindEvidence, wasTried: Bool) {
    let snapshot = try look(for: question)
    var session = before.session
    let hasChanged =
      snapshot.coverage.isComplete
      && Fingerprint(snapshot.records) != Fingerprint(before.session.snapshot.records)
    session.take(snapshot, details: before.details)
    guard hasChanged else {
      return (
        BindEvidence(
          session, settings: settings(for: question.target, before.details), details: before.details,
          namespace: place.reference, otherNamespaces: before.otherNamespaces,
          otherProtocols: otherProtocols(for: question, known: before.otherProtocols)), false
      )
    }
    try refuseToTakeConnections(question)
    try session.tryYours(&prober)
    session.take(snapshot)
    return (try evidence(for: question, session), true)
  }

  /// Looked at only where nothing here is on the port: then it may be another namespace that was meant.
  private func otherNamespaces(_ session: TrialSession) -> [OtherNamespace] {
    guard session.snapshot.records.isEmpty, session.target.port != 0 else { return [] }
    return OtherNamespaces.holding(session.target.port, session.target.transport)
  }

  /// - Parameter details: of holders. Only where processes hold the port does it matter which are this one's ancestors.
  private func settings(
    for target: BindTarget, _ details: SocketDetailsTable = SocketDetailsTable()
  ) -> HostSettings {
    var settings = HostSettings.current()
    if !details.isEmpty { settings.caller = Caller.current() }
    if let uid = target.asUID, uid != 0 { settings.mayBindPrivilegedPorts = false }
    // It holds the port: whoever made its sockets was permitted to.
    switch target.origin {
    case .described: break
    case .taken(let server): if server.uid == target.uid { settings.mayBindPrivilegedPorts = true }
    case .unreadable, .unlike: if target.asUID == nil { settings.mayBindPrivilegedPorts = true }
    }
    return settings
  }
}

/// Binds for real, and counts how often.
package struct QuestionProber: BindProber {
  private var prober: KernelBindProber
  /// Sockets that were made, tried and closed.
  package private(set) var count = 0

  /// - Parameter user: to bind as; nil is this process's own.
  package init(as user: User? = nil) { prober = KernelBindProber(as: user) }

  package func pause() { prober.pause() }

  /// - Throws: `.user` where this process may not become the user, and `.system`.
  package mutating func attempt(_ sockets: [TrialSocket]) throws(InvestigationError) -> [TrialOutcome] {
    count += sockets.count
    do throws(SystemError) {
      return try prober.attempt(sockets)
    } catch {
      throw error.call == "setuid" ? .user(error) : .system(error)
    }
  }
}

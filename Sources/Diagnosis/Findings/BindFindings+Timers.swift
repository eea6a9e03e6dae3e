internal import SocketTable

/// Findings about ports that are held by timers only.
extension BindFindings {
  func timeWaitServerClosedFirst(_ trial: Trial, _ minisockets: [SocketRecord]) -> Finding {
    guard analysis.isReuseTried(trial) else {
      return finding(
        .timeWaitServerClosedFirst(.untried(StateCounts(minisockets), freeIn: freeIn)), .error, .possible,
        evidence: sockets(minisockets), remedies: [waiting], unseen: [.effectOfReuseAddress])
    }
    return finding(
      .timeWaitServerClosedFirst(
        .tried(StateCounts(minisockets), freeIn: analysis.refused.isEmpty ? nil : freeIn)),
      evidence: sockets(minisockets),
      remedies: [waiting, .setOption(.reuseAddress(.beforeBind))] + release(minisockets),
      unseen: (trial.usesServerOptions ? [.ownReuseAddress] : []) + whetherReleaseHelps)
  }

  func timeWaitHolderWithoutReuse(_ minisockets: [SocketRecord]) -> Finding {
    let look = analysis.session.snapshot.coverage
    let isBlind = look.isBlind(to: .boundNotListening)
    let certainty: Finding.Certainty = isBlind || !look.isComplete ? .likely : .certain
    if analysis.refused.isEmpty {
      return finding(
        .timeWaitHolderWithoutReuse(.reusePortInstead), .info, certainty, evidence: sockets(minisockets))
    }
    let isSet = analysis.target.options.contains(.reuseAddress)
    let missing = minisockets.filter { $0.reuseAddress == false }
    if !missing.isEmpty {
      return finding(
        .timeWaitHolderWithoutReuse(
          .seen(StateCounts(minisockets), missing: missing.count, freeIn: freeIn, isBlind: isBlind)), .error,
        evidence: sockets(missing),
        remedies: [waiting, .setOption(.reuseAddress(.forLaterRestarts(isSet: isSet)))]
          + release(minisockets),
        unseen: (isBlind ? [.boundSockets] : []) + whetherReleaseHelps)
    }
    return finding(
      .timeWaitHolderWithoutReuse(.tried(StateCounts(minisockets), freeIn: freeIn, isBlind: isBlind)), .error,
      certainty, evidence: sockets(minisockets),
      remedies: [waiting, .setOption(.reuseAddress(.forLaterRestarts(isSet: isSet)))]
        + release(minisockets),
      unseen: (isBlind ? [.boundSockets] : []) + whetherReleaseHelps)
  }

  func finWait2Orphan(_ trial: Trial, _ orphans: [SocketRecord]) -> Finding {
    finding(
      .finWait2Orphan(count: orphans.count, againstReuse: againstReuse(trial)), evidence: sockets(orphans),
      remedies: [waiting, reuse(trial, otherwise: .oldAndNew)]
        + (orphans.allSatisfy(\.isMinisocket) ? release(orphans) : []),
      unseen: [.whenClientsClose] + (orphans.allSatisfy(\.isMinisocket) ? whetherReleaseHelps : []))
  }

  /// Nil unless every one of them is likely to be what a client's connection left: the kernel chose the local port, and
  /// the other end has a port as servers have. The caller knows that SO_REUSEADDR was refused.
  func outgoingTimeWait(_ held: HoldersByKind) -> Finding? {
    let records = held.minisockets + held.finWait2Orphans.filter { !$0.isMinisocket }
    guard let range = analysis.settings.ephemeralRange, range.contains(analysis.target.port),
      let peer = records.first?.peer,
      records.allSatisfy({ !range.contains($0.peer?.port ?? 0) && $0.hasPeer })
    else { return nil }
    let areMinisockets = held.finWait2Orphans.allSatisfy(\.isMinisocket)
    return finding(
      .outgoingTimeWait(StateCounts(records), peer: peer, freeIn: freeIn), .error, .likely,
      evidence: sockets(records),
      remedies: [waiting] + (areMinisockets ? release(records) : []) + [reserving],
      unseen: [.whoConnected] + (areMinisockets ? whetherReleaseHelps : []))
  }

  // MARK: Prediction

  /// About timewait minisockets, or connections that would become such, where nothing was bound. Whether SO_REUSEADDR
  /// would help is then a prediction, too.
  func predictedTimers(_ trial: Trial, _ held: HoldersByKind) -> Finding {
    var minisockets = held.minisockets
    for orphan in held.finWait2Orphans where !orphan.isMinisocket { minisockets.append(orphan) }
    let withReuse = analysis.session.trials.first {
      $0.socket.address == trial.socket.address && $0.socket.options == .reuseAddress
    }
    let isOfStop = analysis.target.isAfterStop && analysis.leavesTimeWaits
    return isOfStop
      ? afterStop(minisockets, withReuse: withReuse?.outcome)
      : predicted(minisockets, withReuse: withReuse?.outcome)
  }

  private func predicted(_ minisockets: [SocketRecord], withReuse: TrialOutcome?) -> Finding {
    let isSet = analysis.target.options.contains(.reuseAddress)
    switch withReuse {
    case .ok?:
      return finding(
        .timeWaitServerClosedFirst(
          .predicted(StateCounts(minisockets), freeIn: analysis.refused.isEmpty ? nil : freeIn)),
        evidence: sockets(minisockets), remedies: [waiting, .setOption(.reuseAddress(.beforeBind))])
    case .refused?:
      return finding(
        .timeWaitHolderWithoutReuse(.predicted(StateCounts(minisockets), freeIn: freeIn)),
        evidence: sockets(minisockets),
        remedies: [waiting, .setOption(.reuseAddress(.forLaterRestarts(isSet: isSet)))])
    case .undetermined?, nil:
      return finding(
        .timeWaitServerClosedFirst(.unknown(StateCounts(minisockets), decides: analysis.refused.isEmpty)),
        .error, .possible,
        evidence: sockets(minisockets),
        remedies: [.look(.trial), waiting] + (isSet ? [] : [.setOption(.reuseAddress(.oldAndNew))]),
        unseen: [.oldServersOptions])
    }
  }

  /// About connections that would become timewait minisockets if the server stopped now.
  private func afterStop(_ minisockets: [SocketRecord], withReuse: TrialOutcome?) -> Finding {
    let clientsFirst = Remedy.restartOrder(.clientsCloseFirst)
    switch withReuse {
    case .ok?:
      return finding(
        .timeWaitServerClosedFirst(.afterStop), .error, .likely, evidence: sockets(minisockets),
        remedies: [.setOption(.reuseAddress(.inNewServerToo)), clientsFirst], unseen: [.waysToEnd])
    case .refused?:
      return finding(
        .timeWaitHolderWithoutReuse(.afterStop), .error, .likely, evidence: sockets(minisockets),
        remedies: [clientsFirst, .setOption(.reuseAddress(.forRestartAfterNext))], unseen: [.waysToEnd])
    case .undetermined?, nil:
      let couldNotRead = analysis.details.hasAskedForReuseOptions
      return finding(
        .timeWaitServerClosedFirst(
          .afterStopUnknown(decides: analysis.refused.isEmpty, couldNotRead: couldNotRead)),
        .error, .possible, evidence: sockets(minisockets),
        remedies: [.look(.runningServersOptions(asRoot: couldNotRead)), clientsFirst],
        unseen: [.runningServersOptions, .waysToEnd])
    }
  }

  // MARK: Remedies

  private var waiting: Remedy { .wait(.timers(free: freeIn, latest: freeLatest)) }

  /// Only minisockets are released: no process can notice their end. `release` ends no other sockets.
  /// Empty where this kernel cannot do it, or it is not known whether it can.
  private func release(_ minisockets: [SocketRecord]) -> [Remedy] {
    guard analysis.settings.endsMinisockets == true else { return [] }
    return [
      .release(count: minisockets.count, includesFinWait2: minisockets.contains { $0.state == .finWait2 })
    ]
  }

  /// What keeps `release` from being offered, where it is only not known whether it can be.
  private var whetherReleaseHelps: [Unseen] {
    analysis.settings.endsMinisockets == nil ? [.endOfMinisockets] : []
  }
}

internal import SocketTable

/// Findings about sockets that hold the port until a process or a peer does something.
extension BindFindings {
  // MARK: Listeners

  /// One finding for each kind of owner. That a service manager, a container's proxy or the kernel has the listener says
  /// more than that something listens, and calls for other remedies.
  func listenersAlive(_ held: HoldersByKind) -> [Finding] {
    var others = lookedAt(held.listeners)
    var findings: [Finding] = []
    func take(_ isOne: (SocketDetails) -> Bool, _ make: ([SocketRecord]) -> Finding) {
      let some = others.filter { $0.inode != 0 && analysis.details[$0].map(isOne) ?? false }
      guard !some.isEmpty else { return }
      others.removeAll { $0.inode != 0 && analysis.details[$0].map(isOne) ?? false }
      findings.append(make(some))
    }
    take({ $0.owners?.contains(where: \.isServiceManager) ?? false }, socketActivation)
    take({ $0.containerProxy != nil }, containerProxy)
    take(\.isKernelOwned, kernelOwnedSocket)
    take(\.isStopped) { holderStopped($0, loss(.service, held)) }
    // Of a sample all processes are known: what is not in it is theirs, too.
    if findings.isEmpty { return [listenerAlive(held.listeners, held)] }
    if !others.isEmpty { findings.insert(listenerAlive(others, held), at: 0) }
    return findings
  }

  private func listeners(_ records: [SocketRecord]) -> Finding.Listeners {
    Finding.Listeners(
      count: records.count, places: Finding.Places(records), owners: ownersOfAll(records))
  }

  /// About the listeners of which nothing more special is known.
  private func listenerAlive(_ records: [SocketRecord], _ held: HoldersByKind) -> Finding {
    let listeners = listeners(records)
    let looked = lookedAt(records)
    return finding(
      .listenerAlive(listeners, remaining: StateCounts(held.minisockets)), evidence: sockets(records),
      remedies: stopping(looked, loss(.service, held)) + findOut(looked) + restarting(looked),
      unseen: [listeners.owners == nil ? .listenersProcessAndService : .listenersService])
  }

  /// SO_REUSEPORT on both sides gets past them: perhaps meant, perhaps a second instance that nobody notices.
  func sharedByReusePort(_ records: [SocketRecord]) -> Finding {
    let listeners = listeners(records)
    return finding(
      .sharedByReusePort(listeners), .info, evidence: sockets(records),
      unseen: listeners.owners == nil ? [.listenersProcess] : [])
  }

  /// Nil unless somebody listens on the other family's loopback address, which `localhost` can mean as well.
  var otherNameElsewhere: Finding? {
    let target = analysis.target
    let hasIPv4 = target.addresses.contains { $0.address.coversLoopback(of: .ipv4, v6Only: $0.v6Only) }
    let hasIPv6 = target.addresses.contains { $0.address.coversLoopback(of: .ipv6, v6Only: $0.v6Only) }
    let others = analysis.session.bystanders.filter { record in
      let isOnly6 = record.v6Only ?? true
      return !hasIPv4 && record.local.address.coversLoopback(of: .ipv4, v6Only: isOnly6)
        || !hasIPv6 && record.local.address.coversLoopback(of: .ipv6, v6Only: isOnly6)
    }
    guard hasIPv4 || hasIPv6, !others.isEmpty else { return nil }
    return finding(.otherNameElsewhere(listeners(others)), .info, evidence: sockets(others))
  }

  private func socketActivation(_ listeners: [SocketRecord]) -> Finding {
    let units = Set(listeners.compactMap { analysis.details[$0]?.socketUnit })
    let unit = units.count == 1 ? units.first : nil
    let services = owners(listeners).filter { !$0.isServiceManager }
    return finding(
      .socketActivation(
        Finding.Places(listeners), unit: unit, services: services),
      evidence: sockets(listeners),
      remedies: [
        .stopSocketUnit(unit, services: Set(services.compactMap(\.service?.systemUnit)).sorted()),
        .restartOrder(.bySocketUnit), .look(.socketUnit(unit)),
      ],
      unseen: [unit == nil ? .socketUnit : .dropInFiles])
  }

  private func containerProxy(_ listeners: [SocketRecord]) -> Finding {
    guard let owner = listeners.lazy.compactMap({ self.analysis.details[$0]?.containerProxy }).first,
      let proxy = ContainerProxy(owner)
    else {
      return listenerAlive(listeners, HoldersByKind(listeners))
    }
    if proxy.isLeftover {
      return finding(
        .leftoverProxy(Finding.Places(listeners), by: owner), .error, .likely, evidence: sockets(listeners),
        remedies: [.signal([owner], .nothing), .look(.publishedContainer(proxy))])
    }
    return finding(
      .containerProxy(Finding.Places(listeners), by: owner, proxy), .error, .likely,
      evidence: sockets(listeners),
      remedies: [.stopPublishedContainer(proxy), .look(.publishedContainer(proxy))],
      unseen: [.insideContainer])
  }

  /// About sockets whose processes are all stopped, and cannot end before they continue.
  private func holderStopped(_ records: [SocketRecord], _ loss: Remedy.Loss) -> Finding {
    let owners = owners(records)
    return finding(
      .holderStopped(
        Finding.Places(records), owners: owners, isListening: records.contains { $0.state == .listen }),
      evidence: sockets(records),
      remedies: stopping(records, loss) + [.resume(owners)] + findOut(records), unseen: [.whyStopped])
  }

  private func kernelOwnedSocket(_ records: [SocketRecord]) -> Finding {
    finding(
      .kernelOwnedSocket(Finding.Places(records)), .error, .likely, evidence: sockets(records),
      remedies: [.look(.kernelServices), .stopKernelService], unseen: [.socketsOnTheirWay])
  }

  // MARK: Others

  /// - Parameter bound: empty where the kernel cannot list such sockets and nothing else explains the refusal.
  func boundNotListening(_ trial: Trial, _ bound: [SocketRecord]) -> Finding {
    let reuse = bound.isEmpty ? .untried : againstReuse(trial)
    let looked = lookedAt(bound)
    return finding(
      .boundNotListening(count: bound.count, owners: ownersOfAll(looked), againstReuse: reuse), .error,
      bound.isEmpty ? .possible : .certain, evidence: sockets(bound),
      remedies: (reuse == .helps ? [.setOption(.reuseAddress(.besideBound))] : [])
        + stopping(looked, .otherWork) + (bound.isEmpty ? lookForUnlisted : findOut(looked)),
      unseen: [bound.isEmpty ? .boundSockets : .whyNotListening])
  }

  /// Where sockets that are only bound show. A kernel that does not list them hides them from `port` as well, and leaves only
  /// the processes to look into, which takes root.
  private var lookForUnlisted: [Remedy] {
    let snapshot = analysis.session.snapshot
    if snapshot.coverage.origin == .procNet { return [.look(.port)] }
    return snapshot.hasSearchedProcesses ? [] : [.look(.ownersAsRoot)]
  }

  var boundNotListed: Finding {
    finding(.boundNotListed, remedies: [.look(.trial)], unseen: [.boundSockets])
  }

  func orphanedConnection(_ trial: Trial, _ orphans: [SocketRecord]) -> Finding {
    finding(
      .orphanedConnection(StateCounts(orphans)), evidence: sockets(orphans),
      remedies: [.wait(.otherEnd), reuse(trial, otherwise: .againstConnections)], unseen: [.otherEnd])
  }

  func tcpSelfConnect(_ records: [SocketRecord]) -> Finding {
    let owners = ownersOfAll(records)
    return finding(
      .tcpSelfConnect(owners: owners), evidence: sockets(records),
      remedies: ending(records) + stopping(records, Remedy.Loss.otherWork.leavingTimers) + [reserving]
        + findOut(records),
      unseen: owners == nil ? [.selfConnectedProcess] : [])
  }

  func outgoingConnection(_ connections: [SocketRecord]) -> Finding {
    let isCertain = connections.contains { $0.state == .synSent }
    return finding(
      .outgoingConnectionTookPort(
        owners: ownersOfAll(connections),
        isInEphemeralRange: analysis.settings.ephemeralRange?.contains(analysis.target.port) == true),
      .error, isCertain ? .certain : .likely, evidence: sockets(connections),
      remedies: [.wait(.connection)] + ending(connections)
        + stopping(connections, Remedy.Loss.otherWork.leavingTimers) + [reserving] + findOut(connections),
      unseen: isCertain ? [] : [.whoConnected])
  }

  /// Ends one connection and nothing else. Where its client chose the port itself, by bind(), the port stays taken as long as
  /// the client has the socket open, so none is offered. To end the client instead would leave the port in FIN_WAIT2 and
  /// TIME_WAIT for a minute or two.
  private func ending(_ connections: [SocketRecord]) -> [Remedy] {
    guard connections.count == 1, let connection = connections.first, let peer = connection.peer,
      analysis.settings.isEphemeral(analysis.target.port)
    else { return [] }
    return [.endConnection(local: connection.local, peer: peer)]
  }

  func leakedConnection(_ trial: Trial, _ connections: [SocketRecord]) -> Finding {
    let owners = ownersOfAll(connections)
    return finding(
      .leakedConnection(StateCounts(connections), owners: owners), .error, .likely,
      evidence: sockets(connections),
      remedies: [reuse(trial, otherwise: .againstConnections)]
        + stopping(connections, Remedy.Loss.clients.leavingTimers)
        + findOut(connections),
      unseen: owners == nil ? [.keepingProcess] : [])
  }

  // MARK: Remarks

  /// What is worth knowing about the holders in addition to the finding that explains the refusal.
  func remarks(_ holders: [SocketRecord]) -> [Finding] {
    // Each of these rests on the owners and the other details of a socket.
    if analysis.details.isEmpty { return [] }
    var findings: [Finding] = []
    let inherited = holders.filter { $0.state == .listen && analysis.details[$0]?.isInherited == true }
    if !inherited.isEmpty { findings.append(listenerInherited(inherited)) }
    let multipath = holders.filter { analysis.details[$0]?.isMultipath == true }
    if !multipath.isEmpty { findings.append(finding(.mptcpHolder, .info, evidence: sockets(multipath))) }
    let stopped = holders.filter { $0.state != .listen && analysis.details[$0]?.isStopped == true }
    if !stopped.isEmpty { findings.append(holderStopped(stopped, .otherWork)) }
    let hidden = holders.filter {
      analysis.details[$0]?.visibility == .hidden && analysis.details[$0]?.proxy == nil
    }
    if !hidden.isEmpty { findings.append(ownerHidden(hidden)) }
    return findings
  }

  private func listenerInherited(_ listeners: [SocketRecord]) -> Finding {
    let holders = owners(listeners)
    let outside = listeners.flatMap { analysis.details[$0]?.ownersOutside ?? [] }
    return finding(
      .listenerInherited(by: holders, madeIn: cgroupName(listeners)), .warning, .likely,
      evidence: .processes(Array(holders.prefix(8))),
      remedies: [
        .setOption(.closeOnExec),
        .signalHeirs(
          outside.isEmpty ? holders : outside, areAll: outside.isEmpty || Set(outside) == Set(holders)),
      ],
      unseen: [.whyInherited])
  }

  private func ownerHidden(_ records: [SocketRecord]) -> Finding {
    let details = records.compactMap { analysis.details[$0] }
    let concealment = details.reduce(into: Concealment()) { $0.formUnion($1.concealment) }
    return finding(
      .ownerHidden(
        Finding.Places(records), concealment, madeIn: cgroupName(records),
        suspects: details.lazy.map(\.suspects).first { !$0.isEmpty } ?? []),
      .warning, evidence: sockets(records),
      remedies: [.look(sightOfOwners(concealment))], unseen: [.process])
  }

  private func cgroupName(_ records: [SocketRecord]) -> String? {
    records.lazy.compactMap { self.analysis.details[$0]?.cgroup }.first.map { $0.unit ?? $0.text }
  }
}

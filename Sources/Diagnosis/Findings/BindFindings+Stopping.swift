internal import SocketTable

/// What to do about processes that hold the port: how to end them, and how to learn more about them.
extension BindFindings {
  /// SO_REUSEADDR: as what frees the port where the trial with it succeeded, otherwise as advice for later.
  func reuse(_ trial: Trial, otherwise: Remedy.OptionAdvice.When) -> Remedy {
    .setOption(.reuseAddress(againstReuse(trial) == .helps ? .beforeBind : otherwise))
  }

  func againstReuse(_ trial: Trial) -> Finding.AgainstReuse {
    analysis.isRefusedWithReuse(trial) ? .refused : analysis.isReuseTried(trial) ? .helps : .untried
  }

  /// What a listener's end costs. The connections that it leaves, or has left, hold the port for longer.
  func loss(_ what: Remedy.Loss.What, _ held: HoldersByKind) -> Remedy.Loss {
    var loss = Remedy.Loss(what)
    loss.leavesTimers = held.all.count > held.listeners.count + held.bound.count
    return loss
  }

  /// How to learn more about what holds these sockets.
  func findOut(_ records: [SocketRecord]) -> [Remedy] {
    let details = records.compactMap { analysis.details[$0] }
    let concealment = details.reduce(into: Concealment()) { $0.formUnion($1.concealment) }
    return [identifying(records)].compactMap { $0 }
      + (owners(records).isEmpty ? [.look(sightOfOwners(concealment))] : [])
  }

  /// From where the owners can be seen that are hidden from here.
  func sightOfOwners(_ concealment: Concealment) -> Remedy.Sight {
    if !concealment.isDisjoint(with: [.noProc, .pidNamespace, .userNamespace, .policy]) {
      return .ownersFromHost
    }
    return analysis.settings.caller.isRoot ? .owners : .ownersAsRoot
  }

  /// The command that shows what holds these sockets; nil where neither an owner nor a system service is known. No name is
  /// taken from below another service, a user's service manager or a container: there others choose the names.
  private func identifying(_ records: [SocketRecord]) -> Remedy? {
    let owners = owners(records)
    guard let owner = owners.first else {
      // The cgroup names the unit that made the socket, even to users who may not see the unit's processes.
      let made = records.lazy.compactMap { self.analysis.details[$0]?.cgroup }.first
      return made?.systemUnit.flatMap { Self.isStoppable($0) ? .look(.unit($0)) : nil }
    }
    if let container = owner.namedContainer, owners.allSatisfy({ $0.namedContainer == container }) {
      return .look(.container(container))
    }
    if let unit = owner.namedUnit, owners.allSatisfy({ $0.namedUnit == unit }) { return .look(.unit(unit)) }
    // Process 1 of this PID namespace is known, and its arguments tell nothing about who started it.
    let pids = owners.map(\.pid).filter { $0 != 1 }
    return pids.isEmpty ? nil : .look(.processes(pids))
  }

  /// Ends the processes that hold these sockets: by their container or unit if all belong to one, otherwise by a signal. Where
  /// more would end than the holder, something milder is offered as well. Empty where no process is known.
  func stopping(_ records: [SocketRecord], _ loss: Remedy.Loss) -> [Remedy] {
    let owners = owners(records)
    guard let owner = owners.first else { return [] }
    var loss = loss
    if let container = owner.namedContainer, !container.isPod,
      owners.allSatisfy({ $0.namedContainer == container })
    {
      if container.pod != nil { loss.besides = .restarts }
      return [.stopContainer(container, loss)]
    }
    if owners.contains(where: { $0.pid == 1 }) { return [.otherAddress(.anotherPort), .stopFromOutside] }
    if resolvesNames(records) { loss.besides = .nameResolution }
    let caller = analysis.settings.caller
    if let unit = owner.namedUnit, owners.allSatisfy({ $0.namedUnit == unit }) {
      if caller.units.contains(unit) || Self.isOfSessions(unit) { loss.besides = .ownSession }
      if Self.runsContainers(unit) { loss.besides = .containers }
      return (loss.besides == nil ? [] : [milder(loss, records)]) + [.stopUnit(unit, loss)]
    }
    if owners.contains(where: { caller.ancestors.contains($0.pid) }) { loss.besides = .ownSession }
    return (loss.besides == nil ? [] : [milder(loss, records)]) + [.signal(owners, loss)]
  }

  /// Whether what listens could bind again at once is another question than whether a second server could start.
  func restarting(_ listeners: [SocketRecord]) -> [Remedy] {
    let owners = owners(listeners)
    guard let owner = owners.first, !owners.contains(where: { $0.pid == 1 }), !analysis.target.isAfterStop
    else { return [] }
    let unit = owner.namedUnit.flatMap { unit in owners.allSatisfy { $0.namedUnit == unit } ? unit : nil }
    return [.look(.restart(owners, unit: unit))]
  }

  /// What lets the server start, and ends nothing. A second resolver has to have port 53, and can do without the address of the
  /// first.
  private func milder(_ loss: Remedy.Loss, _ records: [SocketRecord]) -> Remedy {
    guard loss.besides == .nameResolution, let record = records.first,
      analysis.target.addresses.allSatisfy(\.address.isUnspecified),
      Set(analysis.holders.map(\.local.address)) == [record.local.address],
      !record.local.address.isUnspecified
    else { return .otherAddress(.anotherPort) }
    return .otherAddress(.specific(besides: Finding.Place(record)))
  }

  /// Whether it is likely to be the resolver that the host itself asks: on port 53, where the host's own programs reach it.
  private func resolvesNames(_ records: [SocketRecord]) -> Bool {
    analysis.target.port == 53
      && records.contains { $0.local.address.isLoopback || $0.local.address.isUnspecified }
  }

  /// Whether stopping the unit ends one service only. A login session (session-1.scope) or a user's service manager
  /// (user@1000.service) would take everything else of that user with it.
  fileprivate static func isStoppable(_ unit: String) -> Bool {
    unit.hasSuffix(".service") && !unit.hasPrefix("user@")
  }

  /// Whether remote users' sessions may end with the unit, this one among them.
  private static func isOfSessions(_ unit: String) -> Bool {
    ["ssh.service", "sshd.service"].contains(unit) || unit.hasPrefix("ssh@") || unit.hasPrefix("sshd@")
  }

  /// Whether the service is a container runtime, with which the containers of the host may end.
  fileprivate static func runsContainers(_ unit: String) -> Bool {
    [
      "docker.service", "snap.docker.dockerd.service", "containerd.service", "crio.service", "podman.service",
      "kubelet.service", "k3s.service", "k3s-agent.service", "lxd.service", "snap.lxd.daemon.service",
      "incus.service",
    ].contains(unit)
  }
}

extension SocketOwner {
  /// The container if its runtime is one of this host's and knows it by this name; a pod where no container is named. Otherwise
  /// nil.
  fileprivate var namedContainer: CgroupPath.Container? {
    container.flatMap { $0.isNested || $0.runtime == .unknown && $0.pod == nil ? nil : $0 }
  }

  /// The unit if it is the system's, and stopping it ends a service and nothing else. A process in a container has none.
  fileprivate var namedUnit: String? {
    guard let unit = service?.systemUnit, BindFindings.isStoppable(unit), !unit.hasPrefix("systemd-nspawn@")
    else { return nil }
    return container != nil && BindFindings.runsContainers(unit) ? nil : unit
  }
}

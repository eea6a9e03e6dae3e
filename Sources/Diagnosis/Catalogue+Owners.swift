internal import SocketTable

/// What follows from the processes that have the sockets open.
extension Catalogue {
  /// Each process once, in the order in which they are found out.
  func owners(_ records: [SocketRecord]) -> [SocketOwner] {
    var seen: Set<Int32> = []
    return records.flatMap { facts.details[$0]?.owners ?? [] }.filter { seen.insert($0.pid).inserted }
  }

  /// "nginx (pid 812)"; nil unless an owner of each of them is known.
  func ownerNames(_ records: [SocketRecord]) -> String? {
    guard !records.isEmpty, records.allSatisfy({ !(facts.details[$0]?.owners ?? []).isEmpty }) else {
      return nil
    }
    return OwnerText.names(owners(records))
  }

  /// For a line of evidence; nil where nothing is known.
  func ownerLine(_ record: SocketRecord) -> String? {
    guard record.inode != 0, let details = facts.details[record] else { return nil }
    guard let owner = details.owners?.first else {
      return OwnerText.hidden(details).map { hidden in
        record.uid.map { "uid \($0)  \(hidden)" } ?? hidden
      }
    }
    let more = (details.owners?.count ?? 1) - 1
    return OwnerText.line(owner, now: facts.details.observedAt)
      + (more > 0 ? "  and \(more) more \(more == 1 ? "process" : "processes")" : "")
  }

  // MARK: Remedies

  /// A name is put into a command only if a shell takes it for a plain word: it comes from a process or a cgroup, and
  /// the command is pasted as root.
  static func isPasteable(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  private static func command(_ words: String, _ name: String) -> String? {
    isPasteable(name) ? "\(words) \(name)" : nil
  }

  /// To learn what holds them; nil where no owner of any is known.
  func identifying(_ records: [SocketRecord]) -> Finding.Remedy? {
    guard let owner = owners(records).first else {
      // It names the unit that made the socket, also to those who may not see its processes.
      guard let cgroup = records.lazy.compactMap({ self.facts.details[$0]?.cgroup }).first,
        !cgroup.isUserUnit,
        let unit = cgroup.unit, unit.hasSuffix(".service"), !unit.hasPrefix("user@")
      else { return nil }
      return Finding.Remedy("is it yours?", command: Self.command("systemctl status", unit))
    }
    if let container = owner.container, let words = Self.containerCommands(container) {
      let id = container.shortID
      return Finding.Remedy("is it yours?", command: Self.isPasteable(id) ? words.list + id : nil)
    }
    if let unit = owner.stoppableUnit {
      let manager = owner.service?.isUserUnit == true ? "systemctl --user" : "systemctl"
      return Finding.Remedy("is it yours?", command: Self.command("\(manager) status", unit))
    }
    return Finding.Remedy("is it yours?", command: "ps -o pid,user,lstart,args -p \(owner.pid)")
  }

  /// To end those that hold them; nil where no owner of any is known, or none that may be ended.
  func stopping(_ records: [SocketRecord], _ sideEffects: String) -> Finding.Remedy? {
    let owners = owners(records).filter { $0.pid != 1 }
    guard let owner = owners.first else { return nil }
    let isOneService = owners.allSatisfy { $0.service == owner.service }
    if isOneService, let container = owner.container, let words = Self.containerCommands(container) {
      let id = container.shortID
      return Finding.Remedy(
        "stop its container", command: Self.isPasteable(id) ? words.stop + id : nil, sideEffects: sideEffects)
    }
    if isOneService, let unit = owner.stoppableUnit {
      let isUser = owner.service?.isUserUnit == true
      return Finding.Remedy(
        isUser ? "stop it, as its user" : "stop it",
        command: Self.command(isUser ? "systemctl --user stop" : "systemctl stop", unit),
        sideEffects: sideEffects)
    }
    let pids = owners.prefix(Self.killLimit).map { "\($0.pid)" }.joined(separator: " ")
    return Finding.Remedy(
      owners.count == 1 ? "end that process" : "end those processes",
      command: owners.count > Self.killLimit ? nil : "kill \(pids)", sideEffects: sideEffects)
  }

  private static let killLimit = 4

  /// Nil for a runtime that is not known, or not this host's.
  private static func containerCommands(_ container: CgroupPath.Container) -> (list: String, stop: String)? {
    guard !container.isNested, !container.isPod else { return nil }
    return switch container.runtime {
    case .docker: ("docker ps --filter id=", "docker stop ")
    case .podman: ("podman ps --filter id=", "podman stop ")
    case .containerd, .crio: ("crictl ps --id ", "crictl stop ")
    case .lxc: ("lxc-info ", "lxc-stop ")
    case .nspawn: ("machinectl status ", "machinectl poweroff ")
    case .unknown: nil
    }
  }

  // MARK: Listeners of a special kind

  /// Listeners by what holds them: that says more than that they listen.
  func listenersAlive(_ held: Holders) -> [Finding] {
    var others = held.listeners
    var findings: [Finding] = []
    func take(_ isOne: (SocketDetails) -> Bool, _ make: ([SocketRecord]) -> Finding) {
      let some = others.filter { $0.inode != 0 && facts.details[$0].map(isOne) ?? false }
      guard !some.isEmpty else { return }
      others.removeAll(where: some.contains)
      findings.append(make(some))
    }
    take({ $0.owners?.contains(where: \.isServiceManager) ?? false }, socketActivation)
    take({ $0.owners?.contains { ContainerProxy($0) != nil } ?? false }, containerProxy)
    take(\.isKernelOwned, kernelOwnedSocket)
    if !others.isEmpty { findings.insert(listenerAlive(held, others), at: 0) }
    return findings
  }

  private func socketActivation(_ listeners: [SocketRecord]) -> Finding {
    let units = Set(listeners.compactMap { facts.details[$0]?.socketUnit })
    let unit = units.count == 1 ? units.first : nil
    let services = owners(listeners).filter { !$0.isServiceManager }
    let started =
      services.isEmpty
      ? "No service has taken it over yet." : "\(OwnerText.names(services)) has it as well: the service runs."
    return finding(
      .socketActivation,
      title:
        """
        Port \(port) is held by systemd (pid 1)\(unit.map { " for \(ByteSafety.escaped($0))" } ?? ""), which listens \
        on \(places(listeners)) and hands the socket to a service.
        """,
      because:
        """
        A socket unit has systemd listen in a service's place, and start it when a client connects. The port stays \
        taken for as long as the socket unit is active, whether the service runs or not. \(started)
        """,
      evidence: evidence(listeners),
      remedies: [
        Finding.Remedy(
          unit == nil ? "see which socket unit it is" : "is it yours?",
          command: unit.flatMap { Self.command("systemctl status", $0) } ?? "systemctl list-sockets"),
        Finding.Remedy("start your server by that unit, which hands it the listening socket"),
        Finding.Remedy(
          "stop the socket unit, and the service if it runs",
          command: unit.flatMap { Self.command("systemctl stop", $0) },
          sideEffects: "the service is no longer started when a client connects"),
      ],
      notSeen: unit == nil ? ["which socket unit it is"] : ["drop-in files of socket units"])
  }

  private func containerProxy(_ listeners: [SocketRecord]) -> Finding {
    let holders = owners(listeners)
    guard let owner = holders.first(where: { ContainerProxy($0) != nil }), let proxy = ContainerProxy(owner)
    else {
      return listenerAlive(Holders(listeners), listeners)
    }
    let container =
      proxy.container.map { "container \(ByteSafety.escaped($0))" }
      ?? proxy.target.map { "a container at \(ByteSafety.escaped($0))" } ?? "a container"
    let list: Finding.Remedy
    switch proxy.runtime {
    case .docker:
      list = Finding.Remedy("see which container it is", command: "docker ps --filter publish=\(port)")
    default:
      list = Finding.Remedy(
        "see which container it is",
        command: proxy.container.flatMap { Self.command("podman port", $0) } ?? "podman port --all")
    }
    return finding(
      .containerProxy, .error, .likely,
      title:
        """
        Port \(port) is published for \(container) by \(OwnerText.name(owner)), which listens on \
        \(places(listeners)).
        """,
      because:
        """
        A container's published port is held on the host by a process of the container runtime, known by its name. \
        The server itself is in the container's network namespace, where the port may be another one.
        """,
      evidence: evidence(listeners),
      remedies: [
        list,
        Finding.Remedy(
          "stop that container, or publish another port",
          command: proxy.container.flatMap { Self.command("podman stop", $0) },
          sideEffects: "whoever uses it loses it"),
      ],
      notSeen: ["what listens inside the container"])
  }

  func kernelOwnedSocket(_ sockets: [SocketRecord]) -> Finding {
    finding(
      .kernelOwnedSocket, .error, .likely,
      title:
        """
        Port \(port) is held by the kernel itself, as far as can be seen: no process has the socket on \
        \(places(sockets)) open.
        """,
      because:
        """
        Every process and thread of this host was looked at, twice, and none has the socket among its descriptors. \
        NFS, its lock manager, iSCSI and other kernel services listen by themselves.
        """,
      evidence: evidence(sockets),
      remedies: [
        Finding.Remedy("see which kernel services are registered", command: "rpcinfo -p"),
        Finding.Remedy("stop the kernel service, or let your server use another port"),
      ],
      notSeen: [
        "sockets on their way through a Unix socket, and those that io_uring holds without a descriptor"
      ])
  }

  /// Sockets that somebody may have in mind, and that are not here.
  var elsewhere: [String] {
    let others = facts.evidence.otherNamespaces
    guard !others.isEmpty else { return [] }
    let some = others.prefix(3).map { "\($0.summary), --netns pid:\($0.processes.first?.pid ?? 0)" }
    return [
      """
      sockets of other network namespaces, which have ports of their own: \(some.joined(separator: "; "))\
      \(others.count > 3 ? "; and \(others.count - 3) more" : "")
      """
    ]
  }

  // MARK: Remarks

  /// What is true of holders whatever else is said of them.
  func remarks(_ blamed: [SocketRecord]) -> [Finding] {
    var findings: [Finding] = []
    let inherited = blamed.filter { $0.state == .listen && facts.details[$0]?.inheritance != nil }
    if !inherited.isEmpty { findings.append(listenerInherited(inherited)) }
    let multipath = blamed.filter { facts.details[$0]?.isMultipath == true }
    if !multipath.isEmpty { findings.append(multipathHolder(multipath)) }
    let hidden = blamed.filter { facts.details[$0]?.visibility == .hidden }
    if !hidden.isEmpty { findings.append(ownerHidden(hidden)) }
    return findings
  }

  private func listenerInherited(_ listeners: [SocketRecord]) -> Finding {
    let holders = owners(listeners)
    let outside = listeners.flatMap { facts.details[$0]?.ownersOutside ?? [] }
    let evidence = holders.prefix(8).map { OwnerText.line($0, now: facts.details.observedAt) }
    let stray = outside.isEmpty ? holders : outside
    return finding(
      .listenerInherited, .warning, .likely,
      title:
        holders.count > 1
        ? """
        \(holders.count) processes have the listening socket open: \
        \(OwnerText.names(holders)). It listens until the last of them closes it.
        """
        : """
        \(OwnerText.names(holders)) has a listening socket open that was made in \
        \(ByteSafety.escaped(cgroupName(listeners) ?? "another cgroup")), where it does not run.
        """,
      because:
        """
        A child process gets its parent's descriptors, and keeps them through exec() unless they are marked \
        close-on-exec. A helper that outlives its server so keeps the port.
        """,
      evidence: evidence,
      remedies: [
        Finding.Remedy("have the server open its sockets close-on-exec (SOCK_CLOEXEC)"),
        Finding.Remedy(
          stray.count == 1 ? "end \(OwnerText.name(stray[0]))" : "end all of them",
          command: stray.count == 1 && stray[0].pid != 1 ? "kill \(stray[0].pid)" : nil,
          sideEffects: "whatever else it does ends with it"),
      ],
      notSeen: ["whether it was inherited, or passed on purpose"])
  }

  private func cgroupName(_ records: [SocketRecord]) -> String? {
    records.lazy.compactMap { self.facts.details[$0]?.cgroup }.first.map { $0.unit ?? $0.text }
  }

  private func multipathHolder(_ sockets: [SocketRecord]) -> Finding {
    finding(
      .mptcpHolder, .info,
      title: "What holds the port is a Multipath TCP socket (IPPROTO_MPTCP).",
      because:
        """
        Multipath TCP uses TCP's ports: each of its connections consists of TCP sockets, which netstat and ss -t \
        list as if they were ordinary ones.
        """,
      evidence: evidence(sockets))
  }

  private func ownerHidden(_ sockets: [SocketRecord]) -> Finding {
    let details = sockets.compactMap { facts.details[$0] }
    let concealment = details.reduce(into: Concealment()) { $0.formUnion($1.concealment) }
    let suspects = details.lazy.map(\.suspects).first { !$0.isEmpty } ?? []
    var because = OwnerText.concealment(concealment)
    if let name = cgroupName(sockets), name != "/" {
      because += " The socket was made in \(ByteSafety.escaped(name))."
    }
    if !suspects.isEmpty {
      because += " \(OwnerText.names(suspects)) could not be looked into, and may have it."
    }
    return finding(
      .ownerHidden, .warning,
      title: "Which process holds \(places(sockets)) cannot be seen from here.",
      because: because, evidence: evidence(sockets),
      remedies: [
        !concealment.isDisjoint(with: [.noProc, .pidNamespace, .userNamespace, .policy])
          ? Finding.Remedy("look from the host itself, and from outside of such restrictions")
          : Finding.Remedy(
            "look as root",
            command: facts.target.commandOptions.map { "sudo tw-inspect trybind \(port)\($0)" })
      ],
      notSeen: ["the process"])
  }
}

extension SocketOwner {
  /// A unit that can be stopped to end this process and nothing of another kind: no login session, no service manager.
  fileprivate var stoppableUnit: String? {
    unit.flatMap { $0.hasSuffix(".service") && !$0.hasPrefix("user@") ? $0 : nil }
  }
}

extension SocketDetails {
  /// Everything was looked at, and no process has the socket; of one that has an inode.
  var isKernelOwned: Bool { visibility == .none && isOwnersComplete == true && owners?.isEmpty == true }

  /// Owners that are not in the cgroup where the socket was made. None while the service manager has it: it makes
  /// sockets for others.
  var ownersOutside: [SocketOwner] {
    guard let owners, let cgroup, !owners.contains(where: { $0.pid == 1 }) else { return [] }
    return owners.filter { $0.cgroup.map { !$0.isInside(cgroup) } ?? false }
  }

  /// Why a listening socket seems to have been inherited; nil if it does not.
  enum Inheritance {
    case programs
    case cgroup
  }

  var inheritance: Inheritance? {
    guard let owners, !owners.contains(where: { $0.pid == 1 }) else { return nil }
    if Set(owners.compactMap(\.executable)).count > 1 { return .programs }
    return ownersOutside.isEmpty ? nil : .cgroup
  }
}

extension CgroupPath {
  fileprivate func isInside(_ other: CgroupPath) -> Bool {
    text == other.text || other.text == "/" || text.hasPrefix(other.text + "/")
  }
}

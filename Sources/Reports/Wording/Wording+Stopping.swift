internal import Diagnosis
internal import SocketTable

/// The words and the commands of the remedies that end what holds the port.
extension Wording {
  /// - Parameters:
  ///   - what: "it", "its container".
  ///   - command: as it works for who pastes it; nil if it would not be safe to paste.
  ///   - unit: the unit that is stopped, if it is one.
  func stop(
    _ what: Prose, _ loss: Remedy.Loss, _ command: String?, everythingIn unit: String? = nil
  ) -> RemedyText {
    let warning: Prose =
      switch loss.besides {
      case .ownSession: "; your own session may end with it"
      case .nameResolution: "; after that this host may not resolve names (DNS)"
      case .containers: "; all containers may end with it"
      case .restarts: "; the kubelet starts it again unless the pod is deleted or scaled down"
      case nil: ""
      }
    let all: Prose? = unit.map { "all of \(ByteSafety.escaped($0)) ends: " }
    return RemedyText(
      "stop \(what)\(text(leaving: loss))\(warning)", command: command.map { thenWaiting($0, loss) },
      sideEffects: text(loss).map { (all ?? "") + $0 })
  }

  private func text(_ loss: Remedy.Loss) -> Prose? {
    switch loss.what {
    case .service: "the users of that service lose it"
    case .otherWork: "its other work ends too"
    case .clients: "its clients are disconnected"
    case .nothing: nil
    }
  }

  /// Why the command waits.
  private func text(leaving loss: Remedy.Loss) -> Prose {
    loss.leavesTimers && waiting != nil ? ", then wait for its old connections" : ""
  }

  /// The wait is one of its own: the command before it says nothing of what is left.
  private func thenWaiting(_ command: String, _ loss: Remedy.Loss) -> String {
    guard loss.leavesTimers, let waiting else { return command }
    guard let namespace else { return "\(command); \(waiting)" }
    return namespace.command(waiting, asRoot: caller.isRoot).map { "\(command); \($0)" } ?? command
  }

  // MARK: Units and containers

  func stopSocketUnit(_ unit: String?, _ services: [String]) -> RemedyText {
    let names = unit.map { [$0] + services } ?? []
    let isSafe = !names.isEmpty && names.allSatisfy(ShellCommand.isPasteable)
    return RemedyText(
      "stop the socket unit, and the service if it runs",
      command: isSafe ? asRoot("systemctl stop \(names.joined(separator: " "))") : nil,
      sideEffects: "the service is no longer started when a client connects")
  }

  func stopPublished(_ proxy: ContainerProxy) -> RemedyText {
    let command: String? =
      if proxy.runtime == .docker {
        docker(proxy).map { "\($0) stop $(\($0) ps -q --filter publish=\(port))" }
      } else {
        proxy.container.flatMap { ShellCommand.naming($0, after: "podman stop ") }
          .flatMap { asUser(of: proxy, $0) }
      }
    return RemedyText(
      "stop that container, or publish another port", command: command,
      sideEffects: proxy.runtime == .docker
        ? "its users lose it, and any other container that publishes port \(port) stops too"
        : "its users lose it")
  }

  func lookForPublished(_ proxy: ContainerProxy) -> RemedyText {
    let command: String? =
      if proxy.runtime == .docker {
        proxy.user == nil
          ? "docker ps --filter publish=\(port)" : docker(proxy).map { "\($0) ps --filter publish=\(port)" }
      } else {
        asUser(
          of: proxy,
          proxy.container.flatMap { ShellCommand.naming($0, after: "podman port ") } ?? "podman port --all")
      }
    return RemedyText("see which container it is", command: command)
  }

  /// The docker command for the daemon that the proxy belongs to. A daemon that runs without root is its user's own.
  private func docker(_ proxy: ContainerProxy) -> String? {
    guard let user = proxy.user else { return asRoot("docker") }
    return asUser(of: proxy, "docker --host unix:///run/user/\(user.uid)/docker.sock")
  }

  /// The command as the user whose containers are meant. Those of root need root; nil if the user has no name to paste.
  private func asUser(of proxy: ContainerProxy, _ command: String) -> String? {
    guard let user = proxy.user else { return asRoot(command) }
    if user.uid == caller.uid { return command }
    guard let name = user.name, ShellCommand.isPasteable(name) else { return nil }
    let become = caller.isRoot ? "runuser -u \(name) --" : "sudo -u \(name)"
    return "\(become) env XDG_RUNTIME_DIR=/run/user/\(user.uid) \(command)"
  }

  // MARK: Processes

  func end(_ owners: [SocketOwner], _ loss: Remedy.Loss) -> RemedyText {
    let what: Prose = owners.count == 1 ? "that process" : "those processes"
    return loss.besides != nil
      ? stop(what, loss, kill(owners))
      : RemedyText(
        "end \(what)" + text(leaving: loss), command: kill(owners).map { thenWaiting($0, loss) },
        sideEffects: text(loss))
  }

  /// No command is given for process 1, which a signal does not end, and for several of which some may be needed.
  func end(_ owners: [SocketOwner]) -> RemedyText {
    let only = owners.count == 1 ? owners.first : nil
    return RemedyText(
      only.map { "end \(OwnerText.name($0))" } ?? "end all of them",
      command: only.flatMap { $0.pid == 1 ? nil : kill([$0]) },
      sideEffects: "its other work ends too")
  }

  func resume(_ owners: [SocketOwner]) -> RemedyText {
    if owners.contains(where: { $0.activity == .traced }) {
      return RemedyText("or let it continue, in its debugger")
    }
    return RemedyText(
      "or let it continue: with fg in its shell, or from here",
      command: ShellCommand.signal("-CONT", owners).map { needsRoot(owners) ? asRoot($0) : $0 })
  }

  /// A stopped process acts on SIGTERM once it continues, and one that is traced on SIGKILL alone.
  private func kill(_ owners: [SocketOwner]) -> String? {
    let traced = owners.filter { $0.activity == .traced }
    let others = owners.filter { $0.activity != .traced }
    let stopped = owners.filter { $0.activity == .stopped }
    guard owners.count <= ShellCommand.killLimit else { return nil }
    let commands = [
      ShellCommand.signal(nil, others), ShellCommand.signal("-CONT", stopped),
      ShellCommand.signal("-KILL", traced),
    ]
    return commands.compactMap { $0 }.map { needsRoot(owners) ? asRoot($0) : $0 }.joined(separator: "; ")
  }

  /// Whether a process is another user's.
  func needsRoot(_ owners: [SocketOwner]) -> Bool {
    owners.contains { $0.uid.map { $0 != caller.uid } ?? false }
  }
}

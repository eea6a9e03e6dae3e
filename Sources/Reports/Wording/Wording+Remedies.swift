internal import Diagnosis
internal import SocketTable

/// The words of remedies, with the commands that carry them out in the network namespace that was asked about.
extension Wording {
  func text(_ remedy: Remedy) -> RemedyText {
    let text = unplaced(remedy)
    guard let namespace else { return text }
    return RemedyText(
      text.action, command: text.command.flatMap { namespace.command($0, asRoot: caller.isRoot) },
      sideEffects: text.sideEffects)
  }

  /// The command as it works for who pastes it: root needs no sudo.
  func asRoot(_ command: String) -> String { caller.isRoot ? command : "sudo \(command)" }

  private func unplaced(_ remedy: Remedy) -> RemedyText {
    switch remedy {
    case .wait(let wait): text(wait)
    case .restartOrder(let order): text(order)
    case .setOption(let advice): text(advice)
    case .otherAddress(let address): text(address)
    case .release(let count, let includesFinWait2):
      RemedyText(
        "end \(count == 1 ? "it" : "them") now",
        command: asRoot("tw-inspect release \(port)\(includesFinWait2 ? " --include-fin-wait-2" : "")"),
        sideEffects: "late segments can reach the next connection")
    case .stopUnit(let unit, let loss):
      stop("it", loss, ShellCommand.naming(unit, after: "systemctl stop ").map(asRoot), everythingIn: unit)
    case .stopSocketUnit(let unit, let services): stopSocketUnit(unit, services)
    case .stopContainer(let container, let loss):
      stop(
        "its container\(container.pod.map { " (pod \($0))" } ?? "")", loss,
        ShellCommand.stop(container).map(asRoot))
    case .stopPublishedContainer(let proxy): stopPublished(proxy)
    case .stopFromOutside:
      RemedyText(
        "stop its container from outside: process 1 of a container ignores signals that it does not handle"
      )
    case .signal(let owners, let loss): end(owners, loss)
    case .signalHeirs(let owners, _): end(owners)
    case .resume(let owners): resume(owners)
    case .stopKernelService: RemedyText("stop the kernel service, or let your server use another port")
    case .reservePort(let all):
      RemedyText(
        "keep clients off this port from now on: add \(port) to net.ipv4.ip_local_reserved_ports",
        command: all.map(\.settingText).flatMap { value in
          value.utf8.count > Self.longestValue
            ? nil : asRoot("sysctl -w net.ipv4.ip_local_reserved_ports=\(value)")
        }, sideEffects: "bind() to it still works: the kernel only stops choosing it for clients")
    case .endConnection(let local, let peer):
      RemedyText(
        "end that one connection",
        command: asRoot("ss -K -tn src '\(local.text)' dst '\(peer.text)'"),
        sideEffects: "its client and its server get a reset")
    case .changeSetting(let advice): text(advice)
    case .look(let sight): text(sight)
    }
  }

  /// A list of ports that is longer is not fit to be pasted.
  private static let longestValue = 200

  /// Waits for the server that was asked about; nil if that would not be safe to paste.
  var waiting: String? { target.commandOptions.map { "tw-inspect wait \(port)\($0)" } }

  private func text(_ wait: Remedy.Wait) -> RemedyText {
    switch wait {
    case .timers(let free, let latest):
      guard let latest, let free else {
        return RemedyText("wait until the timers have ended", command: waiting)
      }
      let bound: Prose = "\(Quantity.seconds(milliseconds: latest)) at the latest"
      let wait: Prose =
        Quantity.isEnding(milliseconds: free)
        ? "wait until it has ended, \(bound)"
        : "wait \(Quantity.seconds(milliseconds: free)), \(bound)"
      return RemedyText("\(wait), then start the server", command: waiting)
    case .otherEnd:
      return RemedyText(
        "wait: it ends when the other end answers, or when the kernel gives up", command: waiting)
    case .addressDetection:
      return RemedyText("wait a few seconds, then start the server", command: waiting)
    case .connection:
      return RemedyText(
        "wait until that connection ends, and for a TIME_WAIT of up to 60 s after it", command: waiting)
    case .anyPort: return RemedyText("wait until some ports are free")
    }
  }

  private func text(_ order: Remedy.RestartOrder) -> RemedyText {
    switch order {
    case .now: RemedyText("start the server now")
    case .clientsCloseFirst: RemedyText("let the clients close first, if the protocol allows it")
    case .bySocketUnit: RemedyText("start your server through that unit: it passes the listening socket")
    }
  }

  private func text(_ advice: Remedy.OptionAdvice) -> RemedyText {
    switch advice {
    case .reuseAddress(let when): text(when)
    case .v6Only(.yours): RemedyText("set IPV6_V6ONLY on the IPv6 socket: --v6-only")
    case .v6Only(.theirs):
      RemedyText("set IPV6_V6ONLY on the IPv6 socket of the other server: then it does not take IPv4")
    case .reusePort:
      RemedyText("start every server on this port with SO_REUSEPORT, also the first one")
    case .freeBind(.addressIsTentative):
      RemedyText("if the server must start before that, set IP_FREEBIND in it")
    case .freeBind(.addressComesLater(let family)):
      RemedyText(
        """
        if the address comes later (failover), set IP_FREEBIND in the server or \
        net.\(family == .ipv6 ? "ipv6" : "ipv4").ip_nonlocal_bind
        """)
    case .closeOnExec: RemedyText("let the server open its sockets with SOCK_CLOEXEC (close-on-exec)")
    }
  }

  private func text(_ when: Remedy.OptionAdvice.When) -> RemedyText {
    switch when {
    case .beforeBind:
      RemedyText("set SO_REUSEADDR on the listening socket before bind(), as TCP servers commonly do")
    case .oldAndNew:
      RemedyText("set SO_REUSEADDR on the listening socket before bind(), in both the old and the new server")
    case .againstConnections:
      RemedyText(
        "set SO_REUSEADDR in both the old and the new server: then such a connection does not block it")
    case .forLaterRestarts(isSet: true):
      RemedyText("keep SO_REUSEADDR: it helps later restarts, but not this one")
    case .forLaterRestarts(isSet: false):
      RemedyText(
        "set SO_REUSEADDR in the server anyway: it helps later restarts, but not this one")
    case .inNewServerToo: RemedyText("set SO_REUSEADDR before bind() in the new server as well")
    case .besideBound:
      RemedyText(
        "set SO_REUSEADDR before bind(): the socket that holds the port has it as well",
        sideEffects: "of the two, the one that listens second is refused")
    case .forRestartAfterNext:
      RemedyText("set SO_REUSEADDR before bind() anyway: it helps the restart after this one")
    }
  }

  private func text(_ address: Remedy.OtherAddress) -> RemedyText {
    switch address {
    case .eachItsOwn:
      RemedyText("give each service its own address: different specific addresses do not overlap")
    case .otherFamily: RemedyText("bind an address of the other family (IPv4 or IPv6)")
    case .ofThisHost: RemedyText("bind 0.0.0.0 or [::], or an address of this host")
    case .anotherPort: RemedyText("let your server use another port")
    case .specific(let taken):
      RemedyText("bind only the addresses that your server needs: on this port only \(text(taken)) is taken")
    case .wildcardAlone: RemedyText("bind the wildcard alone: it takes every address")
    case .once(let address): RemedyText("bind \(address.text) only once")
    case .withInterface(let address): RemedyText("name the interface: --address \(address.text)%INTERFACE")
    case .portFrom(let start): RemedyText("use port \(start) or a higher one")
    }
  }

  private func text(_ advice: Remedy.SettingAdvice) -> RemedyText {
    switch advice {
    case .grantCapability:
      RemedyText(
        """
        give the service CAP_NET_BIND_SERVICE (in a systemd unit: \
        AmbientCapabilities=CAP_NET_BIND_SERVICE)
        """)
    case .runAsHoldersUser: RemedyText("run the server as the user who runs the other one")
    case .lowerUnprivilegedPortStart:
      RemedyText(
        "lower net.ipv4.ip_unprivileged_port_start",
        sideEffects: "every user of this network namespace may then bind these ports")
    case .raiseTimeWaitLimit:
      RemedyText(
        "raise net.ipv4.tcp_max_tw_buckets",
        sideEffects: "each TIME_WAIT takes a few hundred bytes of kernel memory, and holds its port")
    case .widenEphemeralRange: RemedyText("widen net.ipv4.ip_local_port_range")
    case .removeDuplicate:
      RemedyText("remove the address from the other host, then remove it here and add it again")
    }
  }
}

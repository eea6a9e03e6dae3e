internal import NetlinkCodec
internal import SocketTable

/// Refusals that no socket is to blame for, and preventive advice.
extension Catalogue {
  var privilegedPort: Finding {
    let start = facts.settings.unprivilegedPortStart
    return finding(
      .privilegedPort, .error, facts.settings.mayBindPrivilegedPorts == false ? .certain : .likely,
      title: "Port \(port) is below \(start) and needs CAP_NET_BIND_SERVICE: Permission denied.",
      because:
        """
        Ports below net.ipv4.ip_unprivileged_port_start (here \(start)) are kept for privileged \
        processes, in IPv4 and IPv6. This answer comes before "Address already in use", so the port may \
        be taken as well.
        """,
      remedies: [
        Finding.Remedy("use a port from \(start) on"),
        Finding.Remedy(
          """
          give the service CAP_NET_BIND_SERVICE (in a systemd unit: \
          AmbientCapabilities=CAP_NET_BIND_SERVICE)
          """
        ),
        Finding.Remedy(
          "lower net.ipv4.ip_unprivileged_port_start",
          sideEffects: "every user of this network namespace may then bind these ports"),
      ],
      notSeen: ["whether your server runs with the capability"])
  }

  func addressTentative(_ trial: Trial) -> Finding {
    finding(
      .addressTentative,
      title: "\(trial.socket.address.text) is still tentative: \(trial.outcome.error?.message ?? "").",
      because:
        """
        A new IPv6 address cannot be bound until duplicate address detection has found no other host with it, \
        which takes about a second (RFC 4862, section 5.4); if it has found one, it never can.
        """,
      remedies: [
        Finding.Remedy("wait a few seconds, then start the server"),
        Finding.Remedy("see whether detection has failed", command: "ip -6 address show tentative"),
        Finding.Remedy("set IP_FREEBIND in the server, if it has to start before"),
      ],
      notSeen: ["whether another host has the address"])
  }

  func addressNotLocal(_ trial: Trial) -> Finding {
    if trial.socket.address.address.isMulticast, trial.outcome.error == .invalidArgument {
      return finding(
        .addressNotLocal,
        title: "\(trial.socket.address.text) is a multicast address, which no TCP socket can be bound to.",
        because: "TCP connects two ends; a group of hosts has no connection.",
        remedies: [Finding.Remedy("bind 0.0.0.0 or [::], or an address of this host")])
    }
    return addressOfAnotherHost(trial)
  }

  private func addressOfAnotherHost(_ trial: Trial) -> Finding {
    finding(
      .addressNotLocal,
      title:
        "\(trial.socket.address.text) is not an address of this host: \(trial.outcome.error?.message ?? "").",
      because:
        """
        bind() takes addresses of this host's interfaces in this network namespace only. This answer \
        comes before "Address already in use".
        """,
      remedies: [
        Finding.Remedy("see the addresses there are", command: "ip address show"),
        Finding.Remedy("bind 0.0.0.0 or [::], or an address of this host"),
        Finding.Remedy(
          """
          if the address comes later (failover), set IP_FREEBIND in the server or \
          net.ipv4.ip_nonlocal_bind
          """),
      ],
      notSeen: ["addresses of other network namespaces"])
  }

  func addressNeedsScope(_ trial: Trial) -> Finding {
    finding(
      .addressNeedsScope,
      title: "\(trial.socket.address.text) is link-local and needs an interface: Invalid argument.",
      because:
        "The same link-local address can exist on every link, so bind() wants to know which one is meant.",
      remedies: [
        Finding.Remedy("name the interface: --address \(trial.socket.address.address.text)%INTERFACE"),
        Finding.Remedy("see which interface has it", command: "ip -6 address show scope link"),
      ])
  }

  func familyUnavailable(_ trial: Trial, _ error: Errno) -> Finding {
    finding(
      .familyUnavailable,
      title:
        """
        There is no \(trial.socket.address.address.family == .ipv6 ? "IPv6" : "IPv4") here: \
        \(error.message).
        """,
      because:
        facts.settings.isIPv6Disabled
        ? "net.ipv6.conf.all.disable_ipv6 is 1: interfaces of this network namespace have no IPv6 addresses."
        : """
        The kernel does not have the address family, was started without it (ipv6.disable=1), or a policy \
        such as systemd's RestrictAddressFamilies= hides it from this process.
        """,
      remedies: [
        Finding.Remedy("bind the other family's address"),
        Finding.Remedy("see whether IPv6 is switched off", command: "sysctl net.ipv6.conf.all.disable_ipv6"),
      ])
  }

  func noSuchInterface(_ trial: Trial) -> Finding {
    let isOfSocket = trial.outcome == .refused(.option(.bindToDevice), .noSuchDevice)
    let name = ByteSafety.escaped(
      (isOfSocket ? facts.target.interface : nil) ?? trial.socket.address.scopeName)
    return finding(
      .noSuchInterface,
      title: "There is no interface \(name) here: No such device.",
      because: "A socket can be tied to a device of its own network namespace only.",
      remedies: [Finding.Remedy("see the interfaces there are", command: "ip link show")],
      notSeen: ["interfaces of other network namespaces"])
  }

  func deniedByPolicy(_ trial: Trial, _ error: Errno) -> Finding {
    let call: String =
      switch trial.outcome {
      case .refused(.option(let option), _): "setsockopt \(option.rawValue)"
      case .refused(.listen, _): "listen()"
      case .refused(.socket, _): "socket()"
      default: "bind()"
      }
    return finding(
      .deniedByPolicy, .error, .likely,
      title: "\(call) for \(place(trial)) is refused with \(error.name): \(error.message).",
      because:
        """
        No socket on the port accounts for this answer. A cgroup BPF program (systemd's SocketBindDeny=), \
        Landlock, seccomp or SELinux can give it.
        """,
      remedies: [
        Finding.Remedy("look at the unit's SocketBindDeny=, RestrictAddressFamilies= and SELinux booleans"),
        Finding.Remedy("look for a denial in the audit log", command: "sudo journalctl -k --grep audit"),
      ],
      notSeen: ["which policy it was"])
  }

  var ephemeralRangeExhausted: Finding {
    let range = facts.settings.ephemeralRange.map { " (\($0.lowerBound)-\($0.upperBound))" } ?? ""
    return finding(
      .ephemeralRangeExhausted,
      title: "The kernel finds no free port to choose: Address already in use.",
      because:
        """
        Port 0 asks for any port of net.ipv4.ip_local_port_range\(range), and each of them is taken for \
        this address.
        """,
      remedies: [
        Finding.Remedy("wait until some are free"),
        Finding.Remedy("see which connections use them up", command: "ss -tan"),
        Finding.Remedy("widen net.ipv4.ip_local_port_range"),
      ])
  }

  func ownAddressesOverlap(_ trial: Trial, isAloneOK: Bool) -> Finding {
    let new = trial.socket.address
    let others = facts.target.addresses.filter { $0 != new }
    let isRepeated = facts.target.addresses.filter { $0 == new }.count > 1
    let isAcrossFamilies = others.contains { ($0.address.ipv4 != nil) != (new.address.ipv4 != nil) }
    var remedies: [Finding.Remedy] = []
    if isRepeated { remedies.append(Finding.Remedy("bind \(new.text) once only")) }
    if isAcrossFamilies {
      remedies.append(Finding.Remedy("set IPV6_V6ONLY on the IPv6 socket: --v6-only"))
    }
    if (others + [new]).contains(where: \.address.isUnspecified) {
      remedies.append(Finding.Remedy("bind the wildcard alone: it takes every address"))
    }
    return finding(
      .ownAddressesOverlap,
      title:
        isAloneOK
        ? """
        Your server's own addresses overlap: \(place(trial)) is refused once its other sockets are bound, and \
        ok alone.
        """
        : "Your server's own addresses overlap: its other sockets keep \(place(trial)) from being bound.",
      because:
        isRepeated
        ? "Without SO_REUSEADDR on both, one address and port can be bound once only."
        : """
        A wildcard takes every address of its family, and [::] without IPV6_V6ONLY takes IPv4 as well, so \
        one bind of the server collides with another.
        """,
      remedies: remedies)
  }

  /// SO_REUSEADDR lets sockets be bound beside each other, but not beside one that listens.
  func ownAddressesCannotAllListen(_ trial: Trial) -> Finding {
    finding(
      .ownAddressesOverlap, .warning,
      title:
        "Your server's own addresses overlap: all can be bound with SO_REUSEADDR, but not all can listen.",
      because:
        """
        SO_REUSEADDR does not get past a listener: once the sockets before it listen, \(place(trial)) is refused.
        """)
  }

  var portNowFree: Finding {
    finding(
      .portNowFree, .info,
      title: "Port \(port) was refused at first and could be bound a moment later: it has just become free.",
      because: "The trial was repeated before it was explained, and then the kernel allowed it.",
      remedies: [Finding.Remedy("start the server now")],
      notSeen: ["what held the port until then"])
  }

  var portInEphemeralRange: Finding {
    let range = facts.settings.ephemeralRange.map { "\($0.lowerBound)-\($0.upperBound)" } ?? ""
    return finding(
      .portInEphemeralRange, .info,
      title: "Port \(port) lies in the range from which clients get their ports (\(range)).",
      because:
        """
        Any outgoing connection of this host can take it while the server is down, and then the server \
        cannot start.
        """,
      remedies: [keepOutOfEphemeralRange])
  }

  func rulesAndKernelDisagree(_ trial: Trial) -> Finding {
    let answer = trial.outcome.error.map(\.name) ?? "ok"
    let isOrderDependent = trial.outcome == .ok && trial.socket.options.contains(.reusePort)
    let because: String
    if isOrderDependent {
      because = """
        By the rules of bind() a listed socket is in the way. With SO_REUSEPORT the kernel remembers, for each \
        port, what was bound there before, and may then allow more; after a plain bind on the port it refuses again.
        """
    } else if trial.outcome == .ok {
      because = "By the rules of bind() a listed socket is in the way. The kernel's answer counts."
    } else {
      because = """
        No socket that is listed is in the way by the rules of bind(). The kernel's answer counts. A cgroup BPF \
        program can refuse a bind so.
        """
    }
    let blamed = facts.blamed(by: trial)
    return finding(
      .rulesAndKernelDisagree, .warning, isOrderDependent ? .likely : .certain,
      title: """
        The kernel answers \(answer) for \(place(trial)) with \(options(trial)), and the sockets that it lists do \
        not account for it.
        """,
      because: because,
      evidence: blamed.isEmpty ? [] : evidence(blamed),
      remedies: [listing],
      notSeen: ["why the kernel answers so"] + (blamed.isEmpty ? elsewhere : []))
  }
}

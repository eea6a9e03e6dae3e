internal import Diagnosis
internal import NetlinkCodec
internal import SocketTable

/// The words of the findings in `BindFindings+Refusals.swift`.
extension Wording {
  func privilegedPort(_ start: Int) -> Statement {
    Statement(
      "Port \(port) is below \(start) and needs CAP_NET_BIND_SERVICE: Permission denied.",
      """
      Ports below net.ipv4.ip_unprivileged_port_start (\(start) on this host) are for privileged processes only, in \
      IPv4 and IPv6. The kernel checks this before it looks for other sockets, so the port may be in use as well.
      """)
  }

  func addressNotLocal(_ address: BindAddress, _ error: Errno) -> Statement {
    Statement(
      "\(address.text) is not an address of this host: \(error.message).",
      """
      bind() accepts only addresses of the interfaces in this network namespace. The kernel checks this first, before the port.
      """)
  }

  func multicastAddress(_ address: BindAddress) -> Statement {
    Statement(
      "\(address.text) is a multicast address. No TCP socket can be bound to one.",
      "TCP connects two ends, and not a group of hosts.")
  }

  func addressTentative(_ address: BindAddress, _ error: Errno) -> Statement {
    Statement(
      "\(address.text) is still tentative: \(error.message).",
      """
      A new IPv6 address cannot be bound until duplicate address detection has found no other host that has it. That \
      takes about a second (RFC 4862, section 5.4).
      """)
  }

  func addressDuplicate(_ address: BindAddress, _ error: Errno) -> Statement {
    Statement(
      "Another host has \(address.text): \(error.message). Waiting does not help.",
      """
      Duplicate address detection (RFC 4862, section 5.4) has found the address on another host of the same link. The \
      kernel leaves it on the interface, but lets nobody bind it.
      """)
  }

  func addressNeedsScope(_ address: BindAddress) -> Statement {
    Statement(
      "\(address.text) is link-local and needs an interface: Invalid argument.",
      "The same link-local address can exist on every link, so bind() must be told which interface is meant.")
  }

  func familyUnavailable(_ family: AddressFamily, _ error: Errno, _ isSwitchedOff: Bool) -> Statement {
    Statement(
      "\(family == .ipv6 ? "IPv6" : "IPv4") is not available here: \(error.message).",
      isSwitchedOff
        ? "net.ipv6.conf.all.disable_ipv6 is 1: interfaces of this network namespace have no IPv6 addresses."
        : """
        The kernel does not have the address family, or was started without it (ipv6.disable=1). Or a policy, such as \
        systemd's RestrictAddressFamilies=, forbids it to this process.
        """)
  }

  func deniedByPolicy(_ address: BindAddress, _ step: TrialOutcome.Step, _ error: Errno) -> Statement {
    let call: Prose =
      switch step {
      case .option(let option): "setsockopt \(option.rawValue)"
      case .listen: "listen()"
      case .socket: "socket()"
      case .bind: "bind()"
      }
    return Statement(
      "\(call) for \(place(address)) fails with \(error.name): \(error.message).",
      """
      No socket on the port explains this. A cgroup BPF program (systemd's SocketBindDeny=), Landlock, seccomp or \
      SELinux can refuse it.
      """)
  }

  func noSuchInterface(_ name: String) -> Statement {
    Statement(
      "There is no interface \(ByteSafety.escaped(name)) here: No such device.",
      "A socket can only be bound to a device of its own network namespace.")
  }

  func ephemeralRangeExhausted(_ range: ClosedRange<UInt16>?) -> Statement {
    Statement(
      "The kernel finds no free port to choose: Address already in use.",
      """
      For port 0 the kernel chooses from \
      net.ipv4.ip_local_port_range\(range.map { " (\(Self.text($0)))" } ?? ""). All of these ports are taken for this \
      address.
      """)
  }

  /// "32768-60999".
  static func text(_ range: ClosedRange<UInt16>) -> String { "\(range.lowerBound)-\(range.upperBound)" }

  func rulesAndKernelDisagree(_ socket: TrialSocket, _ outcome: TrialOutcome) -> Statement {
    let options = socket.options.isEmpty ? "no options" : Self.names(socket.options)
    let because: Prose
    if outcome == .ok, socket.options.contains(.reusePort) {
      because = """
        By the rules of bind(), a listed socket should block it. With SO_REUSEPORT the kernel remembers for each port \
        what was bound there before, and may then allow more. After a plain bind to the port it refuses again.
        """
    } else if outcome == .ok {
      because = "By the rules of bind(), a listed socket should block it. The kernel's answer counts."
    } else {
      because = """
        By the rules of bind(), no listed socket should block it. The kernel's answer counts. A cgroup BPF program, a \
        seccomp filter, or the host of a virtual machine can refuse a bind like that.
        """
    }
    return Statement(
      """
      The kernel answers \(Outcome.name(outcome.error)) for \(place(socket.address)) with \(options). The sockets that \
      it lists do not explain that.
      """, because)
  }
}

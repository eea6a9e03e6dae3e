internal import Diagnosis
internal import NetlinkCodec
internal import SocketTable

/// The words of the findings in `BindFindings+Refusals.swift`.
extension Wording {
  func privilegedPort(_ start: Int) -> Statement {
    Statement(
      "Port \(port) is below \(start) and needs CAP_NET_BIND_SERVICE: Permission denied.",
      """
      Ports below net.ipv4.ip_unprivileged_port_start (here \(start)) are kept for privileged \
      processes, in IPv4 and IPv6. This answer comes before "Address already in use", so the port may \
      be taken as well.
      """)
  }

  func addressNotLocal(_ address: BindAddress, _ error: Errno) -> Statement {
    Statement(
      "\(address.text) is not an address of this host: \(error.message).",
      """
      bind() takes addresses of this host's interfaces in this network namespace only. This answer \
      comes before "Address already in use".
      """)
  }

  func multicastAddress(_ address: BindAddress) -> Statement {
    Statement(
      "\(address.text) is a multicast address, which no TCP socket can be bound to.",
      "TCP connects two ends; a group of hosts has no connection.")
  }

  func addressTentative(_ address: BindAddress, _ error: Errno) -> Statement {
    Statement(
      "\(address.text) is still tentative: \(error.message).",
      """
      A new IPv6 address cannot be bound until duplicate address detection has found no other host with it, \
      which takes about a second (RFC 4862, section 5.4).
      """)
  }

  func addressDuplicate(_ address: BindAddress, _ error: Errno) -> Statement {
    Statement(
      "Another host has \(address.text): \(error.message). Waiting does not help.",
      """
      Duplicate address detection (RFC 4862, section 5.4) has found the address on another host of the link. The \
      kernel keeps it on its interface and lets nobody bind it.
      """)
  }

  func addressNeedsScope(_ address: BindAddress) -> Statement {
    Statement(
      "\(address.text) is link-local and needs an interface: Invalid argument.",
      "The same link-local address can exist on every link, so bind() wants to know which one is meant.")
  }

  func familyUnavailable(_ family: AddressFamily, _ error: Errno, _ isSwitchedOff: Bool) -> Statement {
    Statement(
      "There is no \(family == .ipv6 ? "IPv6" : "IPv4") here: \(error.message).",
      isSwitchedOff
        ? "net.ipv6.conf.all.disable_ipv6 is 1: interfaces of this network namespace have no IPv6 addresses."
        : """
        The kernel does not have the address family, was started without it (ipv6.disable=1), or a policy \
        such as systemd's RestrictAddressFamilies= hides it from this process.
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
      "\(call) for \(place(address)) is refused with \(error.name): \(error.message).",
      """
      No socket on the port accounts for this answer. A cgroup BPF program (systemd's SocketBindDeny=), \
      Landlock, seccomp or SELinux can give it.
      """)
  }

  func noSuchInterface(_ name: String) -> Statement {
    Statement(
      "There is no interface \(ByteSafety.escaped(name)) here: No such device.",
      "A socket can be tied to a device of its own network namespace only.")
  }

  func ephemeralRangeExhausted(_ range: ClosedRange<UInt16>?) -> Statement {
    Statement(
      "The kernel finds no free port to choose: Address already in use.",
      """
      Port 0 asks for any port of \
      net.ipv4.ip_local_port_range\(range.map { " (\(Self.text($0)))" } ?? ""), and each of them is taken for \
      this address.
      """)
  }

  /// "32768-60999".
  static func text(_ range: ClosedRange<UInt16>) -> String { "\(range.lowerBound)-\(range.upperBound)" }

  func rulesAndKernelDisagree(_ socket: TrialSocket, _ outcome: TrialOutcome) -> Statement {
    let options = socket.options.isEmpty ? "no options" : Self.names(socket.options)
    let because: Prose
    if outcome == .ok, socket.options.contains(.reusePort) {
      because = """
        By the rules of bind() a listed socket is in the way. With SO_REUSEPORT the kernel remembers, for each \
        port, what was bound there before, and may then allow more; after a plain bind on the port it refuses again.
        """
    } else if outcome == .ok {
      because = "By the rules of bind() a listed socket is in the way. The kernel's answer counts."
    } else {
      because = """
        No socket that is listed is in the way by the rules of bind(). The kernel's answer counts. A cgroup BPF \
        program, a seccomp filter, or the host beneath a virtual machine can refuse a bind so.
        """
    }
    return Statement(
      """
      The kernel answers \(Outcome.name(outcome.error)) for \(place(socket.address)) with \(options), and the \
      sockets that it lists do \
      not account for it.
      """, because)
  }
}

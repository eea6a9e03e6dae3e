package import SocketTable

/// One statement about why a bind is answered as it is.
package struct Finding: Equatable, Sendable {
  package enum Slug: String, Hashable, Sendable, CaseIterable {
    case timeWaitServerClosedFirst = "time-wait-server-closed-first"
    case timeWaitHolderWithoutReuse = "time-wait-holder-without-reuse"
    case listenerAlive = "listener-alive"
    case listenerInherited = "listener-inherited"
    case orphanedConnection = "orphaned-connection"
    case finWait2Orphan = "fin-wait-2-orphan"
    case leakedConnection = "leaked-connection"
    case boundNotListening = "bound-not-listening"
    case outgoingConnectionTookPort = "outgoing-connection-took-port"
    case tcpSelfConnect = "tcp-self-connect"
    case dualStackWildcard = "dual-stack-wildcard"
    case wildcardOverlapsSpecific = "wildcard-overlaps-specific"
    case v4MappedTimeWait = "v4-mapped-time-wait"
    case ownAddressesOverlap = "own-addresses-overlap"
    case reusePortOtherUser = "reuse-port-other-user"
    case reusePortOneSided = "reuse-port-one-sided"
    case listenConflict = "listen-conflict"
    case kernelOwnedSocket = "kernel-owned-socket"
    case ownerHidden = "owner-hidden"
    case socketActivation = "socket-activation"
    case containerProxy = "container-proxy"
    case mptcpHolder = "mptcp-holder"
    case privilegedPort = "privileged-port"
    case addressNotLocal = "address-not-local"
    case addressTentative = "address-tentative"
    case addressNeedsScope = "address-needs-scope"
    case familyUnavailable = "family-unavailable"
    case deniedByPolicy = "denied-by-policy"
    case noSuchInterface = "no-such-interface"
    case ephemeralRangeExhausted = "ephemeral-range-exhausted"
    case portInEphemeralRange = "port-in-ephemeral-range"
    case portNowFree = "port-now-free"
    case timeWaitTableFull = "time-wait-table-full"
    case reuseSysctlMisread = "reuse-sysctl-misread"
    case rulesAndKernelDisagree = "rules-and-kernel-disagree"
  }

  package enum Severity: String, Sendable {
    case info
    case warning
    case error
  }

  package enum Certainty: String, Sendable {
    case certain
    case likely
    case possible
  }

  package struct Remedy: Equatable, Sendable {
    package var action: String
    /// A line for a shell; nil where there is none or a name in it would not be safe to paste.
    package var command: String?
    package var sideEffects: String?

    package init(_ action: String, command: String? = nil, sideEffects: String? = nil) {
      self.action = action
      self.command = command
      self.sideEffects = sideEffects
    }
  }

  package var slug: Slug
  package var severity: Severity
  package var certainty: Certainty
  package var title: String
  package var because: String
  package var evidence: [String]
  /// From the least to the most destructive.
  package var remedies: [Remedy]
  package var notSeen: [String]
}

/// Values of the host on which an explanation rests; nil is unknown.
package struct HostSettings: Equatable, Sendable {
  /// net.ipv4.ip_local_port_range.
  package var ephemeralRange: ClosedRange<UInt16>?
  /// net.ipv4.ip_local_reserved_ports.
  package var reservedPorts: PortSet
  /// net.ipv4.ip_unprivileged_port_start.
  package var unprivilegedPortStart: Int
  /// Milliseconds that a timer can sit at 0.
  package var timerSlack: Int
  /// This process has CAP_NET_BIND_SERVICE where it counts: in the user namespace of the network namespace. Nil if it
  /// has it in its own, which may be another.
  package var mayBindPrivilegedPorts: Bool?
  /// IPv6 addresses that duplicate address detection has not released.
  package var tentativeAddresses: [IPAddress]
  /// net.ipv6.conf.all.disable_ipv6.
  package var isIPv6Disabled: Bool
  /// Timewait minisockets of the network namespace, and net.ipv4.tcp_max_tw_buckets, beyond which none is kept.
  package var timeWaits: Int?
  package var timeWaitLimit: Int?
  /// net.ipv4.tcp_tw_reuse, of which 2 is the default, and net.ipv4.tcp_fin_timeout in seconds, of which 60 is.
  package var timeWaitReuse: Int?
  package var finTimeout: Int?
  package init(
    ephemeralRange: ClosedRange<UInt16>? = nil, reservedPorts: PortSet = PortSet([]),
    unprivilegedPortStart: Int = 1024, timerSlack: Int = 2048, mayBindPrivilegedPorts: Bool? = false,
    isIPv6Disabled: Bool = false, tentativeAddresses: [IPAddress] = []
  ) {
    self.ephemeralRange = ephemeralRange
    self.reservedPorts = reservedPorts
    self.unprivilegedPortStart = unprivilegedPortStart
    self.timerSlack = timerSlack
    self.mayBindPrivilegedPorts = mayBindPrivilegedPorts
    self.isIPv6Disabled = isIPv6Disabled
    self.tentativeAddresses = tentativeAddresses
  }

  package func isEphemeral(_ port: UInt16) -> Bool {
    (ephemeralRange?.contains(port) ?? false) && !reservedPorts.contains(port)
  }
}

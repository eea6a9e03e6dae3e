package import SocketTable

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

package import SocketTable

/// Settings of the host, in the network namespace that was asked about, on which an explanation rests. Nil means that the
/// value could not be read, unless the property says otherwise.
package struct HostSettings: Equatable, Sendable {
  /// net.ipv4.ip_local_port_range.
  package var ephemeralRange: ClosedRange<UInt16>?
  /// net.ipv4.ip_local_reserved_ports.
  package var reservedPorts: PortSet?
  /// net.ipv4.ip_unprivileged_port_start; the kernel's default of 1024 where it could not be read.
  package var unprivilegedPortStart: Int
  /// Milliseconds that a timer can stand at 0 before it fires: one step of the kernel's timer wheel.
  package var timerSlack: Int
  /// Whether the one who binds has CAP_NET_BIND_SERVICE in the user namespace that owns the network namespace, where it
  /// counts. Nil if this process has it in a user namespace that may be a different one. False for another user than root
  /// who was named as the server's (`--as-user`).
  package var mayBindPrivilegedPorts: Bool?
  /// IPv6 addresses for which duplicate address detection (RFC 4862) has not finished.
  package var tentativeAddresses: [IPAddress]
  /// IPv6 addresses that another host was found to have.
  package var duplicateAddresses: [IPAddress] = []
  /// net.ipv6.conf.all.disable_ipv6.
  package var isIPv6Disabled: Bool
  /// The kernel is that of WSL, by its release (`uname -r`): Windows has ports of its own beneath it.
  package var isOnWindows = false
  /// How many timewait minisockets there are.
  package var timeWaits: Int?
  /// net.ipv4.tcp_max_tw_buckets: the kernel keeps no more timewait minisockets than this.
  package var timeWaitLimit: Int?
  /// net.ipv4.tcp_tw_reuse. The default is 2.
  package var timeWaitReuse: Int?
  /// net.ipv4.tcp_fin_timeout, in seconds. The default is 60.
  package var finTimeout: Int?
  /// Whether this kernel can end timewait minisockets (SOCK_DESTROY); nil where the kernel could not be asked. True where
  /// nobody asked, as there is none to end.
  package var endsMinisockets: Bool? = true

  /// Who asks. Its ancestors and their units are empty where no process holds the port.
  package var caller = Caller()

  package init(
    ephemeralRange: ClosedRange<UInt16>? = nil, reservedPorts: PortSet? = PortSet([]),
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

  /// Whether the kernel may choose this port for a client. False as well where the range is unknown.
  package func isEphemeral(_ port: UInt16) -> Bool {
    (ephemeralRange?.contains(port) ?? false) && reservedPorts?.contains(port) != true
  }
}

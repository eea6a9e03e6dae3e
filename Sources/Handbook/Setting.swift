/// A value of this host whose present state a topic shows. `ExplainRun` reads it.
package struct Setting: Sendable {
  package enum Kind: Sendable, Equatable {
    /// The sysctl of that name.
    case sysctl
    /// The number of TIME_WAIT sockets in this network namespace.
    case timeWaitCount
    /// One step of the kernel's timer wheel for timers of a minute, in milliseconds.
    case timerStep
  }

  package let kind: Kind
  /// The name that is shown. For a sysctl it is the name in sysctl(8), by which it is read.
  package let name: String
  /// The unit, or the meaning of the values; may be empty.
  package let note: String
  /// The kernels that have it; empty if all do on which tw-inspect runs.
  package let availability: String

  /// Whether its value is one number; otherwise it is a text, such as a range or a list.
  package let isNumber: Bool

  /// What holds for a kernel that does not have it; empty where there is nothing to say.
  package let withoutIt: String

  private init(
    _ name: String, _ note: String, kind: Kind = .sysctl, availability: String = "", withoutIt: String = "",
    isNumber: Bool = true
  ) {
    self.kind = kind
    self.name = name
    self.note = note
    self.availability = availability
    self.withoutIt = withoutIt
    self.isNumber = isNumber
  }

  static let twReuse = Setting("net.ipv4.tcp_tw_reuse", "0 off, 1 on, 2 loopback only")
  static let twReuseDelay = Setting(
    "net.ipv4.tcp_tw_reuse_delay", "ms until a TIME_WAIT may be reused", availability: "since Linux 6.14",
    withoutIt: "it waits 1 s")
  static let twRecycle = Setting("net.ipv4.tcp_tw_recycle", "", availability: "until Linux 4.11")
  static let finTimeout = Setting("net.ipv4.tcp_fin_timeout", "s; life of a FIN_WAIT2 without a process")
  static let maxTimeWait = Setting("net.ipv4.tcp_max_tw_buckets", "the most TIME_WAIT")
  static let rfc1337 = Setting("net.ipv4.tcp_rfc1337", "1: no RST ends a TIME_WAIT")
  static let timestamps = Setting("net.ipv4.tcp_timestamps", "0 off; 1, 2 on")
  static let orphanRetries = Setting("net.ipv4.tcp_orphan_retries", "retries; 0 means 8")
  static let synRetries = Setting("net.ipv4.tcp_syn_retries", "SYN retries")
  static let synAckRetries = Setting("net.ipv4.tcp_synack_retries", "SYN-ACK retries")
  static let portRange = Setting(
    "net.ipv4.ip_local_port_range", "ephemeral ports, also for IPv6", isNumber: false)
  static let reservedPorts = Setting(
    "net.ipv4.ip_local_reserved_ports", "never chosen by the kernel", isNumber: false)
  static let unprivilegedStart = Setting(
    "net.ipv4.ip_unprivileged_port_start", "the first port for everybody, also for IPv6")
  static let nonlocalBind = Setting("net.ipv4.ip_nonlocal_bind", "1: any address may be bound")
  static let nonlocalBind6 = Setting(
    "net.ipv6.ip_nonlocal_bind", "the same for IPv6", availability: "with IPv6")
  static let bindV6Only = Setting(
    "net.ipv6.bindv6only", "the default of IPV6_V6ONLY", availability: "with IPv6")
  static let disableIPv6 = Setting(
    "net.ipv6.conf.all.disable_ipv6", "1: no IPv6 addresses", availability: "with IPv6")
  static let hashEntries = Setting(
    "net.ipv4.tcp_ehash_entries", "negative: shared with the host", availability: "since Linux 6.1",
    withoutIt: "every namespace shares that of the host")
  static let l3mdev = Setting(
    "net.ipv4.tcp_l3mdev_accept", "1: listeners are for every VRF",
    availability: "with CONFIG_NET_L3_MASTER_DEV")

  static let timeWaits = Setting("TIME_WAIT now", "in this network namespace", kind: .timeWaitCount)
  static let timerStep = Setting(
    "timer wheel step", "ms; a TIME_WAIT can last this much longer", kind: .timerStep)
}

extension Topics {
  private static func sysctl(
    _ setting: Setting, aliases: [String] = [], _ summary: String, _ what: String,
    here others: [Setting] = [],
    wrong misbeliefs: [Topic.Misbelief] = [], advice: [String], sources: [String]? = nil,
    related: [String] = []
  ) -> Topic {
    let short = setting.name.split(separator: ".").last.map(String.init) ?? setting.name
    return Topic(
      setting.name, aliases: aliases, .sysctl, summary,
      what + (setting.availability.isEmpty ? "" : "\n\nAvailable \(setting.availability)."),
      here: [setting] + others, wrong: misbeliefs, advice: advice,
      sources: sources ?? ["kernel document: networking/ip-sysctl (\(short))"], related: related)
  }

  static let sysctls: [Topic] = [
    sysctl(
      .twReuse, "connect() may reuse a TIME_WAIT",
      """
      When the kernel chooses the local port for connect(), it may choose a 4-tuple that is in TIME_WAIT. Its last segment
      must be older than net.ipv4.tcp_tw_reuse_delay, and both connections must have timestamps. Values: 0 never, 1 for every
      destination, 2 (the default) for loopback addresses only.

      Without it, a client that has used all its ports gets EADDRNOTAVAIL for up to a minute.
      """,
      here: [.twReuseDelay, .timestamps, .portRange],
      wrong: [
        .init("It lets a server bind.", "bind() does not look at it."),
        .init("It sets SO_REUSEADDR for all sockets.", "The two share a word and nothing else."),
      ],
      advice: [
        "for busy clients: first keep connections open and use them again, and widen the port range"
      ],
      related: ["reuseaddr-against-tw-reuse", "reuse-sysctl-misread", "ephemeral-range-exhausted"]),
    sysctl(
      .twReuseDelay, "when connect() may reuse a TIME_WAIT",
      "The age in ms of a TIME_WAIT at which connect() may reuse its 4-tuple. Older kernels always use 1 s.",
      here: [.twReuse], advice: ["leave it alone"], related: ["net.ipv4.tcp_tw_reuse"]),
    sysctl(
      .twRecycle, aliases: ["tw-recycle"], "removed; it broke clients behind NAT",
      """
      It ended TIME_WAIT early, by the timestamps of the other end. Behind NAT several hosts share an address, but not a
      clock, so their connections were dropped. Linux 4.12 removed it.
      """,
      wrong: [.init("It is the solution for TIME_WAIT.", "It broke connections, and no longer exists.")],
      advice: ["remove it from /etc/sysctl.d"],
      sources: ["kernel commit \"tcp: remove tcp_tw_recycle\" (Linux 4.12)"],
      related: ["reuse-sysctl-misread"]),
    sysctl(
      .finTimeout, "life of a FIN_WAIT2 without a process",
      """
      How many seconds a FIN_WAIT2 is kept when no process has it any more. Up to 60 s it is a timewait minisocket. With a
      longer time it first stays a full socket, until 60 s are left.
      """,
      here: [.timerStep],
      wrong: [
        .init(
          "It is the length of TIME_WAIT.",
          "TIME_WAIT always lasts 60 s. The default of this setting is 60 as well, so people confuse them."),
        .init(
          "Lowering it lets a server restart sooner.",
          "Only if killed servers leave FIN_WAIT2. It does not change TIME_WAIT."),
      ],
      advice: ["leave it alone; set SO_REUSEADDR"], related: ["FIN_WAIT2", "2-msl", "reuse-sysctl-misread"]),
    sysctl(
      .maxTimeWait, "how many TIME_WAIT there may be",
      """
      The limit for one network namespace. At the limit, a connection that closes leaves no TIME_WAIT, and the counter
      TCPTimeWaitOverflow goes up. Its port is free at once, but the protection is lost. The kernel's own word for a
      timewait minisocket is bucket.
      """,
      here: [.timeWaits],
      wrong: [
        .init(
          "Lower it to avoid TIME_WAIT.",
          "It is a limit against overload. Without TIME_WAIT a protection is lost."
        ),
        .init(
          "Each needs much memory.",
          "It needs a few hundred bytes. The default limit grows with the host's memory."),
      ],
      advice: ["watch it: nstat -az TcpExtTCPTimeWaitOverflow"],
      related: ["time-wait-table-full", "TIME_WAIT"]),
    sysctl(
      .rfc1337, "whether a RST ends a TIME_WAIT",
      """
      0, the default: a RST with exactly the expected sequence number ends a TIME_WAIT. 1: it does not. RFC 1337 recommends 1.
      """,
      wrong: [
        .init("1 makes restarts slower.", "It only stops the other end from ending a TIME_WAIT early.")
      ],
      advice: ["both values are fine; 1 is stricter"],
      sources: ["RFC 1337", "kernel document: networking/ip-sysctl (tcp_rfc1337)"], related: ["2-msl"]),
    sysctl(
      .timestamps, "TCP timestamps",
      """
      Each segment carries a clock value. It distinguishes a new connection from late segments of an old one with the same
      4-tuple, and tcp_tw_reuse needs it.
      """,
      here: [.twReuse],
      wrong: [
        .init("They reveal the uptime of the host.", "With value 1 each connection has a random offset.")
      ],
      advice: ["leave them on"],
      sources: ["RFC 7323", "RFC 6191", "kernel document: networking/ip-sysctl (tcp_timestamps)"],
      related: ["net.ipv4.tcp_tw_reuse"]),
    sysctl(
      .portRange, "ports that the kernel chooses from",
      """
      The first and the last ephemeral port: connect() without bind(), and bind() to port 0, choose from this range. It
      applies to IPv6 too.
      """,
      here: [.reservedPorts, .twReuse],
      wrong: [
        .init(
          "28,000 ports are 28,000 connections.", "They are that many for each destination address and port."
        ),
        .init(
          "A server's port in the range is safe.",
          "Only while the server runs. When it does not run, a client may take the port."),
      ],
      advice: ["reserve service ports that lie in it: net.ipv4.ip_local_reserved_ports"],
      related: ["port-in-ephemeral-range", "ephemeral-range-exhausted", "outgoing-connection-took-port"]),
    sysctl(
      .reservedPorts, "ports that the kernel never chooses",
      """
      A list of ports and ranges (8080,9000-9100) that the kernel never chooses by itself. bind() to such a port by its
      number works as before.
      """,
      here: [.portRange],
      wrong: [
        .init("It blocks the port.", "It never refuses an explicit bind. So it is safe to set.")
      ],
      advice: ["add each service port that lies in net.ipv4.ip_local_port_range"],
      related: ["port-in-ephemeral-range", "outgoing-connection-took-port", "tcp-self-connect"]),
    sysctl(
      .unprivilegedStart, "the first port that anybody may bind",
      """
      For a lower port, bind() needs CAP_NET_BIND_SERVICE in the user namespace that owns the network namespace. It applies
      to IPv6 too.
      """,
      wrong: [.init("It is always 1024.", "Container engines often set it to 0 inside.")],
      advice: ["give the service the capability, rather than lower this"],
      related: ["privileged-port", "EACCES"]),
    sysctl(
      .nonlocalBind, "whether any address may be bound",
      "1: every process may bind addresses that no interface has. IPv6 has its own setting.",
      here: [.nonlocalBind6],
      wrong: [.init("A failover service needs it.", "IP_FREEBIND in that one service does the same.")],
      advice: ["leave it at 0, and use IP_FREEBIND"],
      related: ["IP_FREEBIND", "address-not-local"]),
    sysctl(
      .hashEntries, aliases: ["ehash", "small-hash"], "size of the connection hash",
      """
      The size of the hash table in which the kernel finds connections. Negative: this network namespace shares the table of
      the host. If the table is small and busy, one reading of it can miss sockets: the blind spot small-hash. tw-inspect
      then combines three readings, except for --output jsonl and plain, which read once.
      """,
      wrong: [
        .init(
          "The list of sockets is always exact.",
          "With a small hash it is not, while connections come and go.")
      ],
      advice: ["if an answer has the blind spot small-hash, ask again"]),
    sysctl(
      .bindV6Only, "the default of IPV6_V6ONLY",
      "The value of IPV6_V6ONLY for a new IPv6 socket, if the program does not set it. tw-inspect always sets it.",
      wrong: [.init("It changes servers that run.", "The kernel uses it only when a socket is made.")],
      advice: ["leave it at 0; programs that care set the option"],
      sources: ["ipv6(7)", "kernel document: networking/ip-sysctl (bindv6only)"], related: ["IPV6_V6ONLY"]),
    sysctl(
      .disableIPv6, "IPv6 switched off",
      """
      1 removes every IPv6 address. Then bind() to ::1 fails with EADDRNOTAVAIL. [::] can still be bound, and accepts IPv4.
      """,
      wrong: [.init("IPv6 sockets cannot be made any more.", "They can. Only the addresses are gone.")],
      advice: ["bind 0.0.0.0, or [::] without IPV6_V6ONLY"], related: ["family-unavailable", "EAFNOSUPPORT"]),
    sysctl(
      .orphanRetries, "retries of an orphaned connection",
      """
      It is for a connection that no process has any more (an orphan: FIN_WAIT1, CLOSING, LAST_ACK). It says how often TCP
      sends the remaining data or the FIN again, before it gives up.
      """,
      wrong: [
        .init("It counts seconds.", "It counts retries. Each waits about twice as long as the one before.")
      ],
      advice: ["leave it alone; set SO_REUSEADDR in the server"],
      related: ["orphaned-connection", "FIN_WAIT1"]),
    sysctl(
      .l3mdev, "listeners across VRFs",
      """
      1: a listener that is bound to no device accepts connections from every VRF. Then bind() compares sockets of different
      VRFs. With 0 each VRF has its own ports.
      """,
      advice: ["ask in the VRF: ip vrf exec VRF tw-inspect trybind PORT"],
      sources: ["kernel document: networking/vrf"], related: ["SO_BINDTODEVICE"]),
  ]
}

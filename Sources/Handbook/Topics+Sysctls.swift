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
      what + (setting.availability.isEmpty ? "" : "\n\nIt is there \(setting.availability)."),
      here: [setting] + others, wrong: misbeliefs, advice: advice,
      sources: sources ?? ["kernel document: networking/ip-sysctl (\(short))"], related: related)
  }

  static let sysctls: [Topic] = [
    sysctl(
      .twReuse, "connect() may reuse a TIME_WAIT",
      """
      Where the kernel chooses the local port for connect(), it may choose a 4-tuple that is in TIME_WAIT, if its last
      segment is older than net.ipv4.tcp_tw_reuse_delay and both connections have timestamps. 0: never. 1: for every
      destination. 2, the default: for loopback addresses only.

      Without it, a client that has used up its ports gets EADDRNOTAVAIL until a minute has passed.
      """,
      here: [.twReuseDelay, .timestamps, .portRange],
      wrong: [
        .init("It lets a server bind.", "bind() does not look at it."),
        .init("It is what SO_REUSEADDR does, for all.", "They share a word and nothing else."),
      ],
      advice: [
        "for busy clients: keep connections and use them again, and widen the range, before you touch it"
      ],
      related: ["reuseaddr-against-tw-reuse", "reuse-sysctl-misread", "ephemeral-range-exhausted"]),
    sysctl(
      .twReuseDelay, "after how long connect() may reuse one",
      "How many milliseconds a TIME_WAIT must be old before connect() may reuse its 4-tuple. Before, it was 1 s.",
      here: [.twReuse], advice: ["leave it alone"], related: ["net.ipv4.tcp_tw_reuse"]),
    sysctl(
      .twRecycle, aliases: ["tw-recycle"], "removed; it broke clients behind NAT",
      """
      It ended TIME_WAIT early by the other end's timestamps. Behind NAT several hosts share an address and not a clock,
      and their connections were dropped. Linux 4.12 removed it.
      """,
      wrong: [.init("It is the cure for TIME_WAIT.", "It is gone, and was none.")],
      advice: ["take it out of /etc/sysctl.d"],
      sources: ["kernel commit \"tcp: remove tcp_tw_recycle\" (Linux 4.12)"],
      related: ["reuse-sysctl-misread"]),
    sysctl(
      .finTimeout, "life of a FIN_WAIT2 without a process",
      """
      How many seconds a FIN_WAIT2 is kept once no process has it. Up to 60 a timewait minisocket does that; above, an
      orphan does for the time over 60.
      """,
      here: [.timerStep],
      wrong: [
        .init(
          "It is the length of TIME_WAIT.",
          "That is 60 s, constant. Both are 60 by default, hence the mistake."),
        .init(
          "Lowering it lets a server restart sooner.",
          "Only where killed servers leave FIN_WAIT2; not TIME_WAIT."),
      ],
      advice: ["leave it alone; set SO_REUSEADDR"], related: ["FIN_WAIT2", "2-msl", "reuse-sysctl-misread"]),
    sysctl(
      .maxTimeWait, "how many TIME_WAIT there may be",
      """
      When so many are there in this network namespace, connections that close are gone at once, without TIME_WAIT, and
      the counter TCPTimeWaitOverflow goes up. The port is then free at once, and the protection is lost.
      """,
      here: [.timeWaits],
      wrong: [
        .init(
          "Lower it to be rid of TIME_WAIT.", "It is a defence against overload. It takes away what protects."
        ),
        .init("Each costs much memory.", "A few hundred bytes; the default grows with the host's memory."),
      ],
      advice: ["watch it: nstat -az TcpExtTCPTimeWaitOverflow"],
      related: ["time-wait-table-full", "TIME_WAIT"]),
    sysctl(
      .rfc1337, "whether a RST ends a TIME_WAIT",
      """
      0, the default: a RST with exactly the expected sequence number ends a TIME_WAIT. 1: it does not, which is what RFC
      1337 recommends.
      """,
      wrong: [
        .init("1 makes restarts slower.", "It only keeps TIME_WAIT from being ended early by the other end.")
      ],
      advice: ["either is well; 1 is the stricter"],
      sources: ["RFC 1337", "kernel document: networking/ip-sysctl (tcp_rfc1337)"], related: ["2-msl"]),
    sysctl(
      .timestamps, "TCP timestamps",
      """
      Each segment carries a clock value. By it a new connection from a 4-tuple in TIME_WAIT is told from late segments of
      the old one, and tcp_tw_reuse depends on it.
      """,
      here: [.twReuse],
      wrong: [.init("They give the host's uptime away.", "With 1 each connection has a random offset.")],
      advice: ["leave them on"],
      sources: ["RFC 7323", "RFC 6191", "kernel document: networking/ip-sysctl (tcp_timestamps)"],
      related: ["net.ipv4.tcp_tw_reuse"]),
    sysctl(
      .portRange, "ports that the kernel chooses from",
      """
      First and last port for sockets that get theirs by connect() without bind(), or by bind() to port 0. It counts for
      IPv6 too.
      """,
      here: [.reservedPorts, .twReuse],
      wrong: [
        .init(
          "28,000 ports are 28,000 connections.", "To each destination address and port, that is; not in all."
        ),
        .init(
          "A server port in the range is safe while the server runs.",
          "While it does not run, a client may take it."),
      ],
      advice: ["reserve service ports that lie in it: net.ipv4.ip_local_reserved_ports"],
      related: ["port-in-ephemeral-range", "ephemeral-range-exhausted", "outgoing-connection-took-port"]),
    sysctl(
      .reservedPorts, "ports that the kernel never chooses",
      """
      A list of ports and ranges (8080,9000-9100) that are left out when the kernel chooses a port. bind() to such a port
      by its number works as ever.
      """,
      here: [.portRange],
      wrong: [
        .init("It blocks the port.", "It never refuses an explicit bind. That makes it the safe remedy.")
      ],
      advice: ["add each service port that lies in net.ipv4.ip_local_port_range"],
      related: ["port-in-ephemeral-range", "outgoing-connection-took-port", "tcp-self-connect"]),
    sysctl(
      .unprivilegedStart, "the first port that anybody may bind",
      """
      Below it bind() needs CAP_NET_BIND_SERVICE in the user namespace that owns the network namespace. It counts for IPv6
      too.
      """,
      wrong: [.init("It is always 1024.", "Container engines often set it to 0 inside.")],
      advice: ["rather than lower it, give the service the capability"],
      related: ["privileged-port", "EACCES"]),
    sysctl(
      .nonlocalBind, "whether any address may be bound",
      "1: bind() takes addresses that no interface has, for every process. IPv6 has a setting of its own.",
      here: [.nonlocalBind6],
      wrong: [.init("A failover service needs it.", "IP_FREEBIND in that one service does the same.")],
      advice: ["leave it at 0, and use IP_FREEBIND"],
      related: ["IP_FREEBIND", "address-not-local"]),
    sysctl(
      .hashEntries, aliases: ["ehash", "small-hash"], "size of the connection hash",
      """
      Buckets of the table in which connections are found. Negative: this network namespace shares the host's. With a small
      one, a reading of a busy table can miss sockets: the blind spot small-hash. tw-inspect then puts three readings together,
      except for --output jsonl and plain, which read once.
      """,
      wrong: [
        .init("A full look is always exact.", "While connections come and go, it is not with a small hash.")
      ],
      advice: ["of an answer with small-hash, look again"]),
    sysctl(
      .bindV6Only, "the default of IPV6_V6ONLY",
      "What a new IPv6 socket has for IPV6_V6ONLY if the program does not set it. tw-inspect always sets it.",
      wrong: [.init("It changes servers that run.", "It is looked at when a socket is made.")],
      advice: ["leave it at 0; programs that care set the option"],
      sources: ["ipv6(7)", "kernel document: networking/ip-sysctl (bindv6only)"], related: ["IPV6_V6ONLY"]),
    sysctl(
      .disableIPv6, "IPv6 switched off",
      """
      1 takes every IPv6 address away. ::1 is then answered EADDRNOTAVAIL, while [::] can still be bound, and takes IPv4.
      """,
      wrong: [.init("IPv6 sockets cannot be made any more.", "They can. Only the addresses are gone.")],
      advice: ["bind 0.0.0.0, or [::] without IPV6_V6ONLY"], related: ["family-unavailable", "EAFNOSUPPORT"]),
    sysctl(
      .orphanRetries, "how often an orphan tries again",
      """
      How often TCP sends again what it has to deliver, or its FIN, for a connection that no process has any more
      (FIN_WAIT1, CLOSING, LAST_ACK), before it gives up.
      """,
      wrong: [
        .init("It counts seconds.", "It counts attempts; each waits about twice as long as the one before.")
      ],
      advice: ["leave it alone; set SO_REUSEADDR in the server"],
      related: ["orphaned-connection", "FIN_WAIT1"]),
    sysctl(
      .l3mdev, "listeners across VRFs",
      """
      1: a listener that is tied to no device accepts connections from every VRF. Then sockets of different VRFs are
      compared by bind(); with 0 each VRF has its ports to itself.
      """,
      advice: ["ask in the VRF: ip vrf exec VRF tw-inspect trybind PORT"],
      sources: ["kernel document: networking/vrf"], related: ["SO_BINDTODEVICE"]),
  ]
}

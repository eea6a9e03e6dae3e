extension Topics {
  /// Words of the field that answers and help use.
  static let terms: [Topic] = [
    Topic(
      "minisocket", aliases: ["timewait-minisocket", "mini-socket", "tw-bucket", "bucket"], .article,
      "a socket without a process, kept by a timer",
      """
      When one end of a connection is finished, Linux replaces its socket by a small record: the timewait minisocket. It has
      the 4-tuple, the device and the reuse options of that socket, and a timer. It has no buffers and no process, so there is no process
      that you could stop. It ends when its timer ends.

      A TIME_WAIT is always a minisocket. So is a FIN_WAIT2 that no process has any more, if net.ipv4.tcp_fin_timeout is
      60 s or less. Both hold their local port, so tw-inspect port lists both.
      """,
      here: [.timeWaits, .maxTimeWait, .finTimeout],
      wrong: [
        .init("Some process must have it.", "None has. That is why lsof and ss -p name nobody."),
        .init(
          "Only TIME_WAIT is left when a server ends.",
          "After kill -9, a FIN_WAIT2 is left for each client that does not close."),
      ],
      advice: ["see them: tw-inspect port PORT", "end them, at some risk: sudo tw-inspect release PORT"],
      sources: ["kernel source: include/net/inet_timewait_sock.h"],
      related: ["TIME_WAIT", "FIN_WAIT2", "cookie"]),
    Topic(
      "4-tuple", aliases: ["four-tuple", "tuple", "connection-tuple"], .article,
      "what identifies a connection",
      """
      Four numbers identify a TCP connection: local address, local port, peer address and peer port. No two
      connections of one network namespace have the same four.

      bind() looks at the local address and port, not at the peer. connect() needs a 4-tuple that no other connection has.
      """,
      wrong: [
        .init("A local port can have only one connection.", "It can have one for each peer address and port.")
      ],
      advice: [
        "for more connections to one server: use more source addresses, or more addresses or ports of the server"
      ],
      sources: ["RFC 9293, section 3.4.1"],
      related: ["ephemeral-port", "TIME_WAIT", "ephemeral-range-exhausted"]),
    Topic(
      "cookie", aliases: ["socket-cookie", "so-cookie"], .article, "the kernel's number for one socket",
      """
      A number of 64 bits by which the kernel knows a socket. No other socket gets the same one until the next reboot.

      tw-inspect release names each socket by its addresses, its ports and its cookie. If the socket has ended, and another
      one has the same addresses and ports, the cookie does not match. So nothing else can be ended by mistake.
      """,
      wrong: [
        .init("It has to do with SYN cookies or HTTP.", "It is only a number, and never leaves the host.")
      ],
      advice: ["see it: tw-inspect port PORT --json"],
      sources: ["sock_diag(7)", "kernel source: net/core/sock_diag.c"],
      related: ["minisocket"]),
    Topic(
      "ephemeral-port", aliases: ["ephemeral", "automatic-port", "ephemeral-range", "dynamic-port"], .article,
      "a local port that the kernel chose",
      """
      A client needs a local port, too. If it does not bind one, connect() chooses it from net.ipv4.ip_local_port_range,
      and leaves out net.ipv4.ip_local_reserved_ports. bind() to port 0 chooses from the same range.

      The connection keeps the port until it ends. If the client closes first, that includes 60 s of TIME_WAIT.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init(
          "They are the ports from 49152 on.",
          "So says RFC 6335. Linux uses its own range: 32768-60999 by default."),
        .init(
          "A server's port is never one of them.", "It can be, if it lies in the range and is not reserved."),
      ],
      advice: ["reserve service ports that lie in the range: net.ipv4.ip_local_reserved_ports"],
      sources: ["ip(7): ip_local_port_range", "RFC 6056", "RFC 6335, section 6"],
      related: ["net.ipv4.ip_local_port_range", "port-in-ephemeral-range", "ephemeral-range-exhausted"]),
  ]
}

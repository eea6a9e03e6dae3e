internal import Diagnosis

/// Ports that timers hold.
extension Topics {
  static let timerFindings: [Topic] = [
    finding(
      .timeWaitServerClosedFirst, "TIME_WAIT holds the port; SO_REUSEADDR helps",
      """
      Connections of the last server are in TIME_WAIT on the port, because the server closed them first: after its answer,
      or because it was stopped. A server without SO_REUSEADDR is refused until the last of them has ended. A server with the
      option can start now: the old sockets had it as well, as the trial with SO_REUSEADDR showed.
      """,
      here: [.timeWaits, .timerStep],
      wrong: [.init("tcp_tw_reuse or tcp_fin_timeout frees the port.", "bind() looks at neither of them.")],
      advice: [
        "wait: tw-inspect wait PORT && start the server",
        "set SO_REUSEADDR on the listening socket before bind()",
        "end them now: sudo tw-inspect release PORT (late segments could reach the next connection)",
      ],
      sources: ["RFC 9293, section 3.6", "socket(7): SO_REUSEADDR"],
      related: ["TIME_WAIT", "SO_REUSEADDR", "who-closes-first"]),
    finding(
      .timeWaitHolderWithoutReuse, "TIME_WAIT; SO_REUSEADDR does not help",
      """
      Connections of the last server are in TIME_WAIT on the port, and its socket did not have SO_REUSEADDR. Linux requires
      the option on both sides, and nothing can set it any more. This happens at the first restart after the option was
      added to a server.

      It is inferred: the trial with SO_REUSEADDR was refused, and nothing else is on the port. It is certain if this kernel
      lists sockets that are only bound. Otherwise it is likely. With --flags all it is seen: the kernel shows what the old
      sockets had.
      """,
      here: [.timeWaits, .timerStep],
      wrong: [.init("So the new server does not set the option.", "It may set it. The old one did not.")],
      advice: [
        "wait: tw-inspect wait PORT --reuse && start the server",
        "see what the old sockets had: sudo tw-inspect port PORT --flags all",
        "keep SO_REUSEADDR: then the next restart works",
        "end them now: sudo tw-inspect release PORT (late segments could reach the next connection)",
      ],
      sources: ["kernel source: net/ipv4/inet_connection_sock.c"], related: ["SO_REUSEADDR", "bind-rules"]),
    finding(
      .finWait2Orphan, "FIN_WAIT2 without a process holds the port",
      """
      The server closed its side, or was killed, and its clients have not closed yet. The kernel keeps each connection for
      net.ipv4.tcp_fin_timeout. If the client closes before that, it becomes a TIME_WAIT of another 60 s. So the end is not
      certain.
      """,
      here: [.finTimeout, .timerStep],
      wrong: [
        .init(
          "No TIME_WAIT is listed, so no timer holds the port.", "ss state time-wait does not list FIN_WAIT2."
        )
      ],
      advice: [
        "wait: tw-inspect wait PORT", "set SO_REUSEADDR in both the old and the new server",
        "end them now: sudo tw-inspect release PORT --include-fin-wait-2",
      ],
      sources: ["tcp(7): tcp_fin_timeout"], related: ["FIN_WAIT2", "net.ipv4.tcp_fin_timeout"]),
    finding(
      .v4MappedTimeWait, "an IPv4 TIME_WAIT of a dual-stack server",
      """
      A server on [::] accepted IPv4 connections. Their TIME_WAIT is listed under IPv6 as ::ffff:a.b.c.d. It blocks IPv4
      binds like any other IPv4 TIME_WAIT.
      """,
      here: [.timeWaits],
      wrong: [
        .init("ss -4 shows all that matters to IPv4.", "It leaves these out. tw-inspect -4 shows them.")
      ],
      advice: ["wait, or set SO_REUSEADDR in both the old and the new server"],
      sources: ["RFC 4291, section 2.5.5.2"],
      related: ["TIME_WAIT", "dual-stack-wildcard", "IPV6_V6ONLY"]),
    finding(
      .portNowFree, "the port became free just now",
      """
      A trial was refused, and succeeded when it was repeated at once. Something held the port for a moment: a timer that
      has ended, a socket that was just closed, or another trial.
      """,
      wrong: [.init("So the port stays free.", "The answer was true at that moment only.")],
      advice: ["start the server"], sources: ["bind(2)"], related: ["EADDRINUSE"]),
  ]
}

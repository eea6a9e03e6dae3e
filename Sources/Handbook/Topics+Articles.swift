extension Topics {
  static let articles: [Topic] = [
    Topic(
      "closing-handshake", aliases: ["why-time-wait", "time-wait-purpose", "ladder", "close-handshake"],
      .article,
      "what TIME_WAIT is for",
      """
      Each end of a connection sends a FIN to say that it will send no more, and the other end acknowledges it. The end
      that closes first (the active close) sends the last ACK. Nobody acknowledges that one.

      TIME_WAIT has two purposes. If the last ACK is lost, the other end sends its FIN again and needs an answer. And late
      segments must be gone before a new connection between the same addresses and ports begins. Otherwise they could be
      taken for a part of it.

      On Linux the end that closed first keeps a record for 60 s. If the FIN arrives again, Linux answers it, and the 60 s
      start again. If a socket listens, a SYN from the same address and port is accepted at once. Its sequence number or its
      timestamp must show that it is new.
      """,
      diagram: closingLadder, here: [.timeWaits, .maxTimeWait, .timestamps, .rfc1337],
      wrong: [
        .init(
          "TIME_WAIT keeps clients from connecting to the server.",
          "While a server listens, they can connect. What TIME_WAIT can block is the bind() of the next server."
        ),
        .init(
          "Both ends have it.",
          "Only the end that closed first has it. After a simultaneous close both have it."),
      ],
      advice: [
        "leave it alone: it protects the next connection, and costs very little",
        "set SO_REUSEADDR in servers, so that they can restart meanwhile",
      ],
      sources: ["RFC 9293, sections 3.4.3 and 3.6", "RFC 1337", "RFC 6191"],
      related: ["TIME_WAIT", "2-msl", "who-closes-first"]),
    Topic(
      "2-msl", aliases: ["msl", "2msl", "two-msl", "tcp_timewait_len"], .article,
      "how long TIME_WAIT really lasts",
      """
      TCP says that TIME_WAIT lasts twice the maximum segment lifetime (MSL), and that the MSL is 2 minutes: 4 minutes in
      all. Linux always uses 60 s. No setting changes that.

      The kernel's timers have coarse steps, so TIME_WAIT can end up to one step late. In that time 0 s are left, and bind()
      is still refused. tw-inspect calls this "ending".

      If a FIN or data from the other end arrives again, the 60 s start again. A RST with exactly the expected sequence
      number ends TIME_WAIT, unless net.ipv4.tcp_rfc1337 is 1. A new SYN from the same 4-tuple can take its place.
      """,
      here: [.timerStep, .finTimeout, .rfc1337, .timeWaits],
      wrong: [
        .init(
          "tcp_fin_timeout is 2 MSL.",
          "Its default is 60 as well, which is misleading. It says how long a FIN_WAIT2 without a process is kept."
        ),
        .init(
          "It lasts 4 minutes, 2 minutes, or 30 s.",
          "On other systems, perhaps. On Linux: 60 s, and up to one timer step more."),
      ],
      advice: [
        "see how long it still lasts: tw-inspect port PORT", "wait until it ends: tw-inspect wait PORT",
      ],
      sources: [
        "RFC 9293, sections 3.4.2 and 3.6", "kernel source: include/net/tcp.h (TCP_TIMEWAIT_LEN)", "RFC 1337",
      ],
      related: ["TIME_WAIT", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_rfc1337"]),
    Topic(
      "reuseaddr-against-tw-reuse", aliases: ["reuseaddr-vs-tw-reuse", "tw-reuse-vs-reuseaddr"], .article,
      "SO_REUSEADDR against tcp_tw_reuse",
      """
      They share a word and nothing else.

      SO_REUSEADDR is an option of one socket. bind() and listen() look at it. It lets a server take a port that old
      connections still hold.

      net.ipv4.tcp_tw_reuse is a setting of the network namespace. Only connect() looks at it, when the kernel chooses the
      local port. The kernel may then choose a 4-tuple that has been in TIME_WAIT for net.ipv4.tcp_tw_reuse_delay. Both
      connections must have timestamps. It does nothing for a server that cannot bind.
      """,
      here: [.twReuse, .twReuseDelay, .timestamps, .portRange],
      wrong: [
        .init("tcp_tw_reuse=1 lets my server restart.", "bind() does not look at it."),
        .init(
          "SO_REUSEADDR reuses a TIME_WAIT.",
          "It does not change the TIME_WAIT. It lets the new socket use the same port."),
      ],
      advice: [
        "for a server that cannot bind: set SO_REUSEADDR in both the old and the new server",
        """
        for a client that has no ports left: keep connections open and use them again; then more addresses; then a wider
        net.ipv4.ip_local_port_range; then tcp_tw_reuse
        """,
      ],
      sources: [
        "socket(7): SO_REUSEADDR", "kernel document: networking/ip-sysctl (tcp_tw_reuse)", "RFC 6191",
      ],
      related: ["SO_REUSEADDR", "net.ipv4.tcp_tw_reuse", "reuse-sysctl-misread"]),
    Topic(
      "sharing-a-port", aliases: ["reuseport-article", "several-servers"], .article,
      "SO_REUSEPORT, and several servers on one port",
      """
      Different specific addresses do not overlap: servers on 127.0.0.1 and 127.0.0.2 need no option.

      Two servers on one address, or one on a specific address and one on the wildcard, need SO_REUSEPORT. Every socket must
      have it, also the first one, and all must have the same effective user. The kernel then spreads new connections over
      these sockets. A socket on the specific address comes before one on the wildcard.

      When one of the sockets is closed, the connections in its queue that nobody has accepted are lost.
      """,
      wrong: [
        .init(
          "SO_REUSEADDR is enough, if each server has its own address.",
          "Different addresses do not need it. Beside a wildcard it is not enough."),
        .init(
          "root may join any user's sockets.", "The effective users must be equal. Root is no exception."),
      ],
      advice: [
        "give each service its own address, if that is possible",
        "for several processes of one service: SO_REUSEPORT in all, or one listener that they inherit",
      ],
      sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "bind-rules", "reuse-port-one-sided", "reuse-port-other-user"]),
    Topic(
      "who-closes-first", aliases: ["active-close", "close-first"], .article,
      "whose TIME_WAIT it is, and how to choose",
      """
      The end that calls close() or shutdown(SHUT_WR) first has the TIME_WAIT. If that is the client, the server's port is
      free as soon as the server has ended. The client's ephemeral port is in TIME_WAIT instead.

      A server can let its client close first. It tells the client that it is done, does not close, and reads until read()
      returns 0. Only then it closes. It needs a time limit, because not every client closes. A server that is stopped or
      killed always closes first.

      A reset of the connection (SO_LINGER with 0 s) leaves no TIME_WAIT, but the last data may be lost.
      """,
      diagram: closingLadder, here: [.timeWaits, .portRange],
      wrong: [
        .init(
          "The client always closes first.",
          "HTTP/1.0 servers close first, and those that answer Connection: close."),
        .init(
          "TIME_WAIT is better at the client.",
          "A busy client can run out of ports: each connection takes one for 60 s."),
      ],
      advice: [
        "end the protocol with a message from the client (QUIT), and close after its FIN",
        "let idle connections time out at the client first, and later at the server",
        "set SO_REUSEADDR in the server anyway: for stops and crashes",
      ],
      sources: ["RFC 9293, section 3.6", "RFC 9112, section 9.6", "shutdown(2)"],
      related: ["closing-handshake", "SO_LINGER", "ephemeral-range-exhausted"]),
    Topic(
      "bind-rules", aliases: ["bind", "conflict", "rules"], .article, "when bind() says EADDRINUSE on Linux",
      """
      bind() is refused if a socket on the port, in the same network namespace, meets all of these conditions. The socket
      can be in any state except SYN_RECV: LISTEN, a connection, TIME_WAIT, or only bound.

      Devices: at most one of the two sockets is bound to a device (SO_BINDTODEVICE), or both are bound to the same one.

      Addresses: they overlap. A wildcard overlaps with every address of its family, and a dual-stack [::] with IPv4 as
      well. 0.0.0.0 overlaps even with a connection on [::1], if that came from a dual-stack server.

      Options: they do not allow it. The table shows what they do if the old socket does not listen. Against a listener only
      SO_REUSEPORT on both helps. It needs the same effective user, except for a TIME_WAIT, which has no user.
      """,
      diagram: """
        old \\ new      none     REUSEADDR   REUSEPORT   both
        none           in use   in use      in use      in use
        REUSEADDR      in use   ok          in use      ok
        REUSEPORT      in use   in use      ok          ok
        both           in use   ok          ok          ok
        """,
      wrong: [
        .init("The new server's options decide.", "The options of the old socket count just as much."),
        .init(
          "With SO_REUSEADDR two servers can run at once.",
          "Both can bind, but listen() checks again and refuses the second one."),
      ],
      advice: ["ask the kernel itself: tw-inspect trybind PORT"],
      sources: ["bind(2)", "socket(7)", "kernel source: net/ipv4/inet_connection_sock.c"],
      related: ["EADDRINUSE", "SO_REUSEADDR", "SO_REUSEPORT", "IPV6_V6ONLY"]),
  ]
}

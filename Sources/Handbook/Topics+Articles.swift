extension Topics {
  static let articles: [Topic] = [
    Topic(
      "closing-handshake", aliases: ["why-time-wait", "time-wait-purpose", "ladder", "close-handshake"],
      .article,
      "what TIME_WAIT is for",
      """
      Each end of a connection says with a FIN that it will send no more, and each FIN is acknowledged. The end that
      closes first (the active close) sends the last ACK, and nobody acknowledges that one.

      TIME_WAIT is there for two things. If the last ACK is lost, the other end sends its FIN again, and must be
      answered. And segments that are late must have died out before a new connection between the same addresses and
      ports begins, or they could be taken for a part of it.

      On Linux the end that closed first keeps a record for 60 s. Each FIN that comes again is answered, and begins the
      60 s anew. A SYN from the same address and port is let in at once, where a socket listens, if its sequence number
      or its timestamp shows that it is new.
      """,
      diagram: closingLadder, here: [.timeWaits, .maxTimeWait, .timestamps, .rfc1337],
      wrong: [
        .init(
          "TIME_WAIT keeps clients from connecting to the server.",
          "While a server listens, they are let in. What it can keep out is a bind() of the next server."),
        .init(
          "Both ends have it.", "Only the end that closed first; after a simultaneous close both."),
      ],
      advice: [
        "let it be: it protects the next connection, and costs next to nothing",
        "let servers restart past it with SO_REUSEADDR",
      ],
      sources: ["RFC 9293, sections 3.4.3 and 3.6", "RFC 1337", "RFC 6191"],
      related: ["TIME_WAIT", "2-msl", "who-closes-first"]),
    Topic(
      "2-msl", aliases: ["msl", "2msl", "two-msl", "tcp_timewait_len"], .article,
      "how long TIME_WAIT really lasts",
      """
      TCP asks for TIME_WAIT to last twice the maximum segment lifetime (MSL), and takes that to be 2 minutes: 4 minutes
      in all. Linux keeps a constant 60 s. No setting changes it.

      The kernel's timer wheel is coarse, so that the record goes up to one step later. In that time 0 s are left, and the
      bind is still refused: "ending" in tw-inspect.

      A FIN or data of the other end that comes again begins the 60 s anew. A RST that fits exactly ends it, unless
      net.ipv4.tcp_rfc1337 is 1. A new SYN from the same 4-tuple can take it over.
      """,
      here: [.timerStep, .finTimeout, .rfc1337, .timeWaits],
      wrong: [
        .init(
          "tcp_fin_timeout is 2 MSL.",
          "Its default is 60 as well, which misleads. It is how long a FIN_WAIT2 without a process is kept."),
        .init(
          "It lasts 4 minutes, 2 minutes, or 30 s.",
          "Elsewhere, perhaps. On Linux: 60 s and up to a timer step."),
      ],
      advice: ["see what is left: tw-inspect port PORT", "wait for the end of it: tw-inspect wait PORT"],
      sources: [
        "RFC 9293, sections 3.4.2 and 3.6", "kernel source: include/net/tcp.h (TCP_TIMEWAIT_LEN)", "RFC 1337",
      ],
      related: ["TIME_WAIT", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_rfc1337"]),
    Topic(
      "reuseaddr-against-tw-reuse", aliases: ["reuseaddr-vs-tw-reuse", "tw-reuse-vs-reuseaddr"], .article,
      "SO_REUSEADDR against tcp_tw_reuse",
      """
      They share a word and nothing else.

      SO_REUSEADDR is an option of one socket. It is looked at by bind() and listen(), and lets a server take a port that
      old connections still hold.

      net.ipv4.tcp_tw_reuse is a setting of the network namespace. It is looked at by connect() alone, where the kernel
      chooses the local port: it may then choose a 4-tuple that is in TIME_WAIT, after net.ipv4.tcp_tw_reuse_delay, if
      both connections have timestamps. It does nothing for a server that cannot bind.
      """,
      here: [.twReuse, .twReuseDelay, .timestamps, .portRange],
      wrong: [
        .init("tcp_tw_reuse=1 lets my server restart.", "It has no part in bind()."),
        .init(
          "SO_REUSEADDR reuses a TIME_WAIT.",
          "It leaves the TIME_WAIT as it is, and lets the new socket have the port beside it."),
      ],
      advice: [
        "a server that cannot bind: SO_REUSEADDR, in the old server and the new one",
        """
        a client that runs out of ports: keep connections and use them again; more addresses; a wider
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

      A server on a specific address beside a listener on the wildcard, or two on one address, need SO_REUSEPORT on every
      socket, the first one included, and one effective user for all. The kernel then spreads new connections over the
      sockets whose address fits best; a specific address goes before the wildcard.

      When one of the sockets is closed, the connections in its queue that nobody has accepted are lost.
      """,
      wrong: [
        .init("SO_REUSEADDR is enough, with an address each.", "It is neither needed nor enough: see above."),
        .init(
          "root may join any user's sockets.", "The effective users must be equal; root is no exception."),
      ],
      advice: [
        "give each service an address of its own where that is possible",
        "for several processes of one service: SO_REUSEPORT in all, or one listener that they inherit",
      ],
      sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "bind-rules", "reuse-port-one-sided", "reuse-port-other-user"]),
    Topic(
      "who-closes-first", aliases: ["active-close", "close-first"], .article,
      "whose TIME_WAIT it is, and how to choose",
      """
      The end that calls close() or shutdown(SHUT_WR) first has the TIME_WAIT. If that is the client, the server's port is
      free as soon as the server is gone, and the client's own automatic port waits instead.

      A server can let its client be the first: it says that it is done, shuts nothing, and reads until read() returns 0;
      only then does it close. With a time limit, as not every client closes. A server that is stopped or killed is always
      the one that closes first.

      Resetting the connection instead (SO_LINGER with 0 s) leaves no TIME_WAIT, and may lose what was sent last.
      """,
      diagram: closingLadder, here: [.timeWaits, .portRange],
      wrong: [
        .init(
          "The client always closes first.", "HTTP/1.0 servers do, and those that answer Connection: close."),
        .init(
          "TIME_WAIT is better at the client.",
          "A busy client can run out of ports: 60 s for each connection."),
      ],
      advice: [
        "end the protocol with a word of the client's (QUIT), and close after its FIN",
        "let idle connections time out at the client before they do at the server",
        "set SO_REUSEADDR in the server all the same: for stops and crashes",
      ],
      sources: ["RFC 9293, section 3.6", "RFC 9112, section 9.6", "shutdown(2)"],
      related: ["closing-handshake", "SO_LINGER", "ephemeral-range-exhausted"]),
    Topic(
      "bind-rules", aliases: ["bind", "conflict", "rules"], .article, "when bind() says EADDRINUSE on Linux",
      """
      bind() is refused if there is a socket on the port, in the same network namespace, to which all of this applies.
      Every state counts but SYN_RECV: LISTEN, connections, TIME_WAIT, sockets that are only bound.

      The devices: not both sockets are tied to a device (SO_BINDTODEVICE), or they are tied to the same.

      The addresses overlap. A wildcard overlaps with every address of its family, and a dual-stack [::] with IPv4 as well.
      0.0.0.0 overlaps even with a connection on [::1] if that came from a dual-stack server.

      The options do not exempt it. The table has what they do where the old socket does not listen. Beside a listener only
      SO_REUSEPORT on both helps. SO_REUSEPORT needs the same effective user, but for a TIME_WAIT, which has none.
      """,
      diagram: """
        old \\ new      none     REUSEADDR   REUSEPORT   both
        none           in use   in use      in use      in use
        REUSEADDR      in use   ok          in use      ok
        REUSEPORT      in use   in use      ok          ok
        both           in use   ok          ok          ok
        """,
      wrong: [
        .init("The new server's options decide.", "The old socket's count just as much, as it has them now."),
        .init(
          "SO_REUSEADDR is safe against two servers at once.",
          "Both can bind; listen() asks again, and refuses the second one."),
      ],
      advice: ["ask the kernel itself: tw-inspect trybind PORT"],
      sources: ["bind(2)", "socket(7)", "kernel source: net/ipv4/inet_connection_sock.c"],
      related: ["EADDRINUSE", "SO_REUSEADDR", "SO_REUSEPORT", "IPV6_V6ONLY"]),
  ]
}

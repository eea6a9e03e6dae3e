extension Topics {
  static let options: [Topic] = [
    Topic(
      "SO_REUSEADDR", aliases: ["reuseaddr", "reuse-address", "reuse", "--reuse"], .option,
      "bind beside old connections",
      """
      Set on a socket before bind(), it lets the socket have a port that other sockets hold, if those have the option too
      and do not listen: TIME_WAIT, connections in every state, sockets that are only bound. The user does not matter.

      Connections inherit it from the listener when they are made, and a TIME_WAIT has what its connection had when it was
      closed. After that nothing can change it.

      listen() asks again: of two sockets that are bound so, the second cannot listen once the first does.
      """,
      here: [.timeWaits],
      wrong: [
        .init(
          "Setting it in the new server is enough.",
          """
          Linux asks for it on both sides. The first restart after it was added still fails, if the old server left
          connections.
          """),
        .init(
          "It lets two servers listen on one port.",
          "Never on Linux: that is SO_REUSEPORT. On other systems it may."),
        .init("With it, any state but TIME_WAIT is still refused.", "On Linux only LISTEN is."),
        .init("It has to do with tcp_tw_reuse.", "That is a setting for connect()."),
      ],
      advice: [
        "set it on every listening TCP socket before bind()",
        "try what it does here: tw-inspect trybind PORT shows bind with and without it",
      ],
      sources: ["socket(7): SO_REUSEADDR", "kernel source: net/ipv4/inet_connection_sock.c"],
      related: ["bind-rules", "reuseaddr-against-tw-reuse", "time-wait-holder-without-reuse"]),
    Topic(
      "SO_REUSEPORT", aliases: ["reuseport", "reuse-port", "--reuse-port"], .option,
      "several listeners on one port",
      """
      Lets several sockets of one effective user have the same address and port, listeners included, if every one of them
      has the option, the first one too. The kernel spreads new connections over those whose address fits best.

      It also gets past a TIME_WAIT whose connection had the option, whoever owned it.
      """,
      wrong: [
        .init(
          "It is a stronger SO_REUSEADDR.",
          "They are apart: each has to be on both sides. One does not stand in."),
        .init("root may join.", "The effective users must be equal."),
        .init(
          "It makes restarts safe.",
          """
          If the old server still runs, both listen, and connections in the queue of the one that stops are lost. A second
          start by mistake goes unnoticed.
          """),
      ],
      advice: [
        "use it where several processes of one service are meant to share a port",
        "for restarts alone, SO_REUSEADDR is what you want",
      ],
      sources: ["socket(7): SO_REUSEPORT"],
      related: ["sharing-a-port", "reuse-port-one-sided", "reuse-port-other-user"]),
    Topic(
      "SO_LINGER", aliases: ["linger"], .option, "what close() does with unsent data",
      """
      With a time above 0, close() waits up to that long until what was sent is acknowledged; TIME_WAIT comes as ever. With
      0 s close() throws away what is not sent and sends a RST: the connection is gone at both ends, and no TIME_WAIT is left.
      """,
      wrong: [
        .init(
          "With 0 s it is a clean way to be rid of TIME_WAIT.",
          "The other end gets ECONNRESET and may lose data that it had not read.")
      ],
      advice: ["leave it alone, but for connections that you mean to abort"],
      sources: ["socket(7): SO_LINGER", "RFC 9293, section 3.10.5"],
      related: ["who-closes-first", "TIME_WAIT"]),
    Topic(
      "SO_BINDTODEVICE", aliases: ["bindtodevice", "--interface"], .option,
      "tie a socket to a network device",
      """
      The socket sends and receives by one device only. Two sockets that are tied to different devices never conflict, and
      a TIME_WAIT keeps its device; a socket without a device conflicts with those of every device.
      """,
      wrong: [.init("It is the same as binding to the device's address.", "It says nothing of addresses.")],
      advice: ["ask for such a server: tw-inspect trybind PORT --interface DEVICE"],
      sources: ["socket(7): SO_BINDTODEVICE"], related: ["no-such-interface", "bind-rules"]),
    Topic(
      "IPV6_V6ONLY", aliases: ["v6only", "--v6-only"], .option, "an IPv6 socket that takes no IPv4",
      """
      Without it a socket on [::] is dual-stack: it takes IPv4 connections as well, and so competes with IPv4 sockets on
      the port. With it, [::] and 0.0.0.0 can have the same port.

      bind() to a specific IPv6 address sets it by itself. Accepted connections, and their TIME_WAIT, inherit it.
      """,
      here: [.bindV6Only],
      wrong: [
        .init(
          "A TIME_WAIT on [::1] does not matter to IPv4.",
          "If a dual-stack server left it, it blocks 0.0.0.0, and not 127.0.0.1.")
      ],
      advice: ["set it, to 0 or to 1, and do not rely on the default"],
      sources: ["ipv6(7): IPV6_V6ONLY", "RFC 3493, section 5.3"],
      related: ["dual-stack-wildcard", "own-addresses-overlap", "net.ipv6.bindv6only"]),
    Topic(
      "IP_FREEBIND", aliases: ["freebind", "IPV6_FREEBIND"], .option, "bind an address that is not here yet",
      """
      Lets bind() take an address that no interface has, or that is still tentative: for servers that start before their
      address is there, as with failover addresses.
      """,
      here: [.nonlocalBind, .nonlocalBind6],
      wrong: [.init("It gets past EADDRINUSE.", "It lifts EADDRNOTAVAIL only.")],
      advice: [
        "set it in the server (systemd: FreeBind=yes), or wait for the network (network-online.target)"
      ],
      sources: ["ip(7): IP_FREEBIND", "systemd.socket(5): FreeBind="],
      related: ["address-not-local", "address-tentative"]),
    Topic(
      "IP_BIND_ADDRESS_NO_PORT", aliases: ["bind-address-no-port"], .option, "choose the port at connect()",
      """
      For clients that bind their source address: bind() with port 0 then takes no port, and connect() chooses one by the
      whole 4-tuple. Until then nothing is held.
      """,
      here: [.portRange],
      wrong: [
        .init(
          "A client that binds only an address is like one that does not bind.",
          "Without this option bind() takes a port at once, and for all destinations together.")
      ],
      advice: ["set it in proxies and clients that choose their source address"],
      sources: ["ip(7): IP_BIND_ADDRESS_NO_PORT"], related: ["ephemeral-range-exhausted"]),
    Topic(
      "TCP_LINGER2", aliases: ["linger2"], .option, "how long this socket's FIN_WAIT2 is kept",
      """
      What net.ipv4.tcp_fin_timeout is for all sockets, for this one: how long its FIN_WAIT2 is kept once no process has it.
      """,
      here: [.finTimeout],
      wrong: [.init("It shortens TIME_WAIT.", "Nothing does.")],
      advice: ["leave it alone; set SO_REUSEADDR"], sources: ["tcp(7): TCP_LINGER2"],
      related: ["FIN_WAIT2", "net.ipv4.tcp_fin_timeout"]),
  ]
}

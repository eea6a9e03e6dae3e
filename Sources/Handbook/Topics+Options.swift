extension Topics {
  static let options: [Topic] = [
    Topic(
      "SO_REUSEADDR", aliases: ["reuseaddr", "reuse-address", "reuse", "--reuse"], .option,
      "bind beside old connections",
      """
      Set it before bind(). Then the socket can use a port that other sockets hold, if they have the option as well and do not
      listen. They may be in TIME_WAIT, be connections in any state, or only be bound. They may belong to any user.

      A connection inherits it from its listener, and a TIME_WAIT has what its connection had when it was closed. After that
      nothing can change it.

      listen() checks again: if two sockets are bound like this and the first one listens, the second cannot.
      """,
      here: [.timeWaits],
      wrong: [
        .init(
          "Setting it in the new server is enough.",
          """
          Linux requires it on both sides. The first restart after it was added still fails, if the old server left
          connections.
          """),
        .init(
          "It lets two servers listen on one port.",
          "Never on Linux: that is SO_REUSEPORT. On other systems it can."),
        .init("With it, any state but TIME_WAIT is still refused.", "On Linux only LISTEN is."),
        .init("It has to do with tcp_tw_reuse.", "That setting is for connect()."),
      ],
      advice: [
        "set it on every listening TCP socket before bind()",
        "try it on a port: tw-inspect trybind PORT shows bind with and without it",
        "see whether a running server sets it: sudo tw-inspect trybind PORT --like PID",
        "see which sockets have it, also those in TIME_WAIT: sudo tw-inspect port PORT --all --flags all",
      ],
      sources: ["socket(7): SO_REUSEADDR", "kernel source: net/ipv4/inet_connection_sock.c"],
      related: ["bind-rules", "reuseaddr-against-tw-reuse", "time-wait-holder-without-reuse"]),
    Topic(
      "SO_REUSEPORT", aliases: ["reuseport", "reuse-port", "--reuse-port"], .option,
      "several listeners on one port",
      """
      It lets several sockets of one effective user use the same address and port, even listeners. Every one of them must
      have the option, also the first one. The kernel spreads new connections over those whose address fits best.

      It also helps with a TIME_WAIT whose connection had the option, whichever user it belonged to.
      """,
      wrong: [
        .init(
          "It is a stronger SO_REUSEADDR.",
          "They are separate: each must be on both sides, and neither replaces the other."),
        .init("root may always share.", "The effective users must be equal."),
        .init(
          "It makes restarts safe.",
          """
          If the old server still runs, both listen. Connections in the queue of the one that stops are lost. And nobody
          notices a second start by mistake.
          """),
      ],
      advice: [
        "use it if several processes of one service should share a port",
        "if you only need restarts, use SO_REUSEADDR",
      ],
      sources: ["socket(7): SO_REUSEPORT"],
      related: ["sharing-a-port", "reuse-port-one-sided", "reuse-port-other-user"]),
    Topic(
      "SO_LINGER", aliases: ["linger"], .option, "what close() does with unsent data",
      """
      With a time above 0, close() waits up to that time until the sent data is acknowledged. TIME_WAIT follows as usual. With
      0 s close() drops unsent data and sends a RST. The connection is gone at both ends, and no TIME_WAIT is left.
      """,
      wrong: [
        .init(
          "With 0 s it is a clean way to avoid TIME_WAIT.",
          "The other end gets ECONNRESET, and may lose data that it had not read.")
      ],
      advice: ["leave it alone, except for connections that you want to abort"],
      sources: ["socket(7): SO_LINGER", "RFC 9293, section 3.10.5"],
      related: ["who-closes-first", "TIME_WAIT"]),
    Topic(
      "SO_BINDTODEVICE", aliases: ["bindtodevice", "--interface"], .option,
      "bind a socket to a network device",
      """
      The socket sends and receives through one device only. Two sockets that are bound to different devices never conflict.
      A TIME_WAIT keeps its device. A socket without a device conflicts with sockets of every device.
      """,
      wrong: [
        .init("It is the same as binding to the device's address.", "It does not limit the addresses.")
      ],
      advice: ["try it: tw-inspect trybind PORT --interface DEVICE"],
      sources: ["socket(7): SO_BINDTODEVICE"], related: ["no-such-interface", "bind-rules"]),
    Topic(
      "IPV6_V6ONLY", aliases: ["v6only", "--v6-only"], .option, "an IPv6 socket that takes no IPv4",
      """
      Without it a socket on [::] is dual-stack: it accepts IPv4 connections as well, and so conflicts with IPv4 sockets on
      the port. With it, [::] and 0.0.0.0 can use the same port.

      bind() to a specific IPv6 address sets it automatically. Accepted connections, and their TIME_WAIT, inherit it.
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
      It lets bind() use an address that no interface has, or that is still tentative. It is for servers that start before
      their address is there, such as failover addresses.
      """,
      here: [.nonlocalBind, .nonlocalBind6],
      wrong: [.init("It helps against EADDRINUSE.", "It helps against EADDRNOTAVAIL only.")],
      advice: [
        "set it in the server (systemd: FreeBind=yes), or wait for the network (network-online.target)"
      ],
      sources: ["ip(7): IP_FREEBIND", "systemd.socket(5): FreeBind="],
      related: ["address-not-local", "address-tentative"]),
    Topic(
      "IP_BIND_ADDRESS_NO_PORT", aliases: ["bind-address-no-port"], .option, "choose the port at connect()",
      """
      It is for clients that bind their source address. With it, bind() to port 0 takes no port. connect() then chooses one
      that is free for the whole 4-tuple.
      """,
      here: [.portRange],
      wrong: [
        .init(
          "A client that binds only an address is like one that does not bind.",
          "Without this option bind() takes a port at once, and blocks it for all destinations.")
      ],
      advice: ["set it in proxies and clients that choose their source address"],
      sources: ["ip(7): IP_BIND_ADDRESS_NO_PORT"], related: ["ephemeral-range-exhausted"]),
    Topic(
      "TCP_LINGER2", aliases: ["linger2"], .option, "how long this socket's FIN_WAIT2 is kept",
      """
      The same as net.ipv4.tcp_fin_timeout, but for one socket: how long its FIN_WAIT2 is kept when no process has it any
      more.
      """,
      here: [.finTimeout],
      wrong: [.init("It shortens TIME_WAIT.", "Nothing does.")],
      advice: ["leave it alone; set SO_REUSEADDR"], sources: ["tcp(7): TCP_LINGER2"],
      related: ["FIN_WAIT2", "net.ipv4.tcp_fin_timeout"]),
  ]
}

extension Topics {
  /// The segments and states of a connection that one end closes first.
  static let closingLadder = """
    closes first                       closes second
    ESTABLISHED                        ESTABLISHED
    FIN_WAIT1    ------- FIN ------->  CLOSE_WAIT
    FIN_WAIT2    <------ ACK --------
    TIME_WAIT    <------ FIN --------  LAST_ACK
                 ------- ACK ------->  gone
    60 s later: gone
    """

  static let states: [Topic] = [
    Topic(
      "TIME_WAIT", .state, "closed first, and over: kept for 60 s",
      """
      The last state of a connection, at the end that closed first. That end has sent the last ACK and cannot know whether
      it arrived. So the kernel keeps the 4-tuple for 60 s. It answers a FIN that arrives again, and keeps late segments away
      from the next connection between the same addresses and ports.

      No process has it, and it has no buffers: Linux keeps a small record, a timewait minisocket. This record still holds
      its local port. bind() is refused, unless both the old and the new socket have SO_REUSEADDR (or both have
      SO_REUSEPORT).
      """,
      diagram: closingLadder, here: [.timeWaits, .maxTimeWait, .timerStep],
      wrong: [
        .init(
          "Many TIME_WAIT mean that something leaks.",
          "Every connection ends like this, at one of its ends. They cost little, and end by themselves."),
        .init(
          "tcp_fin_timeout shortens it.",
          "60 s is a constant of the kernel. The setting is for FIN_WAIT2 without a process."),
        .init(
          "SO_REUSEADDR on the new server is enough.",
          "It helps only if the old server's socket had the option as well."),
      ],
      advice: [
        "set SO_REUSEADDR on every listening socket before bind()",
        "let the client close first, if the protocol allows it",
        "wait until it ends: tw-inspect wait PORT",
        "end it now, at some risk: sudo tw-inspect release PORT",
      ],
      sources: [
        "RFC 9293, sections 3.3.2 and 3.6", "RFC 1337", "RFC 6191",
        "kernel source: include/net/tcp.h (TCP_TIMEWAIT_LEN)",
      ],
      related: ["closing-handshake", "2-msl", "SO_REUSEADDR", "time-wait-server-closed-first"]),
    Topic(
      "FIN_WAIT2", .state, "closed first; the other end has not closed yet",
      """
      This end has closed, and the other end has acknowledged that but has not closed yet. While a process still has the
      socket (it called shutdown()), no timer runs. When no process has it any more, the kernel keeps it for
      net.ipv4.tcp_fin_timeout. It is then a timewait minisocket, if that time is 60 s or less.

      A killed server leaves one for every idle client. If the client closes before the time ends, it becomes a TIME_WAIT of
      another 60 s.
      """,
      here: [.finTimeout, .timerStep],
      wrong: [
        .init(
          "ss state time-wait shows nothing, so the port is free.",
          "A FIN_WAIT2 without a process holds the port as well, and ss lists it under another state."),
        .init(
          "It ends after net.ipv4.tcp_fin_timeout.",
          "If the client closes before that, at any time, it becomes a TIME_WAIT of 60 s."),
      ],
      advice: [
        "see it: tw-inspect port PORT lists both kinds of minisockets",
        "set SO_REUSEADDR in both the old and the new server",
      ],
      sources: ["RFC 9293, section 3.6", "tcp(7): tcp_fin_timeout, TCP_LINGER2"],
      related: ["fin-wait-2-orphan", "TCP_LINGER2", "TIME_WAIT"]),
    Topic(
      "FIN_WAIT1", .state, "closed first; its FIN is not acknowledged",
      """
      This end has closed, and its FIN, or data before it, is not acknowledged yet. That takes one round trip, or much
      longer if the other end is gone or does not read. Without a process it is an orphan: TCP continues alone, and gives up
      after net.ipv4.tcp_orphan_retries.
      """,
      here: [.orphanRetries],
      wrong: [
        .init(
          "Killing the process ends it.",
          "There may be no process any more. Then its inode is 0, and nothing can be killed.")
      ],
      advice: [
        "wait: it ends when the other end answers, or when the kernel gives up",
        "set SO_REUSEADDR in both the old and the new server: then it does not block a bind",
      ],
      sources: ["RFC 9293, section 3.6", "tcp(7): tcp_orphan_retries"], related: ["orphaned-connection"]),
    Topic(
      "CLOSING", .state, "both ends closed at the same time",
      """
      Both ends have sent a FIN before they received the other's, and this end's FIN is not acknowledged yet. Both ends
      enter TIME_WAIT next. It is rare, and lasts one round trip unless segments are lost.
      """,
      here: [.orphanRetries],
      wrong: [.init("Only one end has a TIME_WAIT.", "After a simultaneous close both have one.")],
      advice: ["wait: it ends when the other end answers, or when the kernel gives up"],
      sources: ["RFC 9293, section 3.6, figure 13"], related: ["orphaned-connection", "TIME_WAIT"]),
    Topic(
      "CLOSE_WAIT", .state, "the other end has closed, this process has not",
      """
      The other end has sent its FIN, and the process here has not closed its socket. Without SO_KEEPALIVE no timer ends
      this: the process has to close the socket.
      """,
      wrong: [
        .init(
          "It is a kind of TIME_WAIT.", "It is at the end that closes second, and it waits for the program."
        ),
        .init("tcp_fin_timeout ends it.", "That setting is for FIN_WAIT2, at the end that closed first."),
      ],
      advice: [
        "find the process, and why it does not close after read() returned 0",
        "restart it: its sockets end with the process",
      ],
      sources: ["RFC 9293, section 3.6"], related: ["leaked-connection", "ESTABLISHED"]),
    Topic(
      "LAST_ACK", .state, "closed second; waits for the last ACK",
      """
      The other end closed first. This end has closed too, and its FIN is not acknowledged yet. After that nothing is left:
      the end that closes second has no TIME_WAIT.
      """,
      here: [.orphanRetries],
      wrong: [.init("It lasts 60 s.", "It lasts one round trip. Only lost segments make it longer.")],
      advice: ["wait: it ends when the other end answers, or when the kernel gives up"],
      sources: ["RFC 9293, section 3.6"], related: ["orphaned-connection", "who-closes-first"]),
    Topic(
      "ESTABLISHED", .state, "a connection: both ends may send",
      """
      An open connection. If a listener accepted it, it has the listener's port, and keeps it when the listener is gone. If
      no process has accepted it yet, it ends with the listener.
      """,
      wrong: [
        .init(
          "When the listener is stopped, its port is free.",
          "A connection of a worker or child process still holds it, unless both sides have SO_REUSEADDR."
        ),
        .init(
          "SO_REUSEADDR helps with TIME_WAIT only.",
          "On Linux, with the option on both sides, it helps with every state except LISTEN."),
      ],
      advice: ["see whose it is: sudo tw-inspect trybind PORT"],
      sources: ["RFC 9293, section 3.3.2"],
      related: ["leaked-connection", "outgoing-connection-took-port", "bind-rules"]),
    Topic(
      "LISTEN", aliases: ["listening"], .state, "waits for connections; holds its port until closed",
      """
      A socket on which listen() was called. It holds its address and port until every process that has it has closed it,
      including forked children.
      """,
      wrong: [
        .init(
          "SO_REUSEADDR lets a second server listen.",
          "Never if the addresses overlap. Only SO_REUSEPORT allows that, on both sockets, for one user."
        ),
        .init(
          "A specific address can be bound beside a listener on the wildcard.",
          "Not on Linux, even with SO_REUSEADDR on both."),
      ],
      advice: [
        "see it: tw-inspect port PORT --all", "find its process: sudo tw-inspect trybind PORT",
        "stop the service that has it, or give yours another port or address",
      ],
      sources: ["listen(2)", "RFC 9293, section 3.3.2"],
      related: ["listener-alive", "listener-inherited", "SO_REUSEPORT", "wildcard-overlaps-specific"]),
    Topic(
      "BOUND", aliases: ["bound-inactive"], .state, "has a port; neither listens nor connects",
      """
      A socket on which bind() was called, but neither listen() nor connect(). Or a bound socket whose connection is over,
      while the process keeps the descriptor. It holds its port until it is closed. For the kernel its state is CLOSE.
      """,
      wrong: [
        .init(
          "If no tool lists a socket, the port is free.",
          """
          Linux lists these only since 6.8, and only by netlink. /proc/net/tcp, and so netstat, never shows them. But bind() is
          refused.
          """)
      ],
      advice: ["see it, with its inode: tw-inspect port PORT --all"],
      sources: ["bind(2)", "kernel source: include/net/tcp_states.h (TCP_BOUND_INACTIVE)"],
      related: ["bound-not-listening", "CLOSE"]),
    Topic(
      "SYN_SENT", .state, "connect() waits for an answer",
      """
      This end has sent a SYN and has no answer yet. The socket already has a local port, most often an ephemeral port from
      net.ipv4.ip_local_port_range.
      """,
      here: [.synRetries, .portRange, .reservedPorts],
      wrong: [
        .init(
          "Clients never hold a server's port.",
          "They can, if it lies in the ephemeral range and the server is down when connect() chooses.")
      ],
      advice: [
        "reserve service ports, so that connect() does not choose them: net.ipv4.ip_local_reserved_ports"
      ],
      sources: ["RFC 9293, section 3.5", "connect(2)"],
      related: ["outgoing-connection-took-port", "tcp-self-connect"]),
    Topic(
      "SYN_RECV", aliases: ["syn-received", "syn-rcvd"], .state,
      "a SYN has arrived; the handshake is half done",
      """
      A SYN has arrived, and the ACK for the SYN-ACK has not. Linux keeps a request socket, which belongs to the listener.
      It holds no port of its own, and ends with the listener.
      """,
      here: [.synAckRetries],
      wrong: [.init("It blocks a bind.", "Its listener does.")],
      advice: ["look at the listener: tw-inspect port PORT --all"],
      sources: ["RFC 9293, section 3.5", "listen(2)"], related: ["LISTEN"]),
    Topic(
      "CLOSE", aliases: ["closed", "unconnected"], .state, "no connection",
      """
      A socket that is not connected and does not listen. Without a port the kernel does not list it. With a port tw-inspect
      shows it as BOUND.
      """,
      wrong: [
        .init("A closed socket is gone.", "CLOSE is the state of a socket that a process still has open.")
      ],
      advice: ["see BOUND"], sources: ["RFC 9293, section 3.3.2"], related: ["BOUND"]),
  ]
}

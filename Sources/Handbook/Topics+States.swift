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
      The last state of a connection at the end that closed first. That end has sent the last ACK and cannot know whether
      it arrived. So the kernel keeps the 4-tuple for 60 s: to answer a FIN that comes again, and to keep late segments
      away from the next connection between the same addresses and ports.

      It belongs to no process and has no buffers; Linux keeps a small record of it, a timewait minisocket. That record
      still holds its local port against bind(), unless the old socket and the new one both had SO_REUSEADDR (or both
      SO_REUSEPORT).
      """,
      diagram: closingLadder, here: [.timeWaits, .maxTimeWait, .timerStep],
      wrong: [
        .init(
          "Many TIME_WAIT mean that something leaks.",
          "Every connection ends so, at one end or the other. They cost little, and go by themselves."),
        .init(
          "tcp_fin_timeout shortens it.",
          "60 s is a constant of the kernel. The setting is for FIN_WAIT2 without a process."),
        .init(
          "SO_REUSEADDR on the new server gets past it.",
          "Only if the old server's socket had the option as well."),
      ],
      advice: [
        "set SO_REUSEADDR on every listening socket before bind()",
        "let the client close first, where the protocol allows it",
        "wait for the end of it: tw-inspect wait PORT",
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
      This end has closed and the other end has acknowledged that, but keeps the connection open. While a process still
      has the socket (it called shutdown()), no timer runs. Once no process has it, the kernel keeps it for
      net.ipv4.tcp_fin_timeout, as a timewait minisocket where that is 60 s or less.

      It is what a killed server leaves behind for every idle client. If the client closes before the time is up, it
      becomes a TIME_WAIT with 60 s of its own.
      """,
      here: [.finTimeout, .timerStep],
      wrong: [
        .init(
          "ss state time-wait shows nothing, so the port is free.",
          "A FIN_WAIT2 that only a timer keeps holds the port just so, and is in another list."),
        .init(
          "It ends when its time is up.",
          "Unless the client closes in its last second: then it is a TIME_WAIT."),
      ],
      advice: [
        "see it: tw-inspect port PORT lists both kinds of minisockets",
        "set SO_REUSEADDR in the server, old and new",
      ],
      sources: ["RFC 9293, section 3.6", "tcp(7): tcp_fin_timeout, TCP_LINGER2"],
      related: ["fin-wait-2-orphan", "TCP_LINGER2", "TIME_WAIT"]),
    Topic(
      "FIN_WAIT1", .state, "closed first; its FIN is not acknowledged",
      """
      This end has closed, and its FIN, or data before it, is not acknowledged yet. That takes one round trip, or much
      longer where the other end is gone or does not read. Without a process it is an orphan: TCP itself goes on, and
      gives up after net.ipv4.tcp_orphan_retries.
      """,
      here: [.orphanRetries],
      wrong: [.init("Killing the process ends it.", "There is none any more: inode 0, and nothing to kill.")],
      advice: [
        "wait: it ends when the other end answers, or when the kernel gives up",
        "set SO_REUSEADDR in the server, old and new: then it does not block a bind",
      ],
      sources: ["RFC 9293, section 3.6", "tcp(7): tcp_orphan_retries"], related: ["orphaned-connection"]),
    Topic(
      "CLOSING", .state, "both ends closed at the same time",
      """
      Both ends have sent a FIN before they had the other's, and this end's is not acknowledged yet. Both ends go on to
      TIME_WAIT. It is rare, and lasts for one round trip unless segments are lost.
      """,
      here: [.orphanRetries],
      wrong: [.init("Only one end has a TIME_WAIT.", "After a simultaneous close both have.")],
      advice: ["wait: it ends when the other end answers, or when the kernel gives up"],
      sources: ["RFC 9293, section 3.6, figure 13"], related: ["orphaned-connection", "TIME_WAIT"]),
    Topic(
      "CLOSE_WAIT", .state, "the other end has closed, this process has not",
      """
      The other end has sent its FIN, and the process here has not closed its socket. Unless the socket has SO_KEEPALIVE,
      no timer ends this: the process has to close it.
      """,
      wrong: [
        .init(
          "It is a kind of TIME_WAIT.", "It is the other side of the handshake, and it waits for the program."
        ),
        .init("tcp_fin_timeout clears it.", "That is for FIN_WAIT2 at the other end."),
      ],
      advice: [
        "find the process, and why it does not close after read() returned 0",
        "restart it: with the process the sockets go",
      ],
      sources: ["RFC 9293, section 3.6"], related: ["leaked-connection", "ESTABLISHED"]),
    Topic(
      "LAST_ACK", .state, "closed second; waits for the last ACK",
      """
      The other end closed first, this end has closed too, and its FIN is not acknowledged yet. Afterwards nothing is
      left: the end that closes second has no TIME_WAIT.
      """,
      here: [.orphanRetries],
      wrong: [.init("It lasts 60 s.", "It lasts one round trip; only lost segments make it longer.")],
      advice: ["wait: it ends when the other end answers, or when the kernel gives up"],
      sources: ["RFC 9293, section 3.6"], related: ["orphaned-connection", "who-closes-first"]),
    Topic(
      "ESTABLISHED", .state, "a connection: both ends may send",
      """
      An open connection. One that a listener accepted has the listener's port, and keeps it when the listener is gone.
      Not yet accepted, it belongs to the listener, and goes with it.
      """,
      wrong: [
        .init(
          "When the listener is stopped, its port is free.",
          "A connection that a worker or child process still has holds it, unless SO_REUSEADDR is set on both sides."
        ),
        .init(
          "SO_REUSEADDR gets past TIME_WAIT only.",
          "On Linux, with the option on both sides, it gets past every state but LISTEN."),
      ],
      advice: ["see whose it is: sudo tw-inspect trybind PORT"],
      sources: ["RFC 9293, section 3.3.2"],
      related: ["leaked-connection", "outgoing-connection-took-port", "bind-rules"]),
    Topic(
      "LISTEN", aliases: ["listening"], .state, "waits for connections; holds its port for good",
      """
      A socket on which listen() was called. It holds its address and port until every process that has it, forked
      children included, has closed it.
      """,
      wrong: [
        .init(
          "SO_REUSEADDR lets a second server listen.",
          "Never beside a listener on an overlapping address. Only SO_REUSEPORT does, on both sockets, for one user."
        ),
        .init(
          "A specific address goes past a listener on the wildcard.",
          "Not on Linux, not even with SO_REUSEADDR on both."),
      ],
      advice: [
        "see it: tw-inspect port PORT --all; whose it is: sudo tw-inspect trybind PORT",
        "stop the service that has it, or give yours another port or address",
      ],
      sources: ["listen(2)", "RFC 9293, section 3.3.2"],
      related: ["listener-alive", "listener-inherited", "SO_REUSEPORT", "wildcard-overlaps-specific"]),
    Topic(
      "BOUND", aliases: ["bound-inactive"], .state, "has a port; neither listens nor connects",
      """
      A socket on which bind() was called, and neither listen() nor connect() since; or one that was bound, and whose
      connection is over while the process keeps the descriptor. It holds its port until it is closed. The kernel counts it as CLOSE.
      """,
      wrong: [
        .init(
          "If no tool lists a socket, the port is free.",
          """
          Before Linux 6.8 nothing lists these; /proc/net/tcp, and so netstat, never does. The bind is refused all the
          same.
          """)
      ],
      advice: ["see it: tw-inspect port PORT --all, by netlink, which names its inode"],
      sources: ["bind(2)", "kernel source: include/net/tcp_states.h (TCP_BOUND_INACTIVE)"],
      related: ["bound-not-listening", "CLOSE"]),
    Topic(
      "SYN_SENT", .state, "connect() waits for an answer",
      """
      This end has sent a SYN and has no answer yet. The socket has a local port already, most often one that the kernel
      chose from net.ipv4.ip_local_port_range.
      """,
      here: [.synRetries, .portRange, .reservedPorts],
      wrong: [
        .init(
          "Clients never hold a server's port.",
          "They do where it lies in the ephemeral range and the server is down when connect() chooses.")
      ],
      advice: ["keep service ports out of automatic choice: net.ipv4.ip_local_reserved_ports"],
      sources: ["RFC 9293, section 3.5", "connect(2)"],
      related: ["outgoing-connection-took-port", "tcp-self-connect"]),
    Topic(
      "SYN_RECV", aliases: ["syn-received", "syn-rcvd"], .state, "a SYN has come; the handshake is half done",
      """
      A SYN has come, and the ACK to the SYN-ACK has not. Linux keeps a request socket, which belongs to the listener:
      it holds no port of its own, and goes with the listener.
      """,
      here: [.synAckRetries],
      wrong: [.init("It blocks a bind.", "Its listener does.")],
      advice: ["look at the listener: tw-inspect port PORT --all"],
      sources: ["RFC 9293, section 3.5", "listen(2)"], related: ["LISTEN"]),
    Topic(
      "CLOSE", aliases: ["closed", "unconnected"], .state, "no connection",
      """
      A socket that is not connected and does not listen. Without a port no list of the kernel has it; with one it is
      shown here as BOUND.
      """,
      wrong: [
        .init("A closed socket is gone.", "CLOSE is the state of a socket that a process still has open.")
      ],
      advice: ["see BOUND"], sources: ["RFC 9293, section 3.3.2"], related: ["BOUND"]),
  ]
}

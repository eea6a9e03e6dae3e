internal import Diagnosis

extension Topics {
  static let findings: [Topic] =
    timerFindings + holderFindings + sharingFindings + refusalFindings + hostFindings

  static func finding(
    _ slug: Finding.Slug, _ summary: String, _ what: String, here settings: [Setting] = [],
    wrong misbeliefs: [Topic.Misbelief] = [], advice: [String], sources: [String], related: [String]
  ) -> Topic {
    Topic(
      slug.rawValue, .finding, summary, what, here: settings, wrong: misbeliefs, advice: advice,
      sources: sources,
      related: related)
  }

  // MARK: Ports that timers hold

  private static let timerFindings: [Topic] = [
    finding(
      .timeWaitServerClosedFirst, "TIME_WAIT in the way; SO_REUSEADDR helps",
      """
      Connections of the last server are in TIME_WAIT on the port, because it closed them first: by answering and closing,
      or by being stopped. A server without SO_REUSEADDR is refused until the last of them has ended. One that sets the
      option can start now: the old sockets had it too, as the trial with SO_REUSEADDR showed.
      """,
      here: [.timeWaits, .timerStep],
      wrong: [.init("tcp_tw_reuse or tcp_fin_timeout frees the port.", "Neither has a part in bind().")],
      advice: [
        "wait: tw-inspect wait PORT && start the server",
        "set SO_REUSEADDR on the listening socket before bind()",
        "end them now: sudo tw-inspect release PORT (late segments could reach the next connection)",
      ],
      sources: ["RFC 9293, section 3.6", "socket(7): SO_REUSEADDR"],
      related: ["TIME_WAIT", "SO_REUSEADDR", "who-closes-first"]),
    finding(
      .timeWaitHolderWithoutReuse, "TIME_WAIT in the way; SO_REUSEADDR no help",
      """
      The same, but the sockets that left these connections had not set SO_REUSEADDR. Linux asks for it on both sides, and
      nothing can set it any more. That is so for the first restart after the option was added to a server.

      It is inferred: the trial with SO_REUSEADDR was refused, and nothing else is on the port. It is certain where this
      kernel lists sockets that are only bound, and else likely.
      """,
      here: [.timeWaits, .timerStep],
      wrong: [.init("The server does not set the option after all.", "It may well. The old one had not.")],
      advice: [
        "wait: tw-inspect wait PORT --reuse && start the server",
        "keep SO_REUSEADDR set: the next restart is fine",
        "end them now: sudo tw-inspect release PORT (late segments could reach the next connection)",
      ],
      sources: ["kernel source: net/ipv4/inet_connection_sock.c"], related: ["SO_REUSEADDR", "bind-rules"]),
    finding(
      .finWait2Orphan, "FIN_WAIT2 without a process in the way",
      """
      The server closed its side, or was killed, while clients keep their connections open. The kernel keeps each for
      net.ipv4.tcp_fin_timeout. If the client closes before, it becomes a TIME_WAIT of 60 s, so that the end is not sure.
      """,
      here: [.finTimeout, .timerStep],
      wrong: [
        .init("There is no TIME_WAIT, so it cannot be that.", "ss state time-wait does not list these.")
      ],
      advice: [
        "wait: tw-inspect wait PORT", "set SO_REUSEADDR in the server, old and new",
        "end them now: sudo tw-inspect release PORT --include-fin-wait-2",
      ],
      sources: ["tcp(7): tcp_fin_timeout"], related: ["FIN_WAIT2", "net.ipv4.tcp_fin_timeout"]),
    finding(
      .v4MappedTimeWait, "an IPv4 TIME_WAIT of a dual-stack server",
      """
      A server on [::] took IPv4 connections, and their TIME_WAIT is listed under IPv6 as ::ffff:a.b.c.d. It blocks IPv4
      binds just as one under IPv4 would.
      """,
      here: [.timeWaits],
      wrong: [.init("ss -4 shows all that matters to IPv4.", "It leaves these out; tw-inspect -4 does not.")],
      advice: ["wait, or set SO_REUSEADDR in the server, old and new"],
      sources: ["RFC 4291, section 2.5.5.2"],
      related: ["TIME_WAIT", "dual-stack-wildcard", "IPV6_V6ONLY"]),
    finding(
      .portNowFree, "the race is over",
      """
      A trial was refused, and repeated at once it succeeded. Something held the port for a moment: a timer that ran out, a
      socket that was just closed, or another trial.
      """,
      wrong: [.init("Then the port stays free.", "The answer is of that instant.")],
      advice: ["start the server"], sources: ["bind(2)"], related: ["EADDRINUSE"]),
  ]

  // MARK: Ports that other sockets hold

  private static let holderFindings: [Topic] = [
    finding(
      .listenerAlive, "a socket listens on the port",
      """
      Somebody listens on an address that overlaps with yours. That lasts until it closes its socket; waiting does not end
      it, and SO_REUSEADDR does not get past it.
      """,
      wrong: [
        .init(
          "It is the old instance, so it may be killed.",
          "See first whose it is. It may be a service that is needed.")
      ],
      advice: [
        "see whose it is: sudo tw-inspect trybind PORT",
        "stop that service, or give yours another port or address",
      ],
      sources: ["listen(2)", "bind(2)"], related: ["LISTEN", "listener-inherited", "socket-activation"]),
    finding(
      .sharedByReusePort, "the server would share the port",
      """
      Sockets that listen on the port have SO_REUSEPORT, as the server has, and belong to the same user: bind() succeeds, and
      the kernel spreads new connections over all of them. That can be meant. It can also be an old instance, or a second one,
      which nobody notices because nothing is refused.
      """,
      wrong: [.init("A port that can be bound is free.", "With SO_REUSEPORT on both sides it is shared.")],
      advice: [
        "see who listens: tw-inspect port PORT --all --owners",
        "leave SO_REUSEPORT off where one instance is meant",
      ],
      sources: ["socket(7): SO_REUSEPORT"], related: ["listener-alive", "SO_REUSEPORT"]),
    finding(
      .otherNameElsewhere, "another server has the other localhost",
      """
      Something listens on ::1 while the server is for 127.0.0.1, or the other way round. These are two addresses: neither is in
      the other's way, and clients that are told "localhost" can reach either.
      """,
      wrong: [.init("localhost is one address.", "It is two, one of each family.")],
      advice: ["see who listens: tw-inspect port PORT --all --owners", "let clients name the address"],
      sources: ["RFC 6761, section 6.3", "RFC 6724"], related: ["listener-alive", "dual-stack-wildcard"]),
    finding(
      .listenerInherited, "a child process has the listening socket",
      """
      The server that made the listening socket is gone, and a process that it started still has the descriptor: a worker, a
      shell, a daemon that was started from it. The socket goes on listening, and connections to it hang in its queue.
      """,
      wrong: [
        .init(
          "When a server ends, its sockets are closed.",
          "Only its own descriptors. A forked child has its copy.")
      ],
      advice: [
        "stop the process that has it", "set close-on-exec (SOCK_CLOEXEC) on listening sockets",
        "let the service manager stop the whole unit (systemd: KillMode=control-group)",
      ],
      sources: ["fork(2)", "socket(2): SOCK_CLOEXEC", "systemd.kill(5)"],
      related: ["listener-alive", "LISTEN"]),
    finding(
      .orphanedConnection, "a connection without a process is closing",
      """
      The process closed the connection, or is gone, and TCP still has data or a FIN to deliver: FIN_WAIT1, CLOSING or
      LAST_ACK with inode 0. It tries again until the other end answers or net.ipv4.tcp_orphan_retries is used up.
      """,
      here: [.orphanRetries], wrong: [.init("Some process must be killed.", "None has it.")],
      advice: ["wait", "set SO_REUSEADDR in the server, old and new: then it does not block a bind"],
      sources: ["tcp(7): tcp_orphan_retries"], related: ["FIN_WAIT1", "LAST_ACK"]),
    finding(
      .leakedConnection, "a living process has an old connection",
      """
      Nothing listens, but a process still has a connection that was accepted on the port: ESTABLISHED or CLOSE_WAIT. Most
      often it is a worker or a child of the old server. Without SO_REUSEADDR on both sides it blocks the bind for as long
      as it lives.
      """,
      wrong: [.init("It goes by itself, as a TIME_WAIT does.", "No timer ends it.")],
      advice: [
        "set SO_REUSEADDR in the server, old and new: then it does not block a bind",
        "see whose it is: sudo tw-inspect trybind PORT, and end that process; then wait for what is left",
      ],
      sources: ["socket(7): SO_REUSEADDR"], related: ["ESTABLISHED", "CLOSE_WAIT"]),
    finding(
      .boundNotListening, "a bound socket that most tools do not show",
      """
      A process has called bind() for the port and neither listen() nor connect(). That holds the port until the socket is
      closed. Kernels before 6.8 cannot list it: it is then the conclusion from a refusal that nothing else explains.
      """,
      wrong: [.init("netstat shows nothing, so nothing is there.", "netstat and lsof never show these.")],
      advice: [
        "set SO_REUSEADDR in the server, where the other socket has it too",
        "see whose it is: sudo tw-inspect trybind PORT",
        "stop the process that has it",
      ],
      sources: ["bind(2)"], related: ["BOUND"]),
    finding(
      .outgoingConnectionTookPort, "a client connection has the port",
      """
      A connection that this host opened has the port as its own, because connect() chose it from
      net.ipv4.ip_local_port_range while no server had it. Clients do not set SO_REUSEADDR, so the server's does not help.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [.init("Only servers hold ports.", "Every connection holds one.")],
      advice: [
        "wait until that connection ends: tw-inspect wait PORT", "end that one connection: ss -K, as root",
        "keep it from happening again: add the port to net.ipv4.ip_local_reserved_ports",
      ],
      sources: ["connect(2)", "kernel document: networking/ip-sysctl (ip_local_reserved_ports)"],
      related: ["port-in-ephemeral-range", "SYN_SENT", "net.ipv4.ip_local_reserved_ports"]),
    finding(
      .outgoingTimeWait, "a client's old connection keeps the port",
      """
      A connection that this host opened had the port as its own, and is over: a TIME_WAIT, or a FIN_WAIT2 that only a timer
      keeps, is left. connect() chose the port from net.ipv4.ip_local_port_range while no server had it. That is inferred:
      the port lies in the range, the other end's does not, and SO_REUSEADDR is refused.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init(
          "The old server left it.",
          "A server's own connections have the client's automatic port at the other end.")
      ],
      advice: [
        "wait: tw-inspect wait PORT",
        "keep it from happening again: add the port to net.ipv4.ip_local_reserved_ports",
      ],
      sources: ["connect(2)", "kernel document: networking/ip-sysctl (ip_local_reserved_ports)"],
      related: [
        "outgoing-connection-took-port", "port-in-ephemeral-range", "net.ipv4.ip_local_reserved_ports",
      ]),
    finding(
      .tcpSelfConnect, "a client is connected to itself",
      """
      A client kept connecting to a port of its own host on which nobody listened. One time connect() chose that very port
      as its own, and the simultaneous open joined the socket to itself. It looks like a server that answers with what it
      is sent.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init("connect() to a port without a listener always fails.", "On the same host it can meet itself.")
      ],
      advice: [
        "stop that client, then start the server", "add the port to net.ipv4.ip_local_reserved_ports",
      ],
      sources: ["RFC 9293, section 3.5, figure 7"], related: ["outgoing-connection-took-port", "SYN_SENT"]),
    finding(
      .kernelOwnedSocket, "the kernel itself listens",
      """
      The socket belongs to a part of the kernel, and to no process: the NFS and SMB servers and iSCSI targets of the
      kernel make such sockets.
      """,
      wrong: [
        .init("A process hides.", "There is none; what configures that part of the kernel can stop it.")
      ],
      advice: ["stop the service by its own means, such as systemctl stop nfs-server"],
      sources: ["kernel source: net/socket.c (sock_create_kern)"],
      related: ["listener-alive", "owner-hidden"]),
    finding(
      .holderStopped, "a stopped process has the port",
      """
      The process that has the socket is stopped, as by Ctrl-Z in its shell, by SIGSTOP, or by a debugger. It keeps its
      sockets and does not answer. SIGTERM reaches it only when it continues, so that kill alone seems to do nothing.
      """,
      wrong: [
        .init("Ctrl-Z ends a program.", "It stops it for a while; Ctrl-C ends most programs."),
        .init("Then it takes kill -9.", "SIGTERM and then SIGCONT let it end in its own way."),
      ],
      advice: [
        "go on with it: fg in its shell, or kill -CONT PID", "end it: kill PID; kill -CONT PID",
      ],
      sources: ["signal(7): SIGTSTP, SIGSTOP, SIGCONT", "proc(5): state"],
      related: ["listener-alive", "bound-not-listening"]),
    finding(
      .leftoverProxy, "a container's proxy without a container",
      """
      Docker has a docker-proxy for each published port, a child of its daemon. This one has no daemon as its parent any
      more: the daemon was killed, and the proxy outlived it. There is no container behind it, so that docker ps does not
      show the port; but the proxy listens until it is ended.
      """,
      wrong: [.init("Restarting Docker frees the port.", "The new daemon does not know the old proxy.")],
      advice: [
        "see that no container publishes it: docker ps --filter publish=PORT", "end the proxy: kill PID",
      ],
      sources: ["docker-ps(1)", "dockerd(8): --userland-proxy"],
      related: ["container-proxy", "listener-alive"]),
    finding(
      .ownerHidden, "who has the socket cannot be seen from here",
      """
      The socket has an owner, but its process cannot be looked at: it is another user's, is in another PID namespace, or
      /proc is mounted with hidepid. "Not seen" does not mean "nobody".
      """,
      wrong: [
        .init("ss -p without a name means an orphan.", "It means that you may not look into that process.")
      ],
      advice: ["ask again as root: sudo tw-inspect trybind PORT", "in a container, ask on the host"],
      sources: ["proc(5): hidepid", "ptrace(2)", "pid_namespaces(7)"], related: ["listener-alive"]),
    finding(
      .socketActivation, "a service manager has the socket",
      """
      systemd, inetd or the like listens on behalf of a service, and hands the descriptor over. Stopping the service does not
      close it: the next connection starts the service again.
      """,
      wrong: [.init("systemctl stop NAME.service frees the port.", "The .socket unit has to be stopped.")],
      advice: [
        "stop the socket unit: systemctl stop NAME.socket",
        "let the server take the descriptors it is handed",
      ],
      sources: ["systemd.socket(5)", "sd_listen_fds(3)"], related: ["listener-alive"]),
    finding(
      .containerProxy, "a container's port is published here",
      """
      A container engine's proxy (docker-proxy, rootlessport) listens on the host for a container. Stop the container, and
      it goes.
      """,
      wrong: [.init("Kill docker-proxy.", "The engine has it for a container that still wants the port.")],
      advice: ["see which: docker ps --filter publish=PORT", "stop that container, or publish another port"],
      sources: ["docker-ps(1)"], related: ["listener-alive"]),
    finding(
      .mptcpHolder, "a Multipath TCP socket has the port",
      """
      A socket of IPPROTO_MPTCP holds a port of TCP: its subflows are TCP sockets, and conflict as such. They are in the TCP
      table with the inode of the MPTCP socket.
      """,
      wrong: [.init("MPTCP has ports of its own.", "They are TCP's.")],
      advice: ["see it: ss -Man", "treat it as any listener"],
      sources: ["RFC 8684", "kernel document: networking/mptcp"], related: ["listener-alive"]),
  ]
}

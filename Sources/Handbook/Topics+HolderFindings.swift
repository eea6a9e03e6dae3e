internal import Diagnosis

/// Ports that other sockets hold.
extension Topics {
  static let holderFindings: [Topic] = [
    finding(
      .listenerAlive, "a socket listens on the port",
      """
      A process listens on an address that overlaps with yours. It holds the port until it closes its socket. Waiting does
      not help, and neither does SO_REUSEADDR.
      """,
      wrong: [
        .init(
          "It is the old instance, so you can kill it.",
          "First see which process it is. It may be a service that somebody needs.")
      ],
      advice: [
        "find the process: sudo tw-inspect trybind PORT",
        "stop that service, or give yours another port or address",
      ],
      sources: ["listen(2)", "bind(2)"], related: ["LISTEN", "listener-inherited", "socket-activation"]),
    finding(
      .sharedByReusePort, "the server would share the port",
      """
      Sockets already listen on the port. They have SO_REUSEPORT and the same user, as your server has. So bind() succeeds,
      and the kernel spreads new connections over all of them. This can be intended. It can also be an old or a second
      instance, and nobody notices it because nothing is refused.
      """,
      wrong: [.init("A port that can be bound is free.", "With SO_REUSEPORT on both sides it is shared.")],
      advice: [
        "see who listens: tw-inspect port PORT --all --owners",
        "do not set SO_REUSEPORT if only one instance should run",
      ],
      sources: ["socket(7): SO_REUSEPORT"], related: ["listener-alive", "SO_REUSEPORT"]),
    finding(
      .otherNameElsewhere, "another server has the other localhost",
      """
      Another process listens on ::1 and your server uses 127.0.0.1, or the other way round. These are two addresses, so
      neither blocks the other. A client of "localhost" can reach either of them.
      """,
      wrong: [.init("localhost is one address.", "It is two, one in each family.")],
      advice: [
        "see who listens: tw-inspect port PORT --all --owners",
        "let clients use the address, and not the name",
      ],
      sources: ["RFC 6761, section 6.3", "RFC 6724"], related: ["listener-alive", "dual-stack-wildcard"]),
    finding(
      .listenerInherited, "a child process has the listening socket",
      """
      The server that made the listening socket is gone. A process that it started still has the descriptor: a worker, a
      shell or a daemon. The socket still listens, and new connections wait in its queue.
      """,
      wrong: [
        .init(
          "When a server ends, its sockets are closed.",
          "Only its own descriptors are closed. A forked child has a copy.")
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
      The process closed the connection, or is gone, but TCP still has data or a FIN to deliver: FIN_WAIT1, CLOSING or
      LAST_ACK with inode 0. It tries again until the other end answers, or until its retries
      (net.ipv4.tcp_orphan_retries) are used up.
      """,
      here: [.orphanRetries], wrong: [.init("Some process must be killed.", "No process has it.")],
      advice: ["wait", "set SO_REUSEADDR in both the old and the new server: then it does not block a bind"],
      sources: ["tcp(7): tcp_orphan_retries"], related: ["FIN_WAIT1", "LAST_ACK"]),
    finding(
      .leakedConnection, "a living process has an old connection",
      """
      No socket listens, but a process still has a connection that was accepted on the port: ESTABLISHED or CLOSE_WAIT. Most
      often it is a worker or a child of the old server. Without SO_REUSEADDR on both sides the connection blocks the bind
      as long as it exists.
      """,
      wrong: [.init("It ends by itself, like a TIME_WAIT.", "No timer ends it.")],
      advice: [
        "set SO_REUSEADDR in both the old and the new server: then it does not block a bind",
        "find its process: sudo tw-inspect trybind PORT; end it, then wait for what is left",
      ],
      sources: ["socket(7): SO_REUSEADDR"], related: ["ESTABLISHED", "CLOSE_WAIT"]),
    finding(
      .boundNotListening, "a bound socket that most tools do not show",
      """
      A process has called bind() for the port, but neither listen() nor connect(). That holds the port until the socket is
      closed. Kernels before 6.8 cannot list it. There it is inferred from a refusal that nothing else explains.
      """,
      wrong: [
        .init("netstat shows nothing, so nothing is there.", "netstat and lsof never show such sockets.")
      ],
      advice: [
        "set SO_REUSEADDR in the server, if the other socket has it as well",
        "find its process: sudo tw-inspect trybind PORT",
        "stop the process that has it",
      ],
      sources: ["bind(2)"], related: ["BOUND"]),
    finding(
      .outgoingConnectionTookPort, "a client connection has the port",
      """
      A connection that this host opened has the port as its local port: connect() chose it from
      net.ipv4.ip_local_port_range while no server had it. Clients do not set SO_REUSEADDR, so the server's SO_REUSEADDR
      does not help.
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
      A connection that this host opened had the port as its local port, and is over. A TIME_WAIT, or a FIN_WAIT2 without a
      process, is left. connect() chose the port from net.ipv4.ip_local_port_range while no server had it. This is inferred:
      the port lies in the range, the peer's port does not, and the trial with SO_REUSEADDR was refused.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init(
          "The old server left it.",
          "A server's own connections have an ephemeral port at the other end.")
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
      A client kept connecting to a port of its own host where nothing listened. At last connect() chose the same port as
      the client's ephemeral port, and TCP connected the socket to itself (simultaneous open). It looks like a server that
      echoes what it receives.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init(
          "connect() to a port without a listener always fails.", "On the same host it can connect to itself."
        )
      ],
      advice: [
        "stop that client, then start the server", "add the port to net.ipv4.ip_local_reserved_ports",
      ],
      sources: ["RFC 9293, section 3.5, figure 7"], related: ["outgoing-connection-took-port", "SYN_SENT"]),
    finding(
      .kernelOwnedSocket, "the kernel itself listens",
      """
      The socket belongs to the kernel, and to no process. The kernel's NFS and SMB servers and iSCSI targets make such
      sockets.
      """,
      wrong: [
        .init(
          "A process is hidden.", "There is none. The tool that configures this kernel service can stop it.")
      ],
      advice: ["stop that kernel service with its own tool, such as systemctl stop nfs-server"],
      sources: ["kernel source: net/socket.c (sock_create_kern)"],
      related: ["listener-alive", "owner-hidden"]),
    finding(
      .holderStopped, "a stopped process has the port",
      """
      The process that has the socket is stopped: by Ctrl-Z in its shell, by SIGSTOP, or by a debugger. It keeps its sockets
      and does not answer. SIGTERM reaches it only when it continues, so kill alone seems to do nothing.
      """,
      wrong: [
        .init("Ctrl-Z ends a program.", "It only stops it. Ctrl-C ends most programs."),
        .init("Only kill -9 helps.", "SIGTERM and then SIGCONT let it end normally."),
      ],
      advice: [
        "let it continue: fg in its shell, or kill -CONT PID", "end it: kill PID; kill -CONT PID",
      ],
      sources: ["signal(7): SIGTSTP, SIGSTOP, SIGCONT", "proc(5): state"],
      related: ["listener-alive", "bound-not-listening"]),
    finding(
      .leftoverProxy, "a container's proxy without a container",
      """
      Docker's daemon starts a docker-proxy for each published port. The parent of this one is no daemon any more: the
      daemon was killed, and the proxy was not. There is no container behind it, so docker ps does not show the port. The
      proxy listens until you end it.
      """,
      wrong: [.init("Restarting Docker frees the port.", "The new daemon does not know the old proxy.")],
      advice: [
        "make sure that no container publishes it: docker ps --filter publish=PORT",
        "end the proxy: kill PID",
      ],
      sources: ["docker-ps(1)", "dockerd(8): --userland-proxy"],
      related: ["container-proxy", "listener-alive"]),
    finding(
      .ownerHidden, "who has the socket cannot be seen from here",
      """
      The socket has an owner, but the process is hidden from you. It belongs to another user, or is in another PID
      namespace, or /proc is mounted with hidepid. "Not seen" does not mean "nobody".
      """,
      wrong: [
        .init(
          "If ss -p shows no name, there is no process.",
          "It can also mean that you may not see that process.")
      ],
      advice: ["ask again as root: sudo tw-inspect trybind PORT", "in a container, ask on the host"],
      sources: ["proc(5): hidepid", "ptrace(2)", "pid_namespaces(7)"], related: ["listener-alive"]),
    finding(
      .socketActivation, "a service manager has the socket",
      """
      systemd, inetd or a similar program listens for a service, and passes the descriptor to it. To stop the service does
      not close the socket: the next connection starts the service again.
      """,
      wrong: [.init("systemctl stop NAME.service frees the port.", "You have to stop the .socket unit.")],
      advice: [
        "stop the socket unit: systemctl stop NAME.socket",
        "let the server use the descriptors that it is given",
      ],
      sources: ["systemd.socket(5)", "sd_listen_fds(3)"], related: ["listener-alive"]),
    finding(
      .containerProxy, "a container's port is published here",
      """
      A container engine's proxy (docker-proxy, rootlessport) listens on the host for a container. It ends with the
      container.
      """,
      wrong: [.init("Kill docker-proxy.", "Its container still needs the port. Stop the container.")],
      advice: [
        "see which container it is: docker ps --filter publish=PORT",
        "stop that container, or publish another port",
      ],
      sources: ["docker-ps(1)"], related: ["listener-alive"]),
    finding(
      .mptcpHolder, "a Multipath TCP socket has the port",
      """
      A socket of IPPROTO_MPTCP holds a TCP port. Its subflows are TCP sockets, and conflict like any others. They are in
      the TCP table with the inode of the MPTCP socket.
      """,
      wrong: [.init("MPTCP has its own ports.", "It uses the ports of TCP.")],
      advice: ["see it: ss -Man", "treat it like any listener"],
      sources: ["RFC 8684", "kernel document: networking/mptcp"], related: ["listener-alive"]),
  ]
}

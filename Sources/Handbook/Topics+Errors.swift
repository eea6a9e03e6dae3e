internal import Diagnosis
internal import NetlinkCodec

extension Topics {
  private static func error(
    _ number: Errno, _ summary: String, _ what: String, here settings: [Setting] = [],
    wrong misbeliefs: [Topic.Misbelief] = [], advice: [String], sources: [String], related: [String] = []
  ) -> Topic {
    Topic(
      number.name, aliases: ["\(number.rawValue)", "errno \(number.rawValue)", number.message], .errno,
      summary,
      "\"\(number.message)\", errno \(number.rawValue).\n\n" + what, here: settings, wrong: misbeliefs,
      advice: advice, sources: sources, related: related)
  }

  static let errors: [Topic] = [
    error(
      .addressInUse, "the port is taken",
      """
      bind() or listen(): a socket on the port overlaps with the new one, and the options of both do not allow it. That
      socket may listen, be a connection, be in TIME_WAIT, or only be bound.

      bind() to port 0, or listen() without bind(): every port of net.ipv4.ip_local_port_range is taken.

      A BPF program of the cgroup can also give this answer. Then no socket needs to be on the port.
      """,
      here: [.portRange, .reservedPorts, .timeWaits],
      wrong: [
        .init(
          "Another server runs.", "Just as often none runs, and old connections or a TIME_WAIT hold the port."
        ),
        .init(
          "SO_REUSEADDR solves it.",
          "Only if no socket listens, and only if the old socket had the option as well."),
      ],
      advice: [
        "find the reason: tw-inspect trybind PORT", "see what is there: tw-inspect port PORT --all",
      ],
      sources: ["bind(2)", "listen(2)", "socket(7)"],
      related: ["bind-rules", "SO_REUSEADDR", "EADDRNOTAVAIL"]),
    error(
      .accessDenied, "not permitted to bind this port",
      """
      bind(): the port is below net.ipv4.ip_unprivileged_port_start, and the process lacks CAP_NET_BIND_SERVICE. Or a
      security policy refuses it (SELinux name_bind, Landlock). The kernel checks this before it looks for other sockets, so
      the port may be in use as well.
      """,
      here: [.unprivilegedStart],
      wrong: [.init("Only root can do that.", "Any process with CAP_NET_BIND_SERVICE can.")],
      advice: [
        "give the service AmbientCapabilities=CAP_NET_BIND_SERVICE, or a higher port",
        "on a high port: check the security policy",
      ],
      sources: ["bind(2)", "capabilities(7)", "landlock(7)"],
      related: ["privileged-port", "denied-by-policy", "net.ipv4.ip_unprivileged_port_start"]),
    error(
      Errno(1), "a policy refuses it, or a capability is missing",
      """
      bind(): most often a BPF program of the cgroup refuses it, such as that of systemd's SocketBindDeny=, or a seccomp
      filter. In tw-inspect release: ending sockets needs CAP_NET_ADMIN.
      """,
      wrong: [.init("It is about privileged ports.", "For those bind() fails with EACCES.")],
      advice: ["check the unit: systemctl show -p SocketBindDeny -p SocketBindAllow UNIT"],
      sources: ["systemd.resource-control(5): SocketBindDeny=", "bpf(2)", "seccomp(2)"],
      related: ["denied-by-policy", "EACCES"]),
    error(
      .addressNotAvailable, "not an address of this host",
      """
      bind(): no interface of this network namespace has the address, or it is an IPv6 address that is still tentative.
      The kernel checks this before it looks for other sockets on the port.

      connect(): every port of net.ipv4.ip_local_port_range is taken for that destination, or the 4-tuple exists.
      """,
      here: [.nonlocalBind, .nonlocalBind6, .disableIPv6, .portRange, .twReuse, .timeWaits],
      wrong: [
        .init(
          "The port is in use.", "From bind() it is about the address. The kernel has not looked at the port."
        )
      ],
      advice: [
        "list the addresses: ip address",
        "for a server that starts before its address is there: IP_FREEBIND, or wait for the network",
      ],
      sources: ["bind(2)", "connect(2)", "ip(7)"],
      related: ["address-not-local", "address-tentative", "ephemeral-range-exhausted", "IP_FREEBIND"]),
    error(
      .invalidArgument, "the address does not fit the socket",
      """
      bind(): the address is a link-local IPv6 address (fe80::) without an interface, or an IPv6 multicast address. Or it
      is a v4-mapped address, and the socket has IPV6_V6ONLY. Or the socket is already bound, or the address structure is
      too short.
      """,
      wrong: [.init("The port is wrong.", "Every port number is valid. The address or the socket is wrong.")],
      advice: ["give a link-local address its interface: fe80::1%eth0"], sources: ["bind(2)", "ipv6(7)"],
      related: ["address-needs-scope", "IPV6_V6ONLY"]),
    error(
      .noSuchDevice, "no such network device",
      """
      bind(): no interface has the scope of the link-local IPv6 address. setsockopt(SO_BINDTODEVICE): no device of this
      network namespace has that name.
      """,
      wrong: [
        .init(
          "The interface has to be up.", "It only has to exist. It may be down.")
      ],
      advice: ["list the devices: ip link"], sources: ["socket(7): SO_BINDTODEVICE", "ipv6(7)"],
      related: ["no-such-interface", "SO_BINDTODEVICE"]),
    error(
      .familyNotSupported, "the kernel has no such address family",
      """
      socket(): the kernel has no IPv6, or a sandbox forbids the family (systemd's RestrictAddressFamilies=). bind(): the
      address has another family than the socket.
      """,
      here: [.disableIPv6],
      wrong: [
        .init(
          "disable_ipv6=1 does this.",
          "It removes the addresses. bind() to ::1 fails with EADDRNOTAVAIL, and bind() to [::] works.")
      ],
      advice: ["let the server use IPv4 only, or allow the family"],
      sources: ["socket(2)", "systemd.exec(5): RestrictAddressFamilies="], related: ["family-unavailable"]),
    error(
      .protocolNotSupported, "the kernel has no such protocol",
      "socket(): this address family has no TCP, or a sandbox forbids it.",
      advice: ["check the sandbox of the service"], sources: ["socket(2)"],
      related: ["family-unavailable"]),
    error(
      Errno(95), "the socket cannot do that",
      """
      listen(): it is not a stream socket. In tw-inspect release: the kernel was built without CONFIG_INET_DIAG_DESTROY.
      """,
      advice: ["make the socket with SOCK_STREAM"], sources: ["listen(2)"]),
    error(
      Errno(92), "the kernel does not know this option",
      "setsockopt(): the kernel is older than the option, or was built without it.",
      advice: ["let the server run without the option"], sources: ["setsockopt(2)"]),
    error(
      Errno(9), "no open file descriptor",
      "The program used a descriptor that is not open. That is a bug in the program.",
      advice: ["look for a descriptor that was closed twice, or too early"], sources: ["bind(2)"]),
    error(
      Errno(88), "the descriptor is no socket",
      "The program called bind() or listen() on a file or pipe. With socket activation it most often used the wrong number.",
      advice: ["let it use the descriptors from 3 on, as LISTEN_FDS says"],
      sources: ["bind(2)", "sd_listen_fds(3)"], related: ["socket-activation"]),
    error(
      Errno(24), "the process has too many descriptors",
      "socket() or accept(): the process has as many descriptors open as RLIMIT_NOFILE allows.",
      wrong: [.init("There are too many TIME_WAIT.", "No process has them, and they have no descriptor.")],
      advice: ["look for connections that are never closed (CLOSE_WAIT)", "raise LimitNOFILE= in the unit"],
      sources: ["getrlimit(2)", "systemd.exec(5): LimitNOFILE="], related: ["CLOSE_WAIT"]),
    error(
      Errno(23), "the host has too many open files",
      "socket() or accept(): the limit of the whole host is reached (fs.file-max).",
      advice: ["see how many there are: cat /proc/sys/fs/file-nr", "raise fs.file-max"],
      sources: ["proc(5): /proc/sys/fs/file-max"]),
    error(
      Errno(12), "no memory", "The kernel could not allocate what the socket needs.",
      advice: ["look at the memory of the host and of the cgroup"], sources: ["socket(2)"]),
    error(
      Errno(105), "no buffer space",
      "The kernel could not allocate what the call needs, or a queue was full.",
      advice: ["try again; look at the memory of the host and of the cgroup"], sources: ["socket(2)"]),
    error(
      Errno(38), "the call does not exist here",
      "The kernel lacks the system call, or a seccomp filter (of a sandbox) gives this answer.",
      advice: ["check the sandbox of the service or container"], sources: ["syscalls(2)", "seccomp(2)"]),
    error(
      Errno(100), "the interface is down",
      "connect(): the network interface that the connection would take is down.",
      advice: ["see its state: ip link"], sources: ["connect(2)"]),
    error(
      Errno(101), "no route",
      "connect(): no route leads to the destination. bind() does not ask for one.",
      advice: ["see the route: ip route get ADDRESS"], sources: ["connect(2)"]),
    error(
      Errno(110), "the other end does not answer",
      """
      connect(): no SYN was answered (net.ipv4.tcp_syn_retries). read() or write(): the other end has acknowledged nothing
      for too long, or has not answered keepalive probes. bind() never fails in this way.
      """,
      wrong: [
        .init(
          "No server is there.",
          "A host without a server refuses at once. A firewall or a dead host does not answer.")
      ],
      advice: ["check the path: a firewall may drop packets, or a host may be down"],
      sources: ["connect(2)", "tcp(7): tcp_syn_retries"], related: ["ECONNREFUSED", "SYN_SENT"]),
    error(
      .connectionRefused, "nobody listens there",
      """
      connect(): the other end answered with a RST, because no socket listens on that address and port. Or a firewall
      answered in its place.
      """,
      wrong: [
        .init(
          "So the port must be free.",
          "A TIME_WAIT, or a socket that is only bound, accepts no connections but still holds the port.")
      ],
      advice: ["see on that host what is on the port: tw-inspect port PORT --all"],
      sources: ["connect(2)"], related: ["ETIMEDOUT", "EADDRINUSE", "listener-alive"]),
  ]
}

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
      bind() or listen(): a socket on the port overlaps with the new one, and the options of both do not exempt it. That
      socket may listen, be a connection, be in TIME_WAIT, or only be bound.

      Also from bind() to port 0, and from listen() without bind(): every port of net.ipv4.ip_local_port_range is taken.
      And a BPF program of the cgroup can answer so with no socket there at all.
      """,
      here: [.portRange, .reservedPorts, .timeWaits],
      wrong: [
        .init(
          "Another server runs.", "As often nobody does, and old connections or a TIME_WAIT hold the port."),
        .init(
          "SO_REUSEADDR cures it.", "Only what no listener holds, and only if the old socket had it too."),
      ],
      advice: [
        "find out which it is: tw-inspect trybind PORT", "see what is there: tw-inspect port PORT --all",
      ],
      sources: ["bind(2)", "listen(2)", "socket(7)"],
      related: ["bind-rules", "SO_REUSEADDR", "EADDRNOTAVAIL"]),
    error(
      .accessDenied, "not permitted to bind this port",
      """
      bind(): the port is below net.ipv4.ip_unprivileged_port_start and the process lacks CAP_NET_BIND_SERVICE; or a
      security policy refuses it (SELinux name_bind, Landlock). It is answered before EADDRINUSE, so that the port may be
      taken as well.
      """,
      here: [.unprivilegedStart],
      wrong: [.init("Only root can do that.", "Any process can that has CAP_NET_BIND_SERVICE.")],
      advice: [
        "give the service AmbientCapabilities=CAP_NET_BIND_SERVICE, or a higher port",
        "on a high port: look into the security policy",
      ],
      sources: ["bind(2)", "capabilities(7)", "landlock(7)"],
      related: ["privileged-port", "denied-by-policy", "net.ipv4.ip_unprivileged_port_start"]),
    error(
      Errno(1), "a policy refuses it, or a capability is missing",
      """
      bind(): most often a BPF program of the cgroup, as systemd's SocketBindDeny= makes one, or a seccomp filter. In
      tw-inspect itself: ending sockets (release) needs CAP_NET_ADMIN.
      """,
      wrong: [.init("It is about privileged ports.", "Those answer EACCES.")],
      advice: ["look into the unit: systemctl show -p SocketBindDeny -p SocketBindAllow UNIT"],
      sources: ["systemd.resource-control(5): SocketBindDeny=", "bpf(2)", "seccomp(2)"],
      related: ["denied-by-policy", "EACCES"]),
    error(
      .addressNotAvailable, "not an address of this host",
      """
      bind(): no interface of this network namespace has the address, or it is an IPv6 address that is still tentative.
      It is answered before EADDRINUSE.

      connect(): every port of net.ipv4.ip_local_port_range is taken for that destination, or the 4-tuple exists.
      """,
      here: [.nonlocalBind, .nonlocalBind6, .disableIPv6, .portRange, .twReuse, .timeWaits],
      wrong: [
        .init("The port is in use.", "Of bind() it speaks of the address; the port was not looked at.")
      ],
      advice: [
        "see what addresses there are: ip address",
        "for a server that starts before its address: IP_FREEBIND, or wait for the network",
      ],
      sources: ["bind(2)", "connect(2)", "ip(7)"],
      related: ["address-not-local", "address-tentative", "ephemeral-range-exhausted", "IP_FREEBIND"]),
    error(
      .invalidArgument, "the address does not fit the socket",
      """
      bind(): a link-local IPv6 address (fe80::) without an interface; an IPv6 multicast address; a v4-mapped address on a
      socket with IPV6_V6ONLY; a socket that is bound already; an address structure that is too short.
      """,
      wrong: [.init("The port is wrong.", "Every port number is valid; it is the address, or the socket.")],
      advice: ["give a link-local address its interface: fe80::1%eth0"], sources: ["bind(2)", "ipv6(7)"],
      related: ["address-needs-scope", "IPV6_V6ONLY"]),
    error(
      .noSuchDevice, "no such network device",
      """
      bind(): the scope of a link-local IPv6 address names no interface. setsockopt(SO_BINDTODEVICE): no device has that
      name in this network namespace.
      """,
      wrong: [
        .init(
          "The interface has to be up.", "It has to be there. An interface that is down is another matter.")
      ],
      advice: ["see what devices there are: ip link"], sources: ["socket(7): SO_BINDTODEVICE", "ipv6(7)"],
      related: ["no-such-interface", "SO_BINDTODEVICE"]),
    error(
      .familyNotSupported, "the kernel has no such address family",
      """
      socket(): IPv6 is not in the kernel, or a sandbox forbids the family (systemd's RestrictAddressFamilies=). bind():
      the address is of another family than the socket.
      """,
      here: [.disableIPv6],
      wrong: [
        .init(
          "disable_ipv6=1 does this.",
          "That takes the addresses away: ::1 is answered EADDRNOTAVAIL, and [::] works.")
      ],
      advice: ["let the server go on with IPv4 alone, or allow the family"],
      sources: ["socket(2)", "systemd.exec(5): RestrictAddressFamilies="], related: ["family-unavailable"]),
    error(
      .protocolNotSupported, "the kernel has no such protocol",
      "socket(): TCP is not there for this address family, or a sandbox says so.",
      advice: ["look into the sandbox of the service"], sources: ["socket(2)"],
      related: ["family-unavailable"]),
    error(
      Errno(95), "the socket cannot do that",
      """
      listen(): not a stream socket. In tw-inspect's release: the kernel was built without CONFIG_INET_DIAG_DESTROY.
      """,
      advice: ["make the socket with SOCK_STREAM"], sources: ["listen(2)"]),
    error(
      Errno(92), "the kernel does not know this option",
      "setsockopt(): the kernel is older than the option, or was built without it.",
      advice: ["let the server go on without the option"], sources: ["setsockopt(2)"]),
    error(
      Errno(9), "no open file descriptor",
      "The program used a descriptor that is not open: a fault of its own.",
      advice: ["look for a descriptor that was closed twice, or too early"], sources: ["bind(2)"]),
    error(
      Errno(88), "the descriptor is no socket",
      "The program called bind() or listen() on a file or pipe; with socket activation, most often on the wrong number.",
      advice: ["let it use the descriptors from 3 on, as LISTEN_FDS says"],
      sources: ["bind(2)", "sd_listen_fds(3)"], related: ["socket-activation"]),
    error(
      Errno(24), "the process has too many descriptors",
      "socket() or accept(): the process has as many descriptors open as RLIMIT_NOFILE allows.",
      wrong: [.init("There are too many TIME_WAIT.", "They belong to no process, and have no descriptor.")],
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
      "The kernel lacks the system call, or a seccomp filter says so: sandboxes do.",
      advice: ["look into the sandbox of the service or container"], sources: ["syscalls(2)", "seccomp(2)"]),
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
      connect(): no answer to any SYN (net.ipv4.tcp_syn_retries). read() or write(): the other end has acknowledged
      nothing for too long, or has not answered keepalive probes. bind() never waits for anybody.
      """,
      wrong: [
        .init(
          "No server is there.", "A host without one refuses at once; a firewall or a dead host is silent.")
      ],
      advice: ["look at the way there: a firewall, or a host that is down"],
      sources: ["connect(2)", "tcp(7): tcp_syn_retries"], related: ["ECONNREFUSED", "SYN_SENT"]),
    error(
      .connectionRefused, "nobody listens there",
      """
      connect(): the other end answered with a RST, because no socket listens on that address and port, or because a
      firewall says so in its place.
      """,
      wrong: [
        .init(
          "The port must be free, then.",
          "TIME_WAIT, or a socket that is only bound, refuses connections and still holds the port.")
      ],
      advice: ["see on that host what is on the port: tw-inspect port PORT --all"],
      sources: ["connect(2)"], related: ["ETIMEDOUT", "EADDRINUSE", "listener-alive"]),
  ]
}

internal import Diagnosis

extension Topics {
  // MARK: Addresses that overlap, and options that both sides need

  static let sharingFindings: [Topic] = [
    finding(
      .dualStackWildcard, "IPv4 and a dual-stack [::] overlap",
      """
      A socket on [::] without IPV6_V6ONLY takes IPv4 as well, so it competes with IPv4 sockets on the port, in both
      directions.
      """,
      here: [.bindV6Only], wrong: [.init("IPv4 and IPv6 have ports of their own.", "Only with IPV6_V6ONLY.")],
      advice: ["set IPV6_V6ONLY on the IPv6 socket, and bind IPv4 with a socket of its own"],
      sources: ["ipv6(7): IPV6_V6ONLY", "RFC 3493, section 5.3"],
      related: ["IPV6_V6ONLY", "own-addresses-overlap"]),
    finding(
      .wildcardOverlapsSpecific, "the wildcard and one address overlap",
      """
      0.0.0.0 or [::] stands for every address. Beside a listener on it no specific address of the port can be bound, nor
      the other way round, not even with SO_REUSEADDR on both.
      """,
      wrong: [.init("The more specific one wins, as elsewhere.", "On Linux only with SO_REUSEPORT on both.")],
      advice: ["give each service an address of its own: different specific addresses do not overlap"],
      sources: ["socket(7)", "ip(7)"], related: ["bind-rules", "sharing-a-port"]),
    finding(
      .ownAddressesOverlap, "your server's own sockets conflict",
      """
      The server binds several addresses, and one of its own sockets refuses the next: the same address twice, a wildcard
      and a specific one, or 0.0.0.0 beside a dual-stack [::]. Alone, each could be bound.
      """,
      here: [.bindV6Only],
      wrong: [.init("Something else holds the port.", "Nothing does; the server meets itself.")],
      advice: [
        "set IPV6_V6ONLY on [::] where 0.0.0.0 is bound as well", "name each address once",
      ],
      sources: ["ipv6(7): IPV6_V6ONLY"], related: ["dual-stack-wildcard", "IPV6_V6ONLY"]),
    finding(
      .reusePortOtherUser, "SO_REUSEPORT is for one user",
      """
      Both sockets may have SO_REUSEPORT; but they belong to different effective users, and Linux lets nobody take another
      user's connections that way. Root is no exception.
      """,
      wrong: [.init("As root it works.", "The users must be equal, not privileged.")],
      advice: ["run the server as the user who runs the other one"], sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "sharing-a-port"]),
    finding(
      .reusePortOneSided, "the other socket lacks SO_REUSEPORT",
      "Your server sets SO_REUSEPORT and the socket that listens already did not. Both must have it, the first one too.",
      wrong: [.init("The newcomer's option is enough.", "Every socket on the port must have it.")],
      advice: ["start every server on this port with SO_REUSEPORT"], sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "sharing-a-port"]),
    finding(
      .listenConflict, "bind() works and listen() is refused",
      """
      Two sockets with SO_REUSEADDR can be bound to one address while neither listens. listen() asks again, and the second
      one is refused. That socket stays bound, and may try again.
      """,
      wrong: [.init("EADDRINUSE can only come from bind().", "listen() answers it too: check both.")],
      advice: ["see what is on the port: tw-inspect port PORT --all"], sources: ["listen(2)"],
      related: ["SO_REUSEADDR", "EADDRINUSE"]),
  ]

  // MARK: Refusals that no socket causes

  static let refusalFindings: [Topic] = [
    finding(
      .privilegedPort, "the port needs CAP_NET_BIND_SERVICE",
      """
      The port is below net.ipv4.ip_unprivileged_port_start. This is answered before EADDRINUSE, so that the port may be
      taken as well.
      """,
      here: [.unprivilegedStart], wrong: [.init("The server must run as root.", "The capability is enough.")],
      advice: [
        "use a higher port", "in the unit: AmbientCapabilities=CAP_NET_BIND_SERVICE",
      ],
      sources: ["capabilities(7)", "bind(2)"], related: ["EACCES", "net.ipv4.ip_unprivileged_port_start"]),
    finding(
      .deniedByPolicy, "a security policy refuses the bind",
      """
      The kernel refused for a reason that no list of sockets shows: a BPF program of the cgroup (systemd's
      SocketBindDeny=), Landlock, seccomp, or SELinux.
      """,
      wrong: [.init("What works from a shell works in the service.", "A unit has a sandbox of its own.")],
      advice: [
        "look into the unit: systemctl show -p SocketBindDeny -p SystemCallFilter UNIT",
        "look into the audit log: ausearch -m avc -ts recent",
      ],
      sources: ["systemd.resource-control(5)", "landlock(7)", "seccomp(2)"], related: ["EACCES", "EPERM"]),
    finding(
      .addressNotLocal, "the address is not this host's",
      """
      No interface of this network namespace has the address. This is answered before EADDRINUSE, so that the port was not
      looked at.
      """,
      here: [.nonlocalBind, .nonlocalBind6],
      wrong: [
        .init("The service's public address can be bound.", "Not behind NAT, where no interface has it.")
      ],
      advice: [
        "see what addresses there are: ip address", "start after the network: After=network-online.target",
        "for addresses that come later: IP_FREEBIND",
      ],
      sources: ["bind(2)", "ip(7): IP_FREEBIND"], related: ["EADDRNOTAVAIL", "IP_FREEBIND"]),
    finding(
      .addressTentative, "the IPv6 address is not confirmed yet",
      """
      Duplicate address detection has not finished for this IPv6 address. Until it has, bind() answers EADDRNOTAVAIL.
      """,
      wrong: [
        .init("The address is wrong.", "It is there, and needs a second or two after the interface came up.")
      ],
      advice: [
        "wait a few seconds: tw-inspect wait PORT --address ADDRESS",
        "see whether it failed: ip -6 address show tentative", "set IP_FREEBIND",
      ],
      sources: ["RFC 4862, section 5.4", "ip-address(8)"],
      related: ["address-duplicate", "EADDRNOTAVAIL", "IP_FREEBIND"]),
    finding(
      .addressDuplicate, "another host has the IPv6 address",
      """
      Duplicate address detection has found this IPv6 address on another host of the link. The kernel keeps the address, and
      bind() answers EADDRNOTAVAIL until it is removed and added again.
      """,
      wrong: [.init("It needs a moment longer.", "Detection is over. Time changes nothing.")],
      advice: [
        "use another address", "see it: ip -6 address show dadfailed",
        "take the address off the other host, then remove it here and add it again",
      ],
      sources: ["RFC 4862, section 5.4.5", "ip-address(8)"], related: ["address-tentative", "EADDRNOTAVAIL"]),
    finding(
      .addressNeedsScope, "a link-local address needs its interface",
      "fe80:: addresses are the same on every link, so that bind() must be told which interface is meant: fe80::1%eth0.",
      wrong: [.init("The address alone says where it is.", "Every interface has one of these.")],
      advice: ["add the interface: --address fe80::1%eth0"], sources: ["RFC 4007, section 11", "ipv6(7)"],
      related: ["EINVAL"]),
    finding(
      .familyUnavailable, "this host has no such address family",
      """
      No socket of the family can be made, or it has no addresses: IPv6 is not in the kernel, is switched off, or a sandbox
      forbids it.
      """,
      here: [.disableIPv6],
      wrong: [.init("A dual-stack server falls back by itself.", "Only if it is written so.")],
      advice: ["let the server go on with IPv4 alone, or allow the family"],
      sources: ["ipv6(7)", "systemd.exec(5): RestrictAddressFamilies="],
      related: ["EAFNOSUPPORT", "net.ipv6.conf.all.disable_ipv6"]),
    finding(
      .noSuchInterface, "no such network device",
      "The device that the socket is to be tied to, or the scope of its address, is not in this network namespace.",
      wrong: [
        .init("ip link shows it, so it is there.", "Perhaps in another network namespace than the server's.")
      ],
      advice: ["see what devices there are: ip link"], sources: ["socket(7): SO_BINDTODEVICE"],
      related: ["ENODEV", "SO_BINDTODEVICE"]),
  ]

  // MARK: Settings of the host

  static let hostFindings: [Topic] = [
    finding(
      .ephemeralRangeExhausted, "no port is left to choose",
      """
      bind() to port 0 found every port of net.ipv4.ip_local_port_range taken (EADDRINUSE), or connect() found none for this
      destination (EADDRNOTAVAIL). Clients that close first leave each port in TIME_WAIT for 60 s.
      """,
      here: [.portRange, .reservedPorts, .twReuse, .timeWaits],
      wrong: [
        .init(
          "The host has only so many connections.", "It is counted for each destination address and port.")
      ],
      advice: [
        "keep connections and use them again", "widen net.ipv4.ip_local_port_range, or use more addresses",
        "set IP_BIND_ADDRESS_NO_PORT in clients that bind their address",
      ],
      sources: ["ip(7): ip_local_port_range", "connect(2)"],
      related: ["net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse", "IP_BIND_ADDRESS_NO_PORT"]),
    finding(
      .portInEphemeralRange, "the kernel may give this port to a client",
      """
      The port lies in net.ipv4.ip_local_port_range and is not reserved. While the server is down, a client of this host can
      be given it, and the server cannot start until that connection ends.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init("It has gone well so far.", "It is a matter of chance, and of how many clients there are.")
      ],
      advice: ["add the port to net.ipv4.ip_local_reserved_ports: it has no side effects"],
      sources: ["kernel document: networking/ip-sysctl (ip_local_reserved_ports)"],
      related: ["outgoing-connection-took-port", "net.ipv4.ip_local_reserved_ports"]),
    finding(
      .hostTracksPorts, "Windows beneath may hold the port",
      """
      The kernel is that of WSL, and a bind was refused that no socket here accounts for. Windows can hold the port itself, or
      have excluded it with a whole range of ports.
      """,
      wrong: [.init("ss shows everything that can hold a port.", "It shows the sockets of this kernel.")],
      advice: [
        "in Windows: netstat -ano -p tcp",
        "in Windows: netsh interface ipv4 show excludedportrange protocol=tcp",
      ],
      sources: ["uname(2)"],
      related: ["rules-and-kernel-disagree", "denied-by-policy"]),
    finding(
      .heldInOtherNamespace, "the port is held in another network namespace",
      """
      Nothing is on the port in the network namespace that was asked about, and a socket is on it in another one, such as a
      container's. Each network namespace has ports of its own, so that one is in nobody's way here.
      """,
      wrong: [.init("A port is taken on the whole host.", "It is taken in one network namespace.")],
      advice: ["ask where the server runs: sudo tw-inspect trybind PORT --netns pid:PID"],
      sources: ["network_namespaces(7)"], related: ["container-proxy"]),
    finding(
      .timeWaitTableFull, "no more TIME_WAIT are kept",
      """
      There are as many TIME_WAIT as net.ipv4.tcp_max_tw_buckets allows. Connections that close are gone at once: ports are
      free sooner, and late segments can reach the next connection.
      """,
      here: [.timeWaits, .maxTimeWait],
      wrong: [.init("Connections are refused.", "None is. A protection is gone.")],
      advice: [
        "raise net.ipv4.tcp_max_tw_buckets", "see who opens so many short connections, and let them be kept",
      ],
      sources: ["kernel document: networking/ip-sysctl (tcp_max_tw_buckets)"],
      related: ["net.ipv4.tcp_max_tw_buckets", "TIME_WAIT"]),
    finding(
      .reuseSysctlMisread, "a setting was changed that does not help",
      """
      net.ipv4.tcp_tw_reuse or net.ipv4.tcp_fin_timeout is not at its default, perhaps to get past a TIME_WAIT at bind().
      Neither does that: the one is for connect(), the other for FIN_WAIT2. tcp_tw_recycle is gone.
      """,
      here: [.twReuse, .finTimeout],
      wrong: [.init("They shorten TIME_WAIT.", "60 s is a constant of the kernel.")],
      advice: [
        "set SO_REUSEADDR in the server", "put the settings back, unless clients of this host need them",
      ],
      sources: ["kernel document: networking/ip-sysctl"],
      related: ["reuseaddr-against-tw-reuse", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_fin_timeout"]),
    finding(
      .rulesAndKernelDisagree, "the kernel answered otherwise than expected",
      """
      What bind() answered does not follow from the sockets that are listed. The kernel is right. A socket may have come or
      gone in between, be invisible here, or a BPF program of the cgroup decides; or tw-inspect has the rules wrong.
      """,
      wrong: [
        .init("Then the answer is worth nothing.", "The answer is the kernel's own. Only the reason lacks.")
      ],
      advice: ["ask again", "if it stays so, report it with the output of tw-inspect trybind PORT --json"],
      sources: ["bind(2)"], related: ["bind-rules", "denied-by-policy"]),
  ]
}

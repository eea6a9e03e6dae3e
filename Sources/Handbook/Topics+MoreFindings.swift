internal import Diagnosis

extension Topics {
  // MARK: Addresses that overlap, and options that both sides need

  static let sharingFindings: [Topic] = [
    finding(
      .dualStackWildcard, "IPv4 and a dual-stack [::] overlap",
      """
      A socket on [::] without IPV6_V6ONLY takes IPv4 as well. So it conflicts with IPv4 sockets on the port, whichever is
      bound first.
      """,
      here: [.bindV6Only],
      wrong: [.init("IPv4 and IPv6 each have their own ports.", "Only with IPV6_V6ONLY.")],
      advice: ["set IPV6_V6ONLY on the IPv6 socket, and bind IPv4 with a socket of its own"],
      sources: ["ipv6(7): IPV6_V6ONLY", "RFC 3493, section 5.3"],
      related: ["IPV6_V6ONLY", "own-addresses-overlap"]),
    finding(
      .wildcardOverlapsSpecific, "the wildcard and one address overlap",
      """
      0.0.0.0 or [::] stands for every address. A listener on it blocks every specific address of the port, and a listener
      on a specific address blocks the wildcard. SO_REUSEADDR on both does not help.
      """,
      wrong: [
        .init(
          "The more specific address wins, as on other systems.", "On Linux only with SO_REUSEPORT on both.")
      ],
      advice: ["give each service its own address: different specific addresses do not overlap"],
      sources: ["socket(7)", "ip(7)"], related: ["bind-rules", "sharing-a-port"]),
    finding(
      .ownAddressesOverlap, "your server's own sockets conflict",
      """
      The server binds several addresses, and one of its own sockets blocks the next. It may bind the same address twice, a
      wildcard and a specific address, or 0.0.0.0 and a dual-stack [::]. Each of them alone could be bound.
      """,
      here: [.bindV6Only],
      wrong: [.init("Something else holds the port.", "Nothing else does. The server blocks itself.")],
      advice: [
        "set IPV6_V6ONLY on [::], if 0.0.0.0 is bound as well", "bind each address only once",
      ],
      sources: ["ipv6(7): IPV6_V6ONLY"], related: ["dual-stack-wildcard", "IPV6_V6ONLY"]),
    finding(
      .reusePortOtherUser, "SO_REUSEPORT is for one user",
      """
      Both sockets may have SO_REUSEPORT, but they belong to different effective users. Linux does not let anybody take
      another user's connections like that. Root is no exception.
      """,
      wrong: [.init("As root it works.", "The users must be equal. Privileges do not help.")],
      advice: ["run the server as the user who runs the other one"], sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "sharing-a-port"]),
    finding(
      .reusePortOneSided, "the other socket lacks SO_REUSEPORT",
      "Your server sets SO_REUSEPORT, but the socket that already listens did not. Both must have it, also the first one.",
      wrong: [.init("The option of the new server is enough.", "Every socket on the port must have it.")],
      advice: ["start every server on this port with SO_REUSEPORT"], sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "sharing-a-port"]),
    finding(
      .listenConflict, "bind() works and listen() is refused",
      """
      Two sockets with SO_REUSEADDR can be bound to the same address while neither listens. listen() checks again, and the
      second socket is refused. That socket stays bound, and may try again.
      """,
      wrong: [.init("EADDRINUSE can only come from bind().", "It can come from listen() too: check both.")],
      advice: ["see what is on the port: tw-inspect port PORT --all"], sources: ["listen(2)"],
      related: ["SO_REUSEADDR", "EADDRINUSE"]),
  ]

  // MARK: Refusals that no socket causes

  static let refusalFindings: [Topic] = [
    finding(
      .privilegedPort, "the port needs CAP_NET_BIND_SERVICE",
      """
      The port is below net.ipv4.ip_unprivileged_port_start. The kernel checks this before it looks for other sockets, so
      the port may be in use as well.
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
      SocketBindDeny=), Landlock, seccomp or SELinux.
      """,
      wrong: [.init("What works from a shell works in the service.", "A unit has its own sandbox.")],
      advice: [
        "check the unit: systemctl show -p SocketBindDeny -p SystemCallFilter UNIT",
        "check the audit log: ausearch -m avc -ts recent",
      ],
      sources: ["systemd.resource-control(5)", "landlock(7)", "seccomp(2)"], related: ["EACCES", "EPERM"]),
    finding(
      .addressNotLocal, "the address is not this host's",
      """
      No interface of this network namespace has the address. The kernel checks this first, so it has not looked at the
      port.
      """,
      here: [.nonlocalBind, .nonlocalBind6],
      wrong: [
        .init("The service's public address can be bound.", "Not behind NAT, where no interface has it.")
      ],
      advice: [
        "list the addresses: ip address", "start after the network: After=network-online.target",
        "for addresses that come later: set IP_FREEBIND",
      ],
      sources: ["bind(2)", "ip(7): IP_FREEBIND"], related: ["EADDRNOTAVAIL", "IP_FREEBIND"]),
    finding(
      .addressTentative, "the IPv6 address is not confirmed yet",
      """
      Duplicate address detection has not finished for this IPv6 address. Until then bind() fails with EADDRNOTAVAIL.
      """,
      wrong: [
        .init("The address is wrong.", "It is right. It needs a second or two after the interface came up.")
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
      Duplicate address detection has found this IPv6 address on another host of the same link. The kernel keeps the address,
      but bind() fails with EADDRNOTAVAIL until you remove the address and add it again.
      """,
      wrong: [.init("It only needs more time.", "Detection has ended. Time changes nothing.")],
      advice: [
        "use another address", "see it: ip -6 address show dadfailed",
        "remove the address from the other host, then remove it here and add it again",
      ],
      sources: ["RFC 4862, section 5.4.5", "ip-address(8)"], related: ["address-tentative", "EADDRNOTAVAIL"]),
    finding(
      .addressNeedsScope, "a link-local address needs its interface",
      "The same fe80:: address can exist on every link, so bind() must be told which interface is meant: fe80::1%eth0.",
      wrong: [.init("The address alone is enough.", "Every interface has such addresses.")],
      advice: ["add the interface: --address fe80::1%eth0"], sources: ["RFC 4007, section 11", "ipv6(7)"],
      related: ["EINVAL"]),
    finding(
      .familyUnavailable, "this host has no such address family",
      """
      No socket of the family can be made, or the host has no address of it. The kernel has no IPv6, or it is switched off,
      or a sandbox forbids it.
      """,
      here: [.disableIPv6],
      wrong: [.init("A dual-stack server uses IPv4 instead.", "Only if it is written to do so.")],
      advice: ["let the server use IPv4 only, or allow the family"],
      sources: ["ipv6(7)", "systemd.exec(5): RestrictAddressFamilies="],
      related: ["EAFNOSUPPORT", "net.ipv6.conf.all.disable_ipv6"]),
    finding(
      .noSuchInterface, "no such network device",
      "The socket should be bound to a device, or its address has a scope. This network namespace has no such device.",
      wrong: [
        .init("ip link shows it, so it is there.", "It may be in another network namespace than the server.")
      ],
      advice: ["list the devices: ip link"], sources: ["socket(7): SO_BINDTODEVICE"],
      related: ["ENODEV", "SO_BINDTODEVICE"]),
  ]

  // MARK: Settings of the host

  static let hostFindings: [Topic] = [
    finding(
      .ephemeralRangeExhausted, "no port is left to choose",
      """
      bind() to port 0 found every port of net.ipv4.ip_local_port_range taken (EADDRINUSE). Or connect() found none that was
      free for this destination (EADDRNOTAVAIL). A client that closes first leaves its port in TIME_WAIT for 60 s.
      """,
      here: [.portRange, .reservedPorts, .twReuse, .timeWaits],
      wrong: [
        .init(
          "That is the limit for all connections of the host.",
          "The limit counts for each destination address and port.")
      ],
      advice: [
        "keep connections open and use them again",
        "widen net.ipv4.ip_local_port_range, or use more addresses",
        "set IP_BIND_ADDRESS_NO_PORT in clients that bind their address",
      ],
      sources: ["ip(7): ip_local_port_range", "connect(2)"],
      related: ["net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse", "IP_BIND_ADDRESS_NO_PORT"]),
    finding(
      .portInEphemeralRange, "the kernel may give this port to a client",
      """
      The port lies in net.ipv4.ip_local_port_range and is not reserved. While the server is down, connect() of any client
      can choose it. Then the server cannot start until that connection has ended.
      """,
      here: [.portRange, .reservedPorts],
      wrong: [
        .init("It has always worked so far.", "It depends on chance, and on the number of clients.")
      ],
      advice: ["add the port to net.ipv4.ip_local_reserved_ports: it has no side effects"],
      sources: ["kernel document: networking/ip-sysctl (ip_local_reserved_ports)"],
      related: ["outgoing-connection-took-port", "net.ipv4.ip_local_reserved_ports"]),
    finding(
      .hostTracksPorts, "Windows may hold the port",
      """
      This kernel is that of WSL, and no socket here explains why the bind was refused. Windows can hold the port itself, or
      can have excluded it with a whole range of ports.
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
      Nothing is on the port in this network namespace, but a socket is on it in another one, such as a container's. Each
      network namespace has its own ports, so that socket does not block a bind here.
      """,
      wrong: [.init("A port is taken on the whole host.", "It is taken in one network namespace only.")],
      advice: ["ask in the namespace of the server: sudo tw-inspect trybind PORT --netns pid:PID"],
      sources: ["network_namespaces(7)"], related: ["container-proxy"]),
    finding(
      .timeWaitTableFull, "no more TIME_WAIT are kept",
      """
      There are as many TIME_WAIT as net.ipv4.tcp_max_tw_buckets allows. A connection that closes now leaves none. Its port
      is free at once, but late segments can reach the next connection.
      """,
      here: [.timeWaits, .maxTimeWait],
      wrong: [.init("Connections are refused.", "None is. Only a protection is lost.")],
      advice: [
        "raise net.ipv4.tcp_max_tw_buckets",
        "find what opens so many short connections, and let it keep them open",
      ],
      sources: ["kernel document: networking/ip-sysctl (tcp_max_tw_buckets)"],
      related: ["net.ipv4.tcp_max_tw_buckets", "TIME_WAIT"]),
    finding(
      .reuseSysctlMisread, "a setting was changed that does not help",
      """
      net.ipv4.tcp_tw_reuse or net.ipv4.tcp_fin_timeout is not at its default, perhaps because a TIME_WAIT blocked a bind.
      Neither helps with that: the first is for connect(), the second for FIN_WAIT2. Linux has no tcp_tw_recycle any more.
      """,
      here: [.twReuse, .finTimeout],
      wrong: [.init("They shorten TIME_WAIT.", "60 s is a constant of the kernel.")],
      advice: [
        "set SO_REUSEADDR in the server", "reset the settings, unless clients of this host need them",
      ],
      sources: ["kernel document: networking/ip-sysctl"],
      related: ["reuseaddr-against-tw-reuse", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_fin_timeout"]),
    finding(
      .rulesAndKernelDisagree, "the kernel answered otherwise than expected",
      """
      The listed sockets do not explain the answer of bind(). The kernel is right. A socket may have come or gone meanwhile,
      or may not be visible here. A BPF program of the cgroup may decide. Or tw-inspect has a rule wrong.
      """,
      wrong: [
        .init(
          "So the answer is worth nothing.", "It is the kernel's own answer. Only the reason is not known.")
      ],
      advice: [
        "ask again", "if it stays like that, report it with the output of tw-inspect trybind PORT --json",
      ],
      sources: ["bind(2)"], related: ["bind-rules", "denied-by-policy"]),
  ]
}

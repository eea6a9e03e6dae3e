internal import Diagnosis

/// Settings of the host.
extension Topics {
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
      .udpHoldsNumber, "a UDP socket has the same number",
      """
      TCP and UDP count their ports each for themselves. A UDP socket does not block the bind of a TCP server, and a TCP
      server does not block UDP. A server that speaks both, such as a name server or one of HTTP/3, binds two sockets. Each of
      them can be refused.
      """,
      wrong: [
        .init(
          "A port number belongs to one program.", "It belongs to one socket of each protocol, by address.")
      ],
      advice: ["show UDP sockets: ss -ulnp"],
      sources: ["udp(7)", "RFC 768"], related: ["listener-alive"]),
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

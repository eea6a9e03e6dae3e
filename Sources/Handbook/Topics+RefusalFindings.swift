internal import Diagnosis

/// Refusals that no socket causes.
extension Topics {
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
}

import TestSupport

/// The situations in which the server's own request is what has to change.
extension RemedyProof {
  static let options: [RemedyProof] = [
    RemedyProof(
      slug: "dual-stack-wildcard", name: "[::] beside 0.0.0.0", kind: "set-option",
      arguments: ["--address", "::"],
      requirement: .ipv6,
      make: { lab in
        try lab.listener(via: .ipv4Wildcard, port: 9527)
        return Holding()
      }, follow: { _, _ in ["trybind", "9527", "--address", "::", "--v6-only"] }),
    RemedyProof(
      slug: "own-addresses-overlap", name: "0.0.0.0 and [::]", kind: "set-option",
      arguments: ["--address", "0.0.0.0", "--address", "::"], requirement: .ipv6, make: { _ in Holding() },
      follow: { _, _ in ["trybind", "9527", "--address", "0.0.0.0", "--address", "::", "--v6-only"] }),
    RemedyProof(
      slug: "own-addresses-overlap", name: "one address twice", kind: "other-address",
      arguments: ["--address", "127.0.0.1", "--address", "127.0.0.1"], make: { _ in Holding() },
      follow: { _, _ in ["trybind", "9527", "--address", "127.0.0.1"] }),
    RemedyProof(
      slug: "ephemeral-range-exhausted", name: "two ports, both taken", kind: "wait", port: 0,
      make: { lab in
        try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
        let listeners = try [40_000, 40_001].map { try lab.listener(via: .dualStackOverIPv4, port: $0) }
        return Holding(sockets: listeners.compactMap(\.listener))
      },
      follow: { _, holding in
        // In time one of them is free.
        holding.sockets[1].close()
        return ["trybind", "0"]
      }),
  ]

  static let addresses: [RemedyProof] = [
    RemedyProof(
      slug: "privileged-port", name: "of an ordinary user", kind: "other-address", port: 80, user: 65_534,
      requirement: .otherUsers, make: { _ in Holding() }, follow: { _, _ in ["trybind", "1024"] }),
    RemedyProof(
      slug: "address-not-local", name: "of another host", kind: "other-address",
      arguments: ["--address", "192.0.2.7"], make: { _ in Holding() },
      follow: { _, _ in ["trybind", "9527"] }),
    RemedyProof(
      slug: "address-needs-scope", name: "link-local", kind: "other-address",
      arguments: ["--address", "fe80::7"],
      requirement: .ipv6,
      make: { lab in
        try lab.addLink("eth0")
        try lab.addAddress("fe80::7", prefix: 64, to: "eth0")
        return Holding()
      }, follow: { _, _ in ["trybind", "9527", "--address", "fe80::7%eth0"] }),
    RemedyProof(
      slug: "family-unavailable", name: "IPv6 is switched off", kind: "other-address",
      arguments: ["--address", "::1"], requirement: .ipv6,
      make: { lab in
        try lab.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
        return Holding()
      }, follow: { _, _ in ["trybind", "9527", "--address", "127.0.0.1"] }),
    RemedyProof(
      slug: "address-duplicate", name: "another host has it", kind: "other-address",
      arguments: ["--address", "2001:db8::7"], requirement: .ipv6,
      make: { lab in
        try lab.addLink("eth0")
        try lab.addAddress("2001:db8::7", prefix: 64, to: "eth0-peer")
        try lab.addAddress("2001:db8::7", prefix: 64, to: "eth0", checked: true)
        try waitUntil("detection has failed") {
          let text = String(decoding: try readFile("/proc/thread-self/net/if_inet6"), as: UTF8.self)
          return text.split(separator: "\n").contains {
            // IFA_F_DADFAILED
            $0.hasSuffix(" eth0")
              && UInt32($0.split(separator: " ")[4], radix: 16).map { $0 & 8 != 0 } == true
          }
        }
        try lab.setLink("eth0-peer", up: false)
        return Holding()
      }, follow: { _, _ in ["trybind", "9527"] }),
  ]
}

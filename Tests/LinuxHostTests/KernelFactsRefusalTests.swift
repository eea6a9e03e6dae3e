import Glibc
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// Refusals other than EADDRINUSE, and which of two reasons is told.
  @Suite struct RefusalTests {
    @Test(.needs(.ipv6), arguments: ["127.0.0.1", "::1"])
    func privilegedPortBeforeAddressInUse(address: String) throws {
      try withNetworkNamespace { lab in
        try lab.listener(via: address == "::1" ? .ipv6 : .ipv4, port: 80)
        #expect(try answer(address, 80) == .inUse)
        try withoutPrivilegedPorts {
          #expect(try answer(address, 80) == .refused(EACCES))
          #expect(try answer(address, 1023) == .refused(EACCES))
          #expect(try answer(address, 1024) == .ok)
          try lab.sysctl("net.ipv4.ip_unprivileged_port_start", "80")
          #expect(try answer(address, 80) == .inUse)
          #expect(try answer(address, 79) == .refused(EACCES))
        }
      }
    }

    /// A server can hold an address that the host does not have, or has no longer.
    @Test(.needs(.ipv6), arguments: ["192.0.2.1", "2001:db8::1"])
    func addressNotLocalBeforeAddressInUse(address: String) throws {
      try withNetworkNamespace { lab in
        let isIPv6 = address.contains(":")
        let holder = try TCPSocket(isIPv6 ? .ipv6 : .ipv4)
        let (level, freeBind) = isIPv6 ? (Int32(IPPROTO_IPV6), Int32(78)) : (Int32(IPPROTO_IP), Int32(15))
        try holder.set(level, freeBind, 1)
        try holder.bind(address, port: 9527)
        try holder.listen()
        #expect(try answer(address, 9527) == .refused(EADDRNOTAVAIL))
        try lab.sysctl("net.\(isIPv6 ? "ipv6" : "ipv4").ip_nonlocal_bind", "1")
        #expect(try answer(address, 9527) == .inUse)
        #expect(try answer(address, 9528) == .ok)
      }
    }

    /// IPv6 that is switched off takes its addresses away, and not the wildcard.
    @Test(.needs(.ipv6)) func disabledIPv6() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
        #expect(try answer("::1", 9527) == .refused(EADDRNOTAVAIL))
        #expect(try answer("::", 9527, listens: true) == .ok)
      }
    }

    @Test func noSuchDevice() throws {
      try withNetworkNamespace { _ -> Void in
        #expect(throws: SystemCallError("setsockopt", ENODEV, "SO_BINDTODEVICE eth7")) {
          try TCPSocket(.ipv4, .init(device: "eth7"))
        }
      }
    }

    @Test(.needs(.ipv6)) func noSuchScope() throws {
      try withNetworkNamespace { _ throws -> Void in
        #expect(try answer("fe80::1%77", 9527) == .refused(ENODEV))
        #expect(try answer("fe80::1", 9527) == .refused(EINVAL))
      }
    }

    @Test(.needs(.ipv6)) func addressesThatNobodyHas() throws {
      try withNetworkNamespace { _ throws -> Void in
        #expect(try answer("224.0.0.1", 9527) == .ok, "multicast is refused for IPv6 alone")
        #expect(try answer("ff02::1", 9527) == .refused(EINVAL))
        #expect(try answer("::ffff:127.0.0.1", 9527, .init(v6Only: true)) == .refused(EINVAL))
      }
    }

    // MARK: Automatic ports

    /// The kernel's own choice of port ends with the same errno as a port that is taken.
    @Test func usedUpRange() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
        for port in 40_000...40_001 { try lab.listener(via: .ipv4Wildcard, port: UInt16(port)) }
        #expect(try answer("0.0.0.0", 0) == .inUse)
        #expect(try answer("127.0.0.1", 0) == .inUse)
        #expect(try answer("127.0.0.1", 40_002) == .ok)
      }
    }

    /// Why reserving a service's port is the remedy without side effects.
    @Test func reservedPortIsKeptFromAutomaticChoiceOnly() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40003")
        try lab.sysctl("net.ipv4.ip_local_reserved_ports", "40000-40002")
        let server = try lab.listener(port: 9527)
        let client = try TCPSocket()
        try client.connect(to: server.local)
        #expect(try client.localPort == 40_003)
        #expect(try answer("127.0.0.1", 0) == .inUse, "the only one is taken")
        for port in 40_000...40_002 { #expect(try answer("0.0.0.0", UInt16(port), listens: true) == .ok) }
      }
    }

    /// connect() takes the server's port while it is down, and then SO_REUSEADDR does not help.
    @Test func outgoingConnectionTakesThePort() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.ip_local_port_range", "9527 9527")
        let situation = try lab.outgoing(localPort: nil, toPort: 9000)
        #expect(situation.port == 9527)
        #expect(try answer("0.0.0.0", 9527, .withReuseAddress) == .inUse)
      }
    }

    /// A client that keeps connecting to a port of its own host where nobody listens can be given that port.
    @Test func selfConnection() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.ip_local_port_range", "9527 9527")
        let client = try TCPSocket()
        try client.connect(to: TestSupport.SocketAddress("127.0.0.1", port: 9527))
        let found = try record(onPort: 9527)
        #expect(found.state == .established)
        #expect(found.local == found.peer)
        #expect(try answer("0.0.0.0", 9527, .withReuseAddress) == .inUse)
      }
    }

    /// Nothing is held until connect() chooses a port.
    @Test func bindAddressNoPortHoldsNothing() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.ip_local_port_range", "9527 9527")
        let server = try lab.listener(port: 9000)
        let client = try TCPSocket(.ipv4, .init(bindAddressNoPort: true))
        try client.bind("127.0.0.1")
        #expect(try answer("127.0.0.1", 9527) == .ok)
        try client.connect(to: server.local)
        #expect(try answer("127.0.0.1", 9527) == .inUse)
      }
    }
  }
}

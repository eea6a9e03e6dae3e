import Diagnosis
import Glibc
import LinuxHost
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// Which addresses overlap.
  @Suite struct AddressTests {
    @Test func wildcardAndSpecificAddress() throws {
      try withNetworkNamespace { lab in
        for (held, new) in [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0")] {
          for options in [LabOptions.none, .withReuseAddress] {
            let server = try TCPSocket(.ipv4, options)
            try server.bind(held)
            try server.listen()
            #expect(try answer(new, server.localPort, options) == .inUse, "\(held) \(new)")
          }
          let server = try TCPSocket(.ipv4, .withReusePort)
          try server.bind(held)
          try server.listen()
          #expect(try answer(new, server.localPort, .withReusePort, listens: true) == .ok, "\(held) \(new)")
        }
        let specific = try lab.listener(port: 9527)
        #expect(try answer("127.0.0.2", specific.port, listens: true) == .ok, "no option needed")
      }
    }

    @Test(.needs(.ipv6)) func dualStackWildcardTakesIPv4() throws {
      try withNetworkNamespace { lab in
        try lab.listener(via: .dualStackOverIPv6, port: 9527)
        #expect(try answer("0.0.0.0", 9527) == .inUse)
        #expect(try answer("127.0.0.1", 9527) == .inUse)
        try lab.listener(via: .ipv4Wildcard, port: 9528)
        #expect(try answer("::", 9528) == .inUse)
        #expect(try answer("::", 9528, .init(v6Only: true), listens: true) == .ok)
      }
    }

    @Test func timeWaitBlocksItsOwnAddress() throws {
      try withNetworkNamespace { lab in
        let port = try lab.timeWait(via: .ipv4Wildcard).port
        #expect(try answer("127.0.0.1", port) == .inUse)
        #expect(try answer("0.0.0.0", port) == .inUse)
        #expect(try answer("127.0.0.2", port) == .ok, "the wildcard is gone with the listener")
      }
    }

    @Test(.needs(.ipv6))
    func mappedTimeWaitBlocksIPv4() throws {
      try withNetworkNamespace { lab in
        for route in [Route.dualStackOverIPv4, .mapped] {
          let situation = try lab.timeWait(via: route)
          #expect(situation.local.address == "::ffff:127.0.0.1")
          for address in ["127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
            #expect(try answer(address, situation.port) == .inUse, "\(route) \(address)")
          }
          for address in ["127.0.0.2", "::1"] {
            #expect(try answer(address, situation.port) == .ok, "\(route) \(address)")
          }
          #expect(try answer("::", situation.port, .init(v6Only: true)) == .ok)
        }
      }
    }

    /// The kernel compares 0.0.0.0 with every socket that could speak IPv4, also with one on [::1]. Not so
    /// ::ffff:0.0.0.0: the rules once said that it were the same.
    @Test(.needs(.ipv6))
    func dualStackTimeWaitOnIPv6BlocksTheIPv4Wildcard() throws {
      let routes: [(Route, blocksWildcard: Bool)] = [
        (.dualStackOverIPv6, true), (.ipv6, false), (.ipv6OnlyWildcard, false),
      ]
      try withNetworkNamespace { lab in
        for (route, blocksWildcard) in routes {
          let port = try lab.timeWait(via: route).port
          #expect(try answer("0.0.0.0", port) == (blocksWildcard ? .inUse : .ok), "\(route)")
          for address in ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"] {
            #expect(try answer(address, port) == .ok, "\(route) \(address)")
            let new = NewSocket(address: IPAddress(try TestSupport.SocketAddress(address, port: 0)))
            #expect(
              ConflictRules.conflict(of: try records(onPort: port).map { ExistingSocket($0) }, with: new)
                == .none)
          }
        }
      }
    }

    /// bind(2) to a real IPv6 address sets IPV6_V6ONLY.
    @Test(.needs(.ipv6)) func specificIPv6AddressIsV6Only() throws {
      try withNetworkNamespace { lab in
        let socket = try TCPSocket(.ipv6, .init(v6Only: false))
        try socket.bind("::1")
        #expect(try socket.get(Int32(IPPROTO_IPV6), IPV6_V6ONLY) == 1)
        #expect(try answer("0.0.0.0", socket.localPort) == .ok)
      }
    }

    /// The address says which device, and two devices are apart.
    @Test(.needs(.ipv6)) func linkLocalAddressIsTiedToItsDevice() throws {
      try withNetworkNamespace { lab in
        try lab.addLink("eth0")
        for link in ["eth0", "eth0-peer"] { try lab.addAddress("fe80::1", prefix: 64, to: link) }
        let server = try TCPSocket(.ipv6)
        try server.bind("fe80::1%eth0", port: 9527)
        try server.listen()
        #expect(try record(onPort: 9527).interface == if_nametoindex("eth0"))
        #expect(try answer("fe80::1%eth0", 9527) == .inUse)
        #expect(try answer("fe80::1%eth0-peer", 9527, listens: true) == .ok)
        #expect(try answer("::", 9527) == .inUse)
      }
    }

    @Test func udpIsAnotherTable() throws {
      try withNetworkNamespace { _ in
        let descriptor = try check("socket") { socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }
        defer { close(descriptor) }
        let address = try TestSupport.SocketAddress("0.0.0.0", port: 9527)
        try check("bind") { address.withSockaddr { bind(descriptor, $0, $1) } }
        #expect(try answer("0.0.0.0", 9527, listens: true) == .ok)
      }
    }
  }
}

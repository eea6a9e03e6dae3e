import Glibc
import TestSupport
import Testing

/// What a socket is given before its bind, and where it can be bound.
@Suite(.needs(.networkNamespaces))
struct LabSocketTests {
  @Test func anotherDeviceIsNoConflict() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.timeWait(port: 9527, .init(device: "lo"))
      try TCPSocket(.ipv4, .init(device: "eth0")).bind("127.0.0.1", port: 9527)
      #expect(throws: SystemCallError.self) { try TCPSocket().bind("127.0.0.1", port: 9527) }
    }
  }

  @Test(.needs(.ipv6)) func linksAndAddresses() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.addAddress("192.0.2.1", prefix: 24, to: "eth0")
      try TCPSocket().bind("192.0.2.1")
      try lab.addAddress("fe80::1", prefix: 64, to: "eth0")
      try TCPSocket(.ipv6).bind("fe80::1%eth0")
      #expect(throws: SystemCallError("bind", EINVAL, "[fe80::1]:0")) { try TCPSocket(.ipv6).bind("fe80::1") }
      try lab.deleteLink("eth0")
      #expect(throws: SystemCallError.self) { try TCPSocket(.ipv4, .init(device: "eth0")) }
    }
  }

  @Test(.needs(.ipv6)) func tentativeAddress() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0", carrier: false)
      try lab.addAddress("2001:db8::1", prefix: 64, to: "eth0", checked: true)
      #expect(throws: SystemCallError("bind", EADDRNOTAVAIL, "[2001:db8::1]:9527")) {
        try TCPSocket(.ipv6).bind("2001:db8::1", port: 9527)
      }
    }
  }

  @Test(.needs(.otherUsers)) func anotherOwner() throws {
    try withNetworkNamespace { lab in
      let row = try lab.listener(.init(owner: 65_534)).row
      #expect(row?.uid == 65_534)
      #expect(try lab.listener().row?.uid == 0)
    }
  }

  @Test(.needs(.mptcp)) func multipath() throws {
    try withNetworkNamespace { lab in
      let row = try lab.listener(.init(multipath: true)).row
      #expect(row?.state == .listen)
    }
  }

  @Test func bindAddressNoPort() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.makeListener()
      let client = try TCPSocket(.ipv4, .init(bindAddressNoPort: true))
      try client.bind("127.0.0.2")
      #expect(try client.localPort == 0)
      try client.connect(to: listener.localAddress)
      #expect(try client.localPort != 0)
    }
  }

  @Test func lingerZeroLeavesNothing() throws {
    try withNetworkNamespace { lab in
      let connection = try lab.connect()
      try connection.child.setLinger(seconds: 0)
      connection.child.close()
      try lab.waitUntilGone(local: connection.local, peer: connection.peer)
    }
  }
}

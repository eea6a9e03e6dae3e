import Glibc
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// What the topics of `explain` say besides, each shown once.
  @Suite(.needs(.networkNamespaces), .ownThread)
  struct ReferenceTests {
    // MARK: How connections end

    @Test func lingerOfZeroLeavesNothing() throws {
      try withNetworkNamespace { lab in
        let aborted = try lab.connect()
        aborted.listener.close()
        try aborted.child.setLinger(seconds: 0)
        aborted.child.close()
        #expect(throws: SystemCallError("recv", ECONNRESET, "")) { _ = try aborted.client.receive() }
        #expect(try records(onPort: aborted.local.port).isEmpty)

        let waiting = try lab.timeWait { try $0.setLinger(seconds: 1) }
        #expect(try record(onPort: waiting.port).state == .timeWait, "with more it is as without")
      }
    }

    @Test func linger2IsFinTimeoutForOneSocket() throws {
      try withNetworkNamespace { lab in
        let left = try lab.finWait2Minisocket { try $0.setFinWait2Life(seconds: 5) }
        #expect((4_000...5_000).contains(try record(onPort: left.port).timer?.expires ?? 0))
      }
    }

    @Test func simultaneousCloseLeavesTimeWaitAtBothEnds() throws {
      try withNetworkNamespace { lab in
        let closing = try lab.closing()
        try closing.other?.acceptIncoming()
        let (local, peer) = (closing.local, try #require(closing.peer))
        try lab.wait(for: .timeWait, local: local, peer: peer)
        try lab.wait(for: .timeWait, local: peer, peer: local)
      }
    }

    /// While a server listens, its TIME_WAIT keeps nobody out.
    @Test func aNewConnectionTakesATimeWaitOver() throws {
      try withNetworkNamespace { lab in
        let old = try lab.timeWait(keepListener: true)
        let (port, listener) = (try #require(old.peer).port, try #require(old.listener))
        let new = try lab.connect(clientPort: port, through: listener)
        #expect(new.local == old.local && new.peer == old.peer)
        #expect(try records(onPort: old.port).contains { $0.state == .established })
        #expect(try !records(onPort: old.port).contains { $0.state == .timeWait })
      }
    }

    @Test(arguments: ["0", "1"])
    func exactResetEndsATimeWaitUnlessRFC1337(setting: String) throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.tcp_rfc1337", setting)
        // Or the segment would have to carry a timestamp.
        try lab.sysctl("net.ipv4.tcp_timestamps", "0")
        let connection = try lab.connect()
        connection.child.close()
        while try !connection.client.receive().isEmpty {}
        let sequence = try connection.client.nextSequence
        connection.client.close()
        try lab.wait(for: .timeWait, local: connection.local, peer: connection.peer)
        // The FIN has taken one number.
        try sendReset(from: connection.peer.port, to: connection.local.port, sequence: sequence &+ 1)
        if setting == "0" {
          try lab.waitUntilGone(local: connection.local, peer: connection.peer)
        } else {
          pause(milliseconds: 50)
          #expect(try records(onPort: connection.local.port).contains { $0.state == .timeWait })
        }
      }
    }

    // MARK: tcp_tw_reuse

    private func connectAgain(to address: TestSupport.SocketAddress) throws -> Int32 {
      let socket = try TCPSocket(address.family)
      do throws(SystemCallError) {
        try socket.connect(to: address)
        return 0
      } catch {
        return error.number
      }
    }

    @Test func timeWaitReuseIsForConnectAlone() throws {
      for (address, setting, isReused) in [
        ("127.0.0.1", "0", false), ("127.0.0.1", "2", true), ("127.0.0.1", "1", true),
        ("192.0.2.1", "2", false), ("192.0.2.1", "1", true),
      ] {
        try withNetworkNamespace { lab in
          try lab.addLink("tw0")
          try lab.addAddress("192.0.2.1", prefix: 24, to: "tw0")
          try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40000")
          let server = try TCPSocket()
          try server.bind(address, port: 9527)
          try server.listen()
          let client = try TCPSocket()
          try client.connect(to: server.localAddress)
          try lab.closeInTurn(client, server.accept())
          try lab.sysctl("net.ipv4.tcp_tw_reuse", setting)
          #expect(
            try connectAgain(to: server.localAddress) == EADDRNOTAVAIL,
            "not before the delay is over: tcp_tw_reuse=\(setting) at \(address)")
          // What it counts in is one second, and the clock of timestamps is a millisecond's.
          pause(milliseconds: 1_100)
          #expect(
            try connectAgain(to: server.localAddress) == (isReused ? 0 : EADDRNOTAVAIL),
            "tcp_tw_reuse=\(setting) at \(address)")
          // On the port itself nothing has changed for bind(2).
          #expect(try answer(address, 40_000, .withReuseAddress) == .inUse)
        }
      }
    }

    // MARK: Other errors

    @Test func errorsOfTheProgramItself() throws {
      try withNetworkNamespace { lab in
        let twice = try TCPSocket()
        try twice.bind("127.0.0.1")
        #expect(throws: SystemCallError.self) { try twice.bind("127.0.0.1") }
        #expect(errno(of: { try twice.bind("127.0.0.1") }) == EINVAL)
        #expect(errno(of: { try TCPSocket(.ipv4).bind("::1") }) == EAFNOSUPPORT)

        let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(datagrams) }
        #expect(listen(datagrams, 1) == -1 && Glibc.errno == EOPNOTSUPP)

        try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40000")
        try lab.listener(via: .ipv4Wildcard, port: 40_000)
        #expect(errno(of: { try TCPSocket(.ipv4).listen() }) == EADDRINUSE, "listen() without bind()")
      }
    }

    private func errno(of body: () throws -> Void) -> Int32? {
      do {
        try body()
        return nil
      } catch {
        return (error as? SystemCallError)?.number
      }
    }

    // MARK: Options

    @Test func freeBindIsForAddressesAlone() throws {
      try withNetworkNamespace { lab in
        try lab.listener(via: .ipv4Wildcard, port: 9527)
        let socket = try TCPSocket()
        try socket.set(Int32(IPPROTO_IP), 15, 1)
        #expect(errno(of: { try socket.bind("192.0.2.1", port: 9527) }) == EADDRINUSE)
        try socket.bind("192.0.2.1", port: 9528)
      }
    }

    @Test func devicesAreApart() throws {
      try withNetworkNamespace { lab in
        try lab.addLink("tw0")
        try lab.listener(via: .ipv4Wildcard, port: 9527, .init(device: "tw0"))
        #expect(try answer("0.0.0.0", 9527, .init(device: "lo"), listens: true) == .ok)
        #expect(try answer("0.0.0.0", 9527, .init(device: "tw0")) == .inUse)
        #expect(try answer("0.0.0.0", 9527) == .inUse)
      }
    }

    @Test(.needs(.ipv6)) func bindV6OnlyIsADefaultForNewSockets() throws {
      try withNetworkNamespace { lab in
        let before = try TCPSocket(.ipv6)
        try lab.sysctl("net.ipv6.bindv6only", "1")
        try before.bind("::", port: 9527)
        #expect(try answer("0.0.0.0", 9527) == .inUse)
        let after = try TCPSocket(.ipv6)
        try after.bind("::", port: 9528)
        #expect(try answer("0.0.0.0", 9528) == .ok)
      }
    }
  }
}

extension TCPSocket {
  /// The sequence number of the next byte to be sent, by TCP_REPAIR.
  fileprivate var nextSequence: UInt32 {
    get throws {
      let (repair, queue, sequence) = (19 as Int32, 20 as Int32, 21 as Int32)
      try set(Int32(IPPROTO_TCP), repair, 1)
      try set(Int32(IPPROTO_TCP), queue, 2)
      let value = try get(Int32(IPPROTO_TCP), sequence)
      // -1 leaves the mode without a segment to the other end.
      try set(Int32(IPPROTO_TCP), repair, -1)
      return UInt32(bitPattern: value)
    }
  }
}

/// A RST on loopback as the owner of `source` would send it.
private func sendReset(from source: UInt16, to destination: UInt16, sequence: UInt32) throws {
  func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
  let loopback: [UInt8] = [127, 0, 0, 1]
  var segment = bytes(source) + bytes(destination) + bytes(sequence) + bytes(UInt32(0))
  segment += [5 << 4, 0x04] + bytes(UInt16(0)) + [0, 0, 0, 0]
  let pseudo = loopback + loopback + [0, 6] + bytes(UInt16(segment.count)) + segment
  var sum: UInt32 = 0
  for index in stride(from: 0, to: pseudo.count, by: 2) {
    sum += UInt32(pseudo[index]) << 8 | UInt32(pseudo[index + 1])
  }
  while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
  segment.replaceSubrange(16..<18, with: bytes(~UInt16(sum)))
  let descriptor = try check("socket", "SOCK_RAW") {
    socket(AF_INET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(IPPROTO_TCP))
  }
  defer { close(descriptor) }
  let address = try TestSupport.SocketAddress("127.0.0.1", port: 0)
  try check("sendto") { address.withSockaddr { sendto(descriptor, segment, segment.count, 0, $0, $1) } }
}

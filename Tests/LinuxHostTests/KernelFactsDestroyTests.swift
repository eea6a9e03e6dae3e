import KernelSupport
import Glibc
import LinuxHost
import NetlinkCodec
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// SOCK_DESTROY on the kernel that runs.
  @Suite(.needs(.networkNamespaces), .needs(.endOfMinisockets))
  struct Destroy {
    private func destroy(
      _ record: SocketRecord
    ) throws -> SockDestroyer<NetlinkSocket>.Outcome {
      var destroyer = SockDestroyer(try NetlinkSocket())
      return destroyer.destroy(record)
    }

    private func minisockets(onPort port: UInt16) throws -> [SocketRecord] {
      try records(onPort: port).filter(\.isMinisocket)
    }

    @Test(arguments: Route.allCases)
    func aTimeWaitEndsAndAPlainBindWorks(via route: Route) throws {
      try withNetworkNamespace { lab in
        if route.needsIPv6 { try Requirement.ipv6.orSkip() }
        let left = try lab.timeWait(via: route)
        let address = route.listenAddress
        #expect(try answer(address, left.port) == .inUse)
        #expect(try destroy(record(onPort: left.port)) == .ended)
        #expect(try records(onPort: left.port).isEmpty)
        #expect(try answer(address, left.port) == .ok)
      }
    }

    @Test func aFinWait2MinisocketEnds() throws {
      try withNetworkNamespace { lab in
        let left = try lab.finWait2Minisocket()
        #expect(try destroy(record(onPort: left.port)) == .ended)
        #expect(try answer("127.0.0.1", left.port) == .ok)
      }
    }

    /// The entry goes between the look and the request, and the request finds the listener in its place.
    @Test(arguments: [Route.ipv4, .ipv4Wildcard, .dualStackOverIPv4])
    func aVanishedOneLeavesTheListenerAlone(via route: Route) throws {
      try withNetworkNamespace { lab in
        if route.needsIPv6 { try Requirement.ipv6.orSkip() }
        let left = try lab.timeWait(via: route, keepListener: true)
        let seen = try #require(try minisockets(onPort: left.port).first)
        #expect(try destroy(seen) == .ended)
        #expect(try destroy(seen) == .vanished)
        let still = try records(onPort: left.port)
        #expect(still.map(\.state) == [.listen])
        // It still serves.
        let client = try TCPSocket(route.clientFamily)
        try client.connect(to: TestSupport.SocketAddress(route.connectAddress, port: left.port))
      }
    }

    /// What the cookie is for: the same request without one ends the listener.
    @Test func withoutACookieTheListenerWouldEnd() throws {
      try withNetworkNamespace { lab in
        let left = try lab.timeWait(keepListener: true)
        let seen = try #require(try minisockets(onPort: left.port).first)
        #expect(try destroy(seen) == .ended)
        var body = try #require(seen.destroyRequest).body
        body.replaceSubrange(48..<56, with: [UInt8](repeating: 0xff, count: 8))
        var socket = try NetlinkSocket()
        try socket.send(DatagramRequest(type: MessageType.sockDestroy, flags: 0x5, sequence: 1, body: body))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try socket.receive(into: &buffer).count
        let answer = try Acknowledgement(
          in: buffer.span.bytes.extracting(..<count), sequence: 1, portID: socket.portID)
        #expect(answer == .done)
        #expect(try records(onPort: left.port).filter { $0.state == .listen }.isEmpty)
      }
    }

    /// A socket that was shut down and not closed has the cookie of the TIME_WAIT that its connection has
    /// become, if it had one by then.
    @Test(.needs(.boundSockets)) func aSocketThatIsStillOpenSharesItsCookie() throws {
      try withNetworkNamespace { lab in
        let connection = try lab.connect(clientPort: 40_000)
        // A cookie is made when somebody first asks for it.
        _ = try records(onPort: 40_000)
        try connection.client.shutdownWriting()
        connection.child.close()
        let row = try lab.wait(
          for: .timeWait, local: connection.client.localAddress, peer: connection.local)
        let cookies = try records(onPort: row.local.port).map { ($0.state, $0.cookie) }
        #expect(Set(cookies.map(\.1)).count == 1)
        #expect(Set(cookies.map(\.0)) == [.timeWait, .bound])
      }
    }
  }
}

import Glibc
import TestSupport
import Testing

/// The lesson that this program comes from, replayed: a server on 127.0.0.1:9527 closes first, and its restart is
/// refused.
@Suite(.needs(.networkNamespaces), .ownThread)
struct TextbookTests {
  private static let port: UInt16 = 9527

  /// Listens, accepts one client, reads what it says, and closes before the client does.
  private func serveOnce(_ lab: Lab, reuse: Bool) throws {
    let server = try TCPSocket(.ipv4, .init(reuseAddress: reuse))
    try server.bind("127.0.0.1", port: Self.port)
    try server.listen()
    let client = try TCPSocket()
    try client.connect(to: SocketAddress("127.0.0.1", port: Self.port))
    let connection = try server.accept()
    try client.send(Array("hello".utf8))
    #expect(try connection.receive() == Array("hello".utf8))
    let (local, peer) = try (connection.localAddress, connection.peerAddress)
    connection.close()
    server.close()
    #expect(try client.receive().isEmpty)
    client.close()
    try lab.wait(for: .timeWait, timer: .timeWait, local: local, peer: peer)
  }

  private func restart(reuse: Bool) throws {
    let server = try TCPSocket(.ipv4, .init(reuseAddress: reuse))
    try server.bind("127.0.0.1", port: Self.port)
    try server.listen()
  }

  private let refused = SystemCallError("bind", EADDRINUSE, "127.0.0.1:9527")

  /// The port is shown with its timer, which runs down.
  private func expectTheSocketToBeShown() throws {
    let table = try Tool.run("port", "9527")
    #expect(table.exitCode == 0)
    let row = try #require(table.lines.first { $0.contains("127.0.0.1:9527") })
    #expect(row.contains("TIME_WAIT"))
    func left() throws -> Int {
      let json = try Tool.run("port", "9527", "--json").json
      #expect(json["sockets"].count == 1)
      let time = try #require(json["sockets"][0]["timer"]["expires_ms"].int)
      #expect(json["last_time_wait_ms"].int == time)
      return time
    }
    let clock = ContinuousClock()
    let start = clock.now
    let first = try left()
    #expect((50_000...60_000).contains(first))
    pause(milliseconds: 300)
    let second = try left()
    // Between the two looks there is the pause at least, and at most what has passed since before the first.
    #expect(first - second >= 250)
    #expect(.milliseconds(first - second) <= clock.now - start + .milliseconds(50))
  }

  @Test func oldServerWithReuse() throws {
    try withNetworkNamespace { lab in
      try serveOnce(lab, reuse: true)
      #expect(throws: refused) { try restart(reuse: false) }
      try expectTheSocketToBeShown()

      let plain = try Tool.run("trybind", "9527")
      #expect(plain.exitCode == 1)
      #expect(plain.output.contains("; SO_REUSEADDR gets past it."))
      #expect(plain.output.hasSuffix("time-wait-server-closed-first\n"))
      let reuse = try Tool.run("trybind", "9527", "--reuse")
      #expect(reuse.exitCode == 0)
      #expect(reuse.output.contains("Yes. A server with SO_REUSEADDR can bind port 9527."))

      #expect(throws: refused) { try restart(reuse: false) }
      try restart(reuse: true)
    }
  }

  /// "Just set SO_REUSEADDR" does not help the first restart after it was added.
  @Test(.needs(.realTime)) func oldServerWithoutReuse() throws {
    try withNetworkNamespace { lab in
      try serveOnce(lab, reuse: false)
      #expect(throws: refused) { try restart(reuse: false) }
      try expectTheSocketToBeShown()

      for arguments in [["trybind", "9527"], ["trybind", "9527", "--reuse"]] {
        let result = try Tool.run(arguments)
        #expect(result.exitCode == 1)
        let text = result.output.replacing("\n", with: " ")
        #expect(text.contains("No. 1 TIME_WAIT holds port 9527 for 5"))
        #expect(text.contains("SO_REUSEADDR does not get past it."))
        #expect(!text.contains("gets past"))
        #expect(result.output.hasSuffix("time-wait-holder-without-reuse\n"))
      }
      #expect(throws: refused) { try restart(reuse: true) }
    }
  }

  /// The client closes first: the server starts again at once.
  @Test func theClientClosesFirst() throws {
    try withNetworkNamespace { lab in
      let connection = try lab.connect(port: 9527)
      try lab.closeInTurn(connection.client, connection.child)
      connection.listener.close()
      try lab.wait(for: .timeWait, local: connection.peer, peer: connection.local)
      #expect(try Tool.run("port", "9527").output.contains("No TIME_WAIT on port 9527."))
      #expect(try Tool.run("port", "9527", "--side", "peer", "--expect", "some").exitCode == 0)
      #expect(try Tool.run("trybind", "9527").exitCode == 0)
      try restart(reuse: false)
    }
  }

  /// Several services on one port, an address each, need no option.
  @Test func severalAddresses() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      #expect(try Tool.run("trybind", "9527", "--address", "127.0.0.2").exitCode == 0)
      let beside = lab.keep(try TCPSocket())
      try beside.bind("127.0.0.2", port: 9527)
      try beside.listen()
      #expect(try Tool.run("trybind", "9527", "--address", "127.0.0.3").exitCode == 0)
      #expect(try Tool.run("trybind", "9527", "--address", "0.0.0.0", "--reuse").exitCode == 1)
    }
  }
}

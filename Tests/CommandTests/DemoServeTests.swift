import Glibc
import TestSupport
import Testing

/// The textbook's lesson, replayed with its own tools: `demo serve` and the telnet client.
@Suite(.needs(.networkNamespaces))
struct DemoServeTests {
  private static let telnet = "/usr/bin/telnet"

  private func serve(_ options: [String]) throws -> RunningCommand {
    let server = try Tool.command(["demo", "serve", "9527"] + options).start()
    try server.waitForOutput(containing: "listening on 0.0.0.0:9527; connect with:  telnet 127.0.0.1 9527\n")
    return server
  }

  /// On a terminal, where it can be told to quit.
  private func connectByTelnet() throws -> RunningCommand {
    var command = Command(Self.telnet, ["127.0.0.1", "9527"])
    command.terminal = (rows: 24, columns: 80)
    let client = try command.start()
    try client.waitForOutput(containing: "Escape character is")
    return client
  }

  private func expectHello(_ server: RunningCommand, _ client: RunningCommand) throws {
    client.write("hello\r")
    try server.waitForOutput(containing: "received 7 bytes: hello\n")
  }

  @Test(.needs(.program("telnet")), arguments: [false, true])
  func serverClosesFirst(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      let server = try serve(reuse ? ["--reuse"] : [])
      let client = try connectByTelnet()
      try expectHello(server, client)
      try server.send(signal: SIGINT)
      let result = try server.finish()
      #expect(result.status == .signalled(SIGINT))
      #expect(result.output.hasSuffix("closed first; what is left of it:  tw-inspect port 9527\n"))
      #expect(try client.finish().output.contains("Connection closed by foreign host"))
      try lab.wait(for: .timeWait, local: SocketAddress("127.0.0.1", port: 9527))

      let port = try Tool.run("port", "9527", "--json").json
      #expect(port["counts"]["by_state"]["time-wait"].int == 1)
      #expect(port["counts"]["listed"].int == 1)
      #expect(try Tool.run("trybind", "9527").exitCode == 1)
      #expect(try Tool.run("trybind", "9527", "--reuse").exitCode == (reuse ? 0 : 1))

      for option in [[], ["--reuse"]] where option.isEmpty || !reuse {
        let restart = try Tool.run(["demo", "serve", "9527"] + option)
        #expect(restart.exitCode == 1)
        #expect(
          restart.output == """
            bind failed: Address already in use (98)
            What is in the way:  tw-inspect trybind \((["9527"] + option).joined(separator: " "))

            """)
      }
      if reuse {
        let restarted = try serve(["--reuse"])
        try restarted.send(signal: SIGTERM)
        #expect(try restarted.finish().status == .signalled(SIGTERM))
      }
    }
  }

  /// In a script's background SIGINT is ignored; it ended the server all the same.
  @Test func anIgnoredSignalStaysIgnored() throws {
    try withNetworkNamespace { _ in
      let tool = try Tool.command(["demo", "serve", "9527"])
      let server = try Command(
        "/bin/sh", ["-c", "trap '' INT; exec \"$0\" \"$@\"", tool.executable] + tool.arguments
      )
      .start()
      try server.waitForOutput(containing: "listening on")
      try server.send(signal: SIGINT)
      let client = try TCPSocket(.ipv4)
      try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
      try server.waitForOutput(containing: "a client has connected")
      client.close()
      #expect(try server.finish().exitCode == 0)
    }
  }

  @Test(.needs(.program("telnet")), arguments: [false, true])
  func clientClosesFirst(reuse: Bool) throws {
    try withNetworkNamespace { _ in
      let server = try serve(reuse ? ["--reuse"] : [])
      let client = try connectByTelnet()
      try expectHello(server, client)
      client.write("\u{1d}")
      try client.waitForOutput(containing: "telnet>")
      client.write("quit\r")
      let result = try server.finish()
      #expect(result.exitCode == 0)
      #expect(result.output.hasSuffix("client closed\n"))
      #expect(try client.finish().output.contains("Connection closed"))

      let port = try Tool.run("port", "9527", "--all", "--json").json
      #expect(port["counts"]["listed"].int == 0)
      #expect(try Tool.run("trybind", "9527").exitCode == 0)
      #expect(try Tool.run("trybind", "9527", "--reuse").exitCode == 0)
      #expect(try Tool.run("port", "9527", "--side", "peer", "--expect", "some").exitCode == 0)
      let restarted = try serve([])
      try restarted.send(signal: SIGINT)
      #expect(try restarted.finish().status == .signalled(SIGINT))
    }
  }

  /// Whatever a client sends, a terminal shows it on one line, and obeys none of it.
  @Test func whatComesIsHarmless() throws {
    try withNetworkNamespace { _ in
      let server = try serve([])
      let client = try TCPSocket()
      try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
      for (bytes, shown) in [
        ([0x1b, 0x5b, 0x32, 0x4a], #"4 bytes: \u{1b}[2J"#), ([0x61], "1 byte: a"),
        ([0x0d, 0x0a], "2 bytes: "),
        ([0x61, 0x0a, 0x62, 0x0a], #"4 bytes: a\u{a}b"#),
        ([0xff, 0xfb, 0x01], "3 bytes: \u{fffd}\u{fffd}\\u{1}"),
      ] as [([UInt8], String)] {
        try client.send(bytes)
        try server.waitForOutput(containing: "received \(shown)\n")
      }
      client.close()
      #expect(try server.finish().exitCode == 0)
    }
  }

  @Test func clientThatResets() throws {
    try withNetworkNamespace { _ in
      let server = try serve([])
      let client = try TCPSocket()
      try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
      try server.waitForOutput(containing: "a client has connected\n")
      try client.setLinger(seconds: 0)
      client.close()
      let result = try server.finish()
      #expect(result.exitCode == 0)
      #expect(result.output.hasSuffix("client reset the connection\n"))
    }
  }

  /// Data that has come and was not read would turn the FIN into a RST.
  @Test func endedBySignalWhileDataComes() throws {
    try withNetworkNamespace { lab in
      let server = try serve([])
      let client = try TCPSocket()
      try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
      try server.waitForOutput(containing: "a client has connected\n")
      try server.send(signal: SIGSTOP)
      try client.send([UInt8](repeating: 0x61, count: 20_000))
      try server.send(signal: SIGINT)
      try server.send(signal: SIGCONT)
      #expect(try server.finish().status == .signalled(SIGINT))
      #expect(try client.receive().isEmpty)
      let (local, peer) = try (client.peerAddress, client.localAddress)
      client.close()
      try lab.wait(for: .timeWait, local: local, peer: peer)
    }
  }

  @Test func portOfTheKernelsChoice() throws {
    try withNetworkNamespace { _ in
      let server = try Tool.command(["demo", "serve", "0"]).start()
      try server.waitForOutput {
        $0.wholeMatch(of: /listening on 0\.0\.0\.0:\d{5}; connect with: .*\n/) != nil
      }
      try server.send(signal: SIGINT)
      #expect(try server.finish().status == .signalled(SIGINT))
    }
  }

  @Test(.needs(.otherUsers)) func privilegedPort() throws {
    try withNetworkNamespace { _ in
      let result = try Tool.run("demo", "serve", "80", asUser: 65_534)
      #expect(result.exitCode == 1)
      #expect(result.output.hasPrefix("bind failed: Permission denied (13)\n"))
    }
  }

  @Test func listenerInTheWay() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      for option in [[], ["--reuse"]] {
        let result = try Tool.run(["demo", "serve", "9527"] + option)
        #expect(result.exitCode == 1)
        #expect(result.output.hasPrefix("bind failed: Address already in use (98)\n"))
      }
    }
  }
}

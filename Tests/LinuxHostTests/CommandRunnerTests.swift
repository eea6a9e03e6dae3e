import Glibc
import TestSupport
import Testing

/// What the command tests rest on: children run as told, end in time, and see the lab's namespace.
@Suite struct CommandRunnerTests {
  @Test func outputAndStatus() throws {
    let result = try Command("/bin/sh", ["-c", "echo out; echo err >&2; exit 69"]).run()
    #expect(result.status == .exited(69))
    #expect(result.output == "out\n")
    #expect(result.errors == "err\n")
    #expect(try Command("/bin/sh", ["-c", "kill -TERM $$"]).run().status == .signalled(SIGTERM))
  }

  @Test func missingProgram() {
    #expect(throws: SystemCallError.self) { try Command("/no/such/program").run() }
  }

  /// Neither side waits for the other when far more than a pipe's worth goes both ways.
  @Test func muchInputAndOutput() throws {
    var command = Command("/bin/sh", ["-c", "tee /dev/stderr"])
    let text = String(repeating: "0123456789abcde\n", count: 65_536)
    command.input = .text(text)
    let result = try command.run()
    #expect(result.output == text)
    #expect(result.errors == text)
  }

  @Test func inputNobodyReads() throws {
    var command = Command("/bin/true")
    command.input = .text(String(repeating: "x", count: 1_000_000))
    #expect(try command.run().status == .exited(0))
  }

  @Test func hardTimeout() throws {
    var command = Command("/bin/sh", ["-c", "trap '' TERM INT; echo begun; while :; do sleep 1; done"])
    command.input = .null
    let running = try command.start()
    try running.waitForOutput(containing: "begun")
    let error = #expect(throws: CommandTimedOut.self) { try running.finish(timeout: .milliseconds(100)) }
    #expect(error?.result.output == "begun\n")
    #expect(error?.result.status == .signalled(SIGKILL))
  }

  /// A grandchild that keeps the pipe does not keep the test.
  @Test func grandchildHoldsThePipe() throws {
    let result = try Command("/bin/sh", ["-c", "sleep 25 & echo done"]).run(timeout: .seconds(20))
    #expect(result.output == "done\n")
  }

  @Test func outputsThatFail() throws {
    let script = Command("/bin/sh", ["-c", "/bin/echo x; echo $? >&2"])
    var full = script
    full.output = .full
    #expect(try full.run().errors.contains("No space left"))
    var closed = script
    closed.output = .closed
    #expect(try closed.run().errors.contains("Bad file descriptor"))
    var broken = Command("/bin/sh", ["-c", "exec /bin/echo x"])
    broken.output = .broken
    #expect(try broken.run().status == .signalled(SIGPIPE))
  }

  @Test func environmentIsSmall() throws {
    var command = Command("/usr/bin/env")
    command.environment = ["NO_COLOR": "1"]
    let lines = try command.run().lines
    #expect(lines.contains("SWIFT_BACKTRACE=enable=no"))
    #expect(lines.contains("NO_COLOR=1"))
    #expect(lines.contains("TERM=dumb"))
  }

  @Test func inheritsNoDescriptorsButThoseGiven() throws {
    var command = Command("/bin/ls", ["/proc/self/fd"])
    let socket = try TCPSocket()
    command.inherited = [socket.descriptor]
    // The last is the directory that ls itself reads.
    #expect(try command.run().output == "0\n1\n2\n3\n4\n")
  }

  @Test func terminal() throws {
    var command = Command("/bin/sh", ["-c", "stty size; read answer; echo \"got $answer\"; test -t 1"])
    command.terminal = (rows: 20, columns: 60)
    let running = try command.start()
    try running.waitForOutput(containing: "20 60")
    running.write("yes\n")
    let result = try running.finish()
    #expect(result.output.contains("got yes"))
    #expect(result.status == .exited(0))
  }

  @Test func signalsReachIt() throws {
    let script = "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done"
    let running = try Command("/bin/sh", ["-c", script]).start()
    try running.waitForOutput(containing: "ready")
    try running.send(signal: SIGINT)
    let result = try running.finish()
    #expect(result.status == .exited(3))
    #expect(result.output == "ready\ncaught\n")
  }

  @Test(.needs(.otherUsers)) func anotherUser() throws {
    var command = Command("/usr/bin/id", ["-u"])
    command.user = 65_534
    #expect(try command.run().output == "65534\n")
    command.arguments = ["-G"]
    #expect(try command.run().output == "65534\n")
  }

  @Test(.needs(.networkNamespaces)) func childIsInTheNamespace() throws {
    try withNetworkNamespace { lab in
      let result = try Command("/usr/bin/stat", ["-L", "-c", "%i", "/proc/self/ns/net"]).run()
      #expect(result.output == "\(lab.inode)\n")
      try lab.listener(port: 9527)
      #expect(try Command("/bin/cat", ["/proc/net/tcp"]).run().output.contains(":2537 "))
    }
  }

  /// A close(2) is the end of a socket at once, however many children are being started meanwhile.
  @Test(.needs(.networkNamespaces)) func noChildHoldsOurSockets() throws {
    try withNetworkNamespace { lab in
      for _ in 0..<20 {
        let listener = try TCPSocket()
        try listener.bind("127.0.0.1", port: 9527)
        try listener.listen()
        let running = try Command("/bin/sleep", ["60"]).start()
        listener.close()
        #expect(try KernelTable.read().rows.isEmpty)
        withExtendedLifetime(running) {}
      }
    }
  }

  @Test(.needs(.networkNamespaces)) func childOwnsWhatItIsGiven() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      var command = Command("/bin/sleep", ["60"])
      command.inherited = [try #require(listener.subject?.descriptor)]
      let running = try command.start()
      listener.subject?.close()
      #expect(try KernelTable.read().rows(onPort: 9527).map(\.state) == [.listen])
      try running.send(signal: SIGKILL)
      #expect(try running.finish().status == .signalled(SIGKILL))
      try lab.waitUntilGone(local: listener.local, peer: nil)
    }
  }

  @Test(.needs(.networkNamespaces), .needs(.program("telnet"))) func deniedSystemCalls() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      var command = Command("/usr/bin/telnet", ["127.0.0.1", "9527"])
      command.denials = [.socket(AF_INET6, EAFNOSUPPORT), .socket(AF_INET, EPERM)]
      #expect(try command.run().errors.contains("Operation not permitted"))
      command.denials = [.socket(AF_INET6, EAFNOSUPPORT)]
      let running = try command.start()
      _ = try listener.subject?.accept()
      withExtendedLifetime(running) {}
    }
  }

  @Test(.needs(.hiddenProc)) func hiddenProc() throws {
    var command = Command("/bin/ls", ["/proc/self/fd"])
    command.hidesProc = true
    #expect(try command.run().errors.contains("No such file"))
    #expect(access("/proc/self/fd", R_OK) == 0)
  }

  @Test func theToolIsFound() throws {
    let path = try Tool.path.get()
    #expect(path.hasSuffix("/tw-inspect"))
    #expect(try Tool.run("--help").exitCode == 0)
  }

  @Test(.needs(.otherUsers)) func theToolRunsAsAnotherUser() throws {
    #expect(try Tool.run("--help", asUser: 65_534).exitCode == 0)
  }

  @Test func jsonLookUp() throws {
    let json = try JSON(parsing: #"{"a": [{"n": 1, "t": true, "s": "x", "z": null, "d": 1.5}], "one": 1}"#)
    #expect(json["a"][0]["n"].int == 1)
    #expect(json["a"][0]["n"].bool == nil)
    #expect(json["a"][0]["t"].bool == true)
    #expect(json["a"][0]["t"].int == nil)
    #expect(json["a"][0]["s"].string == "x")
    #expect(json["a"][0]["z"].isNull)
    #expect(json["a"][0]["d"].double == 1.5)
    #expect(!json["b"][3]["c"].exists)
    #expect(!json["b"].isNull)
    #expect(json["a"].count == 1)
    #expect(json.keys == ["a", "one"])
    #expect(throws: JSONParsingFailed.self) { try JSON(parsing: "{} {}") }
  }
}

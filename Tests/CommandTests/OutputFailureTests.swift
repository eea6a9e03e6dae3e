import Glibc
import TestSupport
import Testing

/// Answers that cannot be written: 74 and a line that says why, or SIGPIPE without a word.
@Suite(.needs(.networkNamespaces))
struct OutputFailureTests {
  static let answers = [
    ["port", "9527"], ["port", "9527", "--json"], ["port", "9527", "--output", "jsonl"],
    ["port", "9527", "--output", "plain"], ["port", "9527", "--output", "plain", "--sort", "time"],
    ["trybind", "9527"], ["trybind", "9527", "--json"], ["trybind", "9527", "--output", "plain"],
    ["trybind", "9527", "--output", "jsonl"], ["--help"], ["--version"], ["port", "--help"], [],
  ]

  @Test(arguments: answers)
  func fullDisk(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try Tool.run(arguments, stdout: .full)
      #expect(result.exitCode == 74)
      #expect(result.errors.contains("No space left on device"))
      #expect(result.errors.contains("standard output"))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  @Test(arguments: answers)
  func closedOutput(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try Tool.run(arguments, stdout: .closed)
      #expect(result.exitCode == 74)
      #expect(result.errors.contains("standard output"))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  @Test(arguments: answers)
  func brokenPipe(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try Tool.run(arguments, stdout: .broken)
      #expect(result.status == .signalled(SIGPIPE))
      #expect(result.errors == "")
    }
  }

  /// Python and others start their children with SIGPIPE ignored.
  @Test func brokenPipeThoughIgnored() throws {
    try withNetworkNamespace { lab in
      let path = try Tool.path.get()
      var command = Command("/bin/sh", ["-c", "trap '' PIPE; exec \"$0\" port 9527", path])
      command.output = .broken
      let result = try command.run()
      #expect(result.status == .signalled(SIGPIPE))
      #expect(result.errors == "")
    }
  }

  /// With more than one write, also the later ones count.
  @Test func pipeBreaksMidway() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 300, port: 9527)
      let path = try Tool.path.get()
      let script = "{ \"$0\" port 9527 --output jsonl; echo $? >&2; } | head -n 1"
      let result = try Command("/bin/sh", ["-c", script, path]).run()
      #expect(result.errors == "141\n")
      #expect(result.lines.count == 2)
      #expect(result.output.contains("\"type\":\"snapshot\""))
    }
  }

  /// A closed standard stream must not become the netlink socket, or a trial's.
  @Test(arguments: [["port", "9527"], ["trybind", "9527", "--reuse"]])
  func closedInputAndErrors(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      // Where there is nothing, other network namespaces that hold the port would be named, and tests come and go.
      try lab.finWait1(port: 9527, .init(reuseAddress: true), orphan: true)
      let usual = try Tool.run(arguments)
      let result = try Tool.run(arguments, stdin: .closed, stderr: .closed)
      #expect(result.exitCode == 0)
      #expect(result.output == usual.output)
      #expect(try Tool.run(arguments, stdin: .closed, stdout: .closed, stderr: .closed).exitCode == 74)
    }
  }

  /// Nothing reads standard error, and it is no reason to end differently.
  @Test func brokenErrors() throws {
    #expect(try Tool.run("port", "0", stderr: .full).exitCode == 64)
  }

  /// `-q` writes nothing, so nothing can fail.
  @Test(arguments: [Command.Output.full, .closed, .broken])
  func quietWritesNothing(output: Command.Output) throws {
    try withNetworkNamespace { _ in
      for command in ["port", "trybind"] {
        let result = try Tool.run(command, "9527", "-q", stdout: output)
        #expect(result.exitCode == 0)
      }
    }
  }

  /// The answer of `wait` was lost with its progress.
  @Test(arguments: [
    ["wait", "9527", "--timeout", "100ms", "--json"], ["wait", "9527", "--timeout", "100ms"],
    ["trybind", "9527", "-vv", "--json"],
  ])
  func brokenErrorsKeepTheAnswer(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let result = try Tool.run(arguments, stderr: .broken)
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.output.contains("9527"))
    }
  }

  /// A pipe that does not block, as Node.js hands it to its children, and nobody reads for a while.
  @Test func nonBlockingOutput() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 100, port: 9527)
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      for end in ends { try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
      defer { close(ends[0]) }
      let room = fcntl(ends[1], 1031 /* F_SETPIPE_SZ */, 4096)
      try #require(room >= 4096)
      var command = try Tool.command(["port", "9527", "--output", "jsonl"])
      command.output = .descriptor(ends[1])
      let running = try command.start()
      close(ends[1])
      try waitUntil("the pipe is full") {
        var count: Int32 = 0
        return ioctl(ends[0], UInt(FIONREAD), &count) == 0 && Int(count) > Int(room) - 1024
      }
      var output: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(ends[0], &chunk, chunk.count)
        if count == 0 { break }
        if count > 0 { output += chunk[..<count] } else { try #require(errno == EAGAIN) }
        if count < 0 { usleep(1000) }
      }
      let result = try running.finish()
      #expect(result.exitCode == 0, "\(result)")
      let lines = output.split(separator: UInt8(ascii: "\n"))
      #expect(lines.count == 102)
      #expect(try JSON(parsing: Array(lines.last ?? []))["complete"].bool == true)
    }
  }

  /// Without /dev/null to take its place the answer was written into the netlink socket, with status 0.
  @Test(.needs(.hiddenProc), arguments: answers)
  func closedOutputAndNoDevices(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let script = "mount -t tmpfs none /dev || exit 99; exec \"$0\" \"$@\" >&-"
      let path = try Tool.path.get()
      let result = try Command("/usr/bin/unshare", ["--mount", "sh", "-c", script, path] + arguments).run()
      #expect(result.exitCode == 74, "\(result)")
      #expect(result.errors.contains("standard output"))
    }
  }
}

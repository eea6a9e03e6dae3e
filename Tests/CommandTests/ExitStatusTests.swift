import Glibc
import TestSupport
import Testing

/// What a script sees of a run, whatever is printed.
@Suite(.needs(.networkNamespaces))
struct ExitStatusTests {
  @Test func looked() throws {
    try withNetworkNamespace { lab in
      #expect(try Tool.run("port", "9527").exitCode == 0)
      try lab.timeWait(port: 9527)
      #expect(try Tool.run("port", "9527").exitCode == 0)
      #expect(try Tool.run("port", "9527", "--json").exitCode == 0)
    }
  }

  @Test(arguments: ["table", "plain", "json", "jsonl"])
  func expectation(output: String) throws {
    try withNetworkNamespace { lab in
      func run(_ expected: String) throws -> CommandResult {
        try Tool.run("port", "9527", "--expect", expected, "--output", output)
      }
      #expect(try run("none").exitCode == 0)
      #expect(try run("some").exitCode == 1)
      try lab.timeWait(port: 9527)
      let unmet = try run("none")
      #expect(unmet.exitCode == 1)
      #expect(unmet.output.contains("9527"), "what was seen is printed all the same")
      #expect(try run("some").exitCode == 0)
    }
  }

  /// A listener is not listed by default: --expect none does not mean that the port is free.
  @Test func expectationIsNotFreedom() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let result = try Tool.run("port", "9527", "--expect", "none")
      #expect(result.exitCode == 0)
      #expect(result.output.contains("listens on 127.0.0.1:9527."))
      #expect(try Tool.run("port", "9527", "--expect", "none", "--all").exitCode == 1)
      #expect(try Tool.run("trybind", "9527").exitCode == 1)
    }
  }

  /// It judges how many there are, not how many --limit lets through.
  @Test(arguments: ["table", "plain", "json", "jsonl"], [[], ["-q"]])
  func expectationBeforeTheLimit(output: String, more: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527)
      let arguments = ["port", "9527", "--limit", "0", "--output", output] + more
      #expect(try Tool.run(arguments + ["--expect", "some"]).exitCode == 0)
      #expect(try Tool.run(arguments + ["--expect", "none"]).exitCode == 1)
    }
  }

  @Test func bindable() throws {
    try withNetworkNamespace { lab in
      #expect(try Tool.run("trybind", "9527").exitCode == 0)
      try lab.listener(port: 9527)
      #expect(try Tool.run("trybind", "9527").exitCode == 1)
      #expect(try Tool.run("trybind", "9527", "--address", "127.0.0.2").exitCode == 0)
    }
  }

  @Test(arguments: [
    ["port", "9527"], ["port", "9527", "--json"], ["port", "9527", "--output", "jsonl"], ["port", "9528"],
    ["port", "9527", "--output", "plain", "--header"], ["trybind", "9527"], ["trybind", "9527", "--json"],
    ["trybind", "9528"], ["port", "9527", "--source", "proc"], ["trybind", "9527", "--source", "proc"],
  ])
  func quiet(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      for option in ["-q", "--quiet"] {
        let result = try Tool.run(arguments + [option])
        #expect(result.output == "")
        #expect(result.errors == "")
        #expect(result.exitCode == (arguments.starts(with: ["trybind", "9527"]) ? 1 : 0))
      }
    }
  }

  /// What is asked of the kernel, and how long it took, goes to standard error, and the answer stays as it is.
  @Test(arguments: [["port", "9527", "--output", "plain"], ["trybind", "9527", "--output", "plain"]])
  func verbose(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let plain = try Tool.run(arguments)
      let verbose = try Tool.run(arguments + ["-vv"])
      #expect(verbose.output == plain.output)
      #expect(verbose.exitCode == plain.exitCode)
      #expect(verbose.errors.contains("sock_diag"))
      #expect(verbose.errors.contains(" us"))
      let proc = try Tool.run(arguments + ["-vv", "--source", "proc"])
      #expect(proc.errors.contains("/proc/net/tcp"))
    }
  }
}

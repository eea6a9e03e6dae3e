import TestSupport
import Testing

/// As scripts make command lines. To parse and judge each value against all of the others took seconds.
@Suite(.needs(.networkNamespaces), .needs(.realTime))
struct LongCommandLineTests {
  /// Long enough for the debug build, and far too short for time by the square: 2.3 s in the release build.
  private static let patience = Duration.seconds(10)

  /// A shell puts them together, as so many do not fit through the tests' own spawner.
  private func run(_ command: String, _ words: String, _ end: String = "") throws -> CommandResult {
    let script = "exec \"$0\" \(command) $(\(words)) \(end)"
    return try Command("/bin/bash", ["-c", script, try Tool.path.get()]).run(timeout: Self.patience)
  }

  @Test func tenThousandPorts() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9529)
      let apart = try run("port --json", "seq 1 4 40000", "9529")
      let joined = try run("port --json", "seq -s, 1 4 40000", "9529")
      #expect(apart.exitCode == 0)
      let query = try joined.json["query"]
      #expect(try apart.json["query"] == query)
      #expect(try apart.json["sockets"].count == 1)
    }
  }

  @Test func tenThousandServiceNames() throws {
    try withNetworkNamespace { _ in
      let names = """
        awk '!/^#/ && $2 ~ /tcp/ { names[n++] = $1 } END { for (i = 0; i < 10000; i++) print names[i % n] }' /etc/services
        """
      let result = try run("port -q", names)
      #expect(result.exitCode == 0, "\(result)")
      let wrong = try run("port -q", names, "no-such-service")
      #expect(wrong.exitCode == 64)
      #expect(wrong.errors.contains("'no-such-service'"))
    }
  }

  @Test(.needs(.descriptors), arguments: ["--address ", "--address="])
  func thousandsOfAddresses(_ option: String) throws {
    try withNetworkNamespace { lab in
      let options = "for i in {0..15}; do for j in {1..250}; do echo \(option)127.0.$i.$j; done; done"
      let yes = try run("trybind 9527 --json", options)
      #expect(yes.exitCode == 0)
      let json = try yes.json
      #expect(json["target"]["addresses"].count == 4_000)
      #expect(json["target"]["addresses"][3_999].string == "127.0.15.250")
      #expect(json["trials"].array?.count { $0["yours"].bool == true } == 4_000)
      try lab.listener(port: 9527)
      let no = try run("trybind 9527 --json", options)
      #expect(no.exitCode == 1)
      let trials = try no.json["trials"].array ?? []
      #expect(trials.filter { $0["yours"].bool == true && $0["bind"].string == "EADDRINUSE" }.count == 1)
      let table = try run("trybind 9527", options)
      #expect(table.lines.count { $0.contains(":9527 ") && $0.contains("  ok") } == 3_999)
    }
  }

  /// What a long command line means does not depend on its being long.
  @Test(arguments: [
    ["9527", "--side", "local", "9528", "9529"], ["--state", "listen", "--state=time-wait", "9527", "9528"],
    ["--", "9527", "9528"], ["--limit", "9527", "9528"], ["9527", "--owners", "9528", "9529"],
    ["9527", "--state"], ["--state", "--all", "9527"], ["9527", "no such service"],
  ])
  func theSameAsAShortOne(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      try lab.timeWait(port: 9528)
      try lab.timeWait(port: 9529)
      // Beyond the number from which on values are joined.
      let padding = Array(repeating: "9527", count: 80)
      let short = try Tool.run(["port", "--output", "plain", "9527"] + arguments)
      let long = try Tool.run(["port", "--output", "plain"] + padding + arguments)
      #expect(long.exitCode == short.exitCode)
      #expect(long.lines.map(withoutTimes) == short.lines.map(withoutTimes))
      #expect(long.errors == short.errors)
    }
  }

  private func withoutTimes(_ line: String) -> String {
    var columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    if columns.count > 6 { columns[6] = "" }
    return columns.joined(separator: "\t")
  }
}

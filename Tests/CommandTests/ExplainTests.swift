import Foundation
import TestSupport
import Testing

/// `explain`: the topics as printed, with the values of the host.
@Suite struct ExplainTests {
  private static func names() throws -> [String] {
    try Tool.run("explain", "--json").json["topics"].array?.compactMap { $0["name"].string } ?? []
  }

  @Test func theListNamesEachTopicOnce() throws {
    let result = try Tool.run("explain")
    #expect(result.exitCode == 0)
    #expect(result.errors == "")
    let names = try Self.names()
    #expect(names.count > 90)
    for name in names {
      #expect(result.lines.filter { $0.hasPrefix("  \(name) ") }.count == 1, "\(name)")
    }
    for line in result.lines { #expect(line.count < 80, "\(line)") }
  }

  @Test func eachTopicIsShown() throws {
    for name in try Self.names() {
      let result = try Tool.run("explain", name)
      #expect(result.exitCode == 0)
      #expect(result.errors == "")
      #expect(result.output.hasPrefix("\(name)  "))
      for heading in ["What", "Do", "Defined"] { #expect(result.output.contains("\n\(heading) "), "\(name)") }
      for line in result.lines { #expect(line.count <= 80 && !line.hasSuffix(" "), "\(name): \(line)") }
      #expect(!result.output.contains("\u{1f}"))
    }
  }

  @Test(arguments: [
    (["TIME_WAIT"], "TIME_WAIT"), (["time-wait"], "TIME_WAIT"), (["98"], "EADDRINUSE"),
    (["Address", "already", "in", "use"], "EADDRINUSE"), (["net.ipv4.tcp_tw_reuse"], "net.ipv4.tcp_tw_reuse"),
    (["TCP_TW_REUSE"], "net.ipv4.tcp_tw_reuse"), (["LISTENER-ALIVE"], "listener-alive"),
    (["--", "--reuse"], "SO_REUSEADDR"),
  ])
  func spellings(typed: [String], name: String) throws {
    let result = try Tool.run(["explain"] + typed)
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("\(name)  "))
  }

  @Test(arguments: ["frobnicate", "", "tiem-wait", "\u{1b}[31mred", String(repeating: "x", count: 100_000)])
  func unknown(typed: String) throws {
    let result = try Tool.run("explain", typed)
    #expect(result.exitCode == 1)
    #expect(result.output == "")
    #expect(result.errors.contains("no such topic"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(!result.errors.contains("\u{1b}"))
    #expect(result.errors.utf8.count < 400)
    #expect(result.errors.contains("'TIME_WAIT'") == (typed == "tiem-wait"))
    let json = try Tool.run("explain", typed, "--json")
    #expect(json.exitCode == 1)
    #expect(try json.json["topic"].isNull)
    #expect(try json.json["near"].array?.contains(.string("TIME_WAIT")) == (typed == "tiem-wait"))
  }

  @Test func document() throws {
    let keys: Set<String> = [
      "schema_version", "command", "tool_version", "observed_at", "host", "source", "query", "topic",
      "topics",
      "near",
    ]
    let list = try Tool.run("explain", "--json").json
    #expect(list.keys == keys)
    #expect(list["topic"].isNull && list["source"].isNull)
    #expect(list["query"] == .object(["topics": .array([])]))
    #expect(list["topics"][0].keys == ["name", "group", "summary"])
    let one = try Tool.run("explain", "tcp_fin_timeout", "--json").json
    #expect(one.keys == keys)
    #expect(one["query"] == .object(["topics": .array([.string("tcp_fin_timeout")])]))
    #expect(one["topics"].count == 0)
    #expect(
      one["topic"].keys == [
        "name", "group", "summary", "aliases", "what", "diagram", "here", "wrong", "advice", "defined_in",
        "see_also",
      ])
    #expect(one["topic"]["here"][0].keys == ["name", "value", "note"])
    #expect(one["topic"]["wrong"][0].keys == ["belief", "truth"])
    let line = try Tool.run("explain", "tcp_fin_timeout", "--output", "jsonl")
    #expect(try line.jsonLines.map { $0["topic"]["name"].string } == ["net.ipv4.tcp_fin_timeout"])
    #expect(try line.jsonLines.map { $0["type"].string } == ["answer"])
  }

  @Test(arguments: [["explain"], ["explain", "TIME_WAIT"], ["explain", "nonesuch"]])
  func noPlainLines(arguments: [String]) throws {
    let result = try Tool.run(arguments + ["--output", "plain"])
    #expect(result.exitCode == 64)
    #expect(result.output == "")
  }

  @Test func quiet() throws {
    for typed in ["TIME_WAIT", "nonesuch"] {
      let result = try Tool.run("explain", typed, "-q")
      #expect(result.exitCode == 64, "a status that tells nothing is none")
      #expect(result.output == "" && result.errors.contains("--quiet"))
    }
  }

  @Test func severalTopics() throws {
    let both = try Tool.run("explain", "SO_REUSEADDR", "cookie")
    #expect(both.exitCode == 0)
    #expect(both.output.hasPrefix("SO_REUSEADDR  ") && both.output.contains("\n\ncookie  "))
    // A topic of several words is one.
    #expect(try Tool.run("explain", "time", "wait").output == (try Tool.run("explain", "TIME_WAIT").output))
    #expect(try Tool.run("explain", "SO_REUSEADDR", "nonesuch").exitCode == 1)
    let json = try Tool.run("explain", "SO_REUSEADDR", "cookie", "--json")
    #expect(json.exitCode == 64 && json.output == "")
  }

  // MARK: Live values

  @Test(.needs(.networkNamespaces)) func valuesAreOfThisNamespace() throws {
    try withNetworkNamespace { lab in
      func here(_ topic: String) throws -> [String: JSON] {
        let rows = try Tool.run("explain", topic, "--json").json["topic"]["here"].array ?? []
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"].string ?? "", $0["value"]) })
      }
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "17")
      #expect(try here("tcp_fin_timeout")["net.ipv4.tcp_fin_timeout"] == .int(17))
      #expect(try Tool.run("explain", "tcp_fin_timeout").output.contains("net.ipv4.tcp_fin_timeout = 17 (s;"))
      try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40010")
      #expect(try here("EADDRINUSE")["net.ipv4.ip_local_port_range"] == .string("40000 40010"))
      #expect(try here("EADDRINUSE")["net.ipv4.ip_local_reserved_ports"] == .string(""))
      #expect(
        try Tool.run("explain", "98").output.contains("net.ipv4.ip_local_reserved_ports = none"))
      try lab.sysctl("net.ipv4.ip_local_port_range", "32768 60999")
      try lab.timeWaits(count: 2)
      #expect(try here("TIME_WAIT")["TIME_WAIT now"] == .int(2))
    }
  }

  @Test func whatThisKernelLacksIsUnknown() throws {
    let output = try Tool.run("explain", "tcp_tw_recycle").output
    #expect(output.contains("net.ipv4.tcp_tw_recycle: this kernel has none (until Linux 4.11)"))
  }

  /// Most kernels do not have this one, and its value was "unknown"; what they do without it is known.
  @Test(.needs(.program("strace"))) func whatHoldsWithoutASetting() throws {
    let path = "/proc/sys/net/ipv4/tcp_tw_reuse_delay"
    let result = try Tool.command(["explain", "tcp_tw_reuse_delay"])
      .failing("open,openat:error=ENOENT", onlyAt: path).run()
    #expect(
      result.output.replacing(/\s+/, with: " ").contains(
        "net.ipv4.tcp_tw_reuse_delay: this kernel has none (it waits 1 s; since Linux 6.14)"), "\(result)")
  }

  @Test(.needs(.hiddenProc)) func withoutProc() throws {
    var command = try Tool.command(["explain", "TIME_WAIT", "--json"])
    command.hidesProc = true
    let result = try command.run()
    #expect(result.exitCode == 0)
    let rows = try result.json["topic"]["here"].array ?? []
    #expect(rows.first { $0["name"].string == "TIME_WAIT now" }?["value"].isNull == true)
    #expect(rows.first { $0["name"].string == "net.ipv4.tcp_max_tw_buckets" }?["value"].isNull == true)
  }

  // MARK: On a terminal

  @Test(arguments: [40, 60, 80, 132] as [UInt16])
  func widths(columns: UInt16) throws {
    var command = try Tool.command(["explain", "SO_REUSEPORT", "--color", "never"])
    command.terminal = (rows: 24, columns: columns)
    let lines = try command.run().output.replacing("\r\n", with: "\n").split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= min(79, Int(columns)) || $0.hasPrefix("SO_REUSEPORT") })
    #expect(lines.contains { $0.count > min(79, Int(columns)) - 14 }, "the width is used")
  }

  @Test func numbersStayWithTheirUnits() throws {
    for columns in stride(from: 40, through: 100, by: 3) {
      var command = try Tool.command(["explain", "2-msl", "--color", "never"])
      command.terminal = (rows: 24, columns: UInt16(columns))
      #expect(try command.run().output.firstMatch(of: /60\r\n *s\b/) == nil)
    }
  }
}

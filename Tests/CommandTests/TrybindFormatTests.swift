import TestSupport
import Testing

/// The answer of `trybind` in the formats for programs.
@Suite(.needs(.networkNamespaces))
struct TrybindFormatTests {
  @Test func allKeysAreThere() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, keepListener: true)
      let arguments = ["trybind", "9527", "--reuse", "--reuse-port", "--interface", "lo"]
      let json = try Tool.run(arguments + ["--json"]).json
      #expect(
        json.keys == [
          "schema_version", "command", "tool_version", "observed_at", "host", "source", "target", "trials",
          "verdict", "bindable", "helps", "prediction", "free_in_ms", "free_latest_ms", "holders",
          "flags", "other_protocols",
          "findings",
        ])
      #expect(json["prediction"].isNull, "it was tried")
      #expect(json["schema_version"].int == 1)
      #expect(json["command"].string == "trybind")
      #expect(
        json["target"]
          == .object([
            "port": .int(9527), "addresses": .array([.string("0.0.0.0"), .string("::")]),
            "reuse": .bool(true),
            "reuse_port": .bool(true), "v6_only": .bool(false), "interface": .string("lo"), "as_uid": .null,
            "after_stop": .bool(false), "taken_from": .null,
          ]))
      for trial in json["trials"].array ?? [] {
        #expect(
          trial.keys == [
            "address", "interface", "options", "v6_only", "bind", "listen", "predicted", "yours",
          ])
        #expect(trial["interface"].string == "lo")
        #expect(["ok", "fails", "depends"].contains(trial["predicted"].string))
        #expect(trial["v6_only"].isNull == (trial["address"].string == "0.0.0.0"))
        #expect(trial["listen"].isNull, "it was not asked for")
      }
      #expect(json["holders"].count == 2)
      let port = try Tool.run("port", "9527", "--all", "--json").json
      #expect(json["holders"][0].keys == port["sockets"][0].keys, "one kind of object for a socket")
    }
  }

  /// listen is tried with the server's own options only, and where bind was ok.
  @Test func listenTrials() throws {
    try withNetworkNamespace { lab in
      let free = try Tool.run("trybind", "9527", "--reuse", "--listen", "--json").json
      for trial in free["trials"].array ?? [] {
        #expect(trial["listen"] == (trial["yours"].bool == true ? .string("ok") : .null))
      }
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      let taken = try Tool.run("trybind", "9527", "--listen", "--json").json
      #expect(taken["trials"].array?.allSatisfy { $0["listen"].isNull } == true)
    }
  }

  /// A command without rows prints its document on one line.
  @Test func jsonLines() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let document = try withoutAge(Tool.run("trybind", "9527", "--json"))
      let result = try Tool.run("trybind", "9527", "--output", "jsonl")
      #expect(result.exitCode == 1)
      #expect(result.lines.count == 2)
      let line = try withoutAge(result)
      #expect(line.keys == document.keys?.union(["type"]))
      #expect(line["type"].string == "answer")
      for key in ["target", "trials", "bindable", "free_in_ms", "holders", "findings"] {
        #expect(line[key] == document[key], "\(key)")
      }
    }
  }

  /// Without how long the listener's process has run, which is more in every answer, and without when it was started, which
  /// is told from two clocks.
  private func withoutAge(_ result: CommandResult) throws -> JSON {
    var text = result.output
    for (pattern, fixed) in [
      (/running for( \d+ (?:s|min|h|d))+/, "running"), (/"started_at": ?"([-0-9T:.]+)Z"/, "\"started_at\":0"),
    ] {
      #expect(text.contains(pattern))
      text = text.replacing(pattern, with: fixed)
    }
    return try JSON(parsing: Array(text.utf8))
  }

  @Test(.needs(.ipv6)) func plain() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      let result = try Tool.run("trybind", "9527", "--reuse", "--reuse-port", "--output", "plain")
      #expect(result.exitCode == 0)
      #expect(
        result.output == """
          ::\tSO_REUSEADDR,SO_REUSEPORT\tfalse\tok\t-\tdepends\ttrue
          0.0.0.0\tSO_REUSEADDR,SO_REUSEPORT\t-\tok\t-\tdepends\ttrue
          0.0.0.0\tSO_REUSEADDR\t-\tok\t-\tdepends\tfalse
          ::\tSO_REUSEADDR\tfalse\tok\t-\tdepends\tfalse
          0.0.0.0\t-\t-\tEADDRINUSE\t-\tfails\tfalse
          ::\t-\tfalse\tEADDRINUSE\t-\tfails\tfalse

          """)
      let header = try Tool.run("trybind", "9528", "--output", "plain", "--header")
      #expect(header.lines.first == "address\toptions\tv6_only\tbind\tlisten\tpredicted\tyours")
    }
  }

  /// An address has no zone: the trial has its interface.
  @Test(.needs(.ipv6)) func addresses() throws {
    try withNetworkNamespace { lab in
      let arguments = [
        "trybind", "9527", "--address", "fe80::1%lo", "--address", "[::1]", "--address", "127.0.0.1",
      ]
      let json = try Tool.run(arguments + ["--json"]).json
      let addresses = ["fe80::1", "::1", "127.0.0.1"]
      #expect(json["target"]["addresses"].array?.map(\.string) == addresses)
      #expect(json["trials"].array?.prefix(3).map { $0["address"].string } == addresses)
      #expect(json["trials"].array?.prefix(3).map { $0["interface"].string } == ["lo", nil, nil])
      #expect(json["target"]["interface"].string == "lo")
      // Written as the kernel would write it.
      let long = try Tool.run("trybind", "9527", "--address", "0:0:0:0:0:0:0:1", "--json").json
      #expect(long["trials"][0]["address"].string == "::1")
    }
  }
}

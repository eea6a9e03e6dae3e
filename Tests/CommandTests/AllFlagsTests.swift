import Glibc
import KernelSupport
import TestSupport
import Testing

/// `--flags all`: SO_REUSEADDR, SO_REUSEPORT and IPV6_V6ONLY of every socket, by the kernel's iterator.
@Suite(.needs(.networkNamespaces), .needs(.tcpIterator))
struct AllFlagsTests {
  private static let all: [SocketOptions] = [
    .none, .init(reuseAddress: true), .init(reusePort: true), .init(reuseAddress: true, reusePort: true),
  ]

  private func words(_ options: SocketOptions) -> [String] {
    (options.reuseAddress ? ["--reuse"] : []) + (options.reusePort ? ["--reuse-port"] : [])
  }

  @Test func whatTheOldServerSet() throws {
    for options in Self.all {
      try withNetworkNamespace { lab in
        try lab.timeWait(port: 9527, options)
        try lab.finWait2Minisocket(via: .dualStackOverIPv4, port: 9528, options)
        let line = ["port", "9527-9528", "--flags", "all"]
        let json = try Tool.run(line + ["--json"]).json
        #expect(json["flags"]["asked"].string == "all" && json["flags"]["refusal"].isNull)
        let lines = try Tool.run(line + ["--output", "jsonl"]).jsonLines
        #expect(lines.first?["flags"]["asked"].string == "all")
        for records in [json["sockets"].array ?? [], lines.filter { $0["type"].string == "socket" }] {
          #expect(records.count == 2)
          for record in records {
            #expect(record["reuse_addr"].bool == options.reuseAddress)
            #expect(record["reuse_port"].bool == options.reusePort)
            #expect(record["owner_visibility"].string == "none")
          }
        }
        let table = try Tool.run(line)
        let words =
          "SO_REUSEADDR \(options.reuseAddress ? "on" : "off"), SO_REUSEPORT \(options.reusePort ? "on" : "off")"
        #expect(table.errors == "" && table.output.split(separator: "\n").count { $0.contains(words) } == 2)
        expectNarrow(table.output)
      }
    }
  }

  /// Where the flags are known the prediction is definite, and the kernel then says the same.
  @Test(.needs(.boundSockets), arguments: [Route.ipv4, .ipv6, .dualStackOverIPv4])
  func predictionsDecide(route: Route) throws {
    for old in Self.all {
      try withNetworkNamespace { lab in
        if route.needsIPv6 { try #require(lab.hasIPv6) }
        try lab.timeWait(via: route, port: 9527, old)
        for address in ["0.0.0.0", "127.0.0.1"] {
          for new in Self.all {
            let line = ["trybind", "9527", "--address", address] + words(new)
            let predicted = try Tool.run(line + ["--predict", "--flags", "all", "-q"])
            let tried = try Tool.run(line + ["-q"])
            #expect(
              predicted.exitCode == tried.exitCode, "\(route) \(words(old)) then \(address) \(words(new))")
          }
        }
      }
    }
  }

  /// "Likely" was all that could be said of an old server's options, and that only after a trial.
  @Test func theFindingIsSeen() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.makeListener(port: 9527, .init(reuseAddress: true))
      for isCleared in [true, false] {
        let connection = try lab.connect(through: listener)
        if isCleared { try connection.child.setReuseAddress(false) }
        try lab.closeInTurn(connection.child, connection.client)
      }
      listener.close()
      for more in [[], ["--reuse"]] {
        let result = try Tool.run(["trybind", "9527", "--flags", "all", "--json"] + more)
        let finding = try result.json["findings"][0]
        #expect(result.exitCode == 1)
        #expect(finding["slug"].string == "time-wait-holder-without-reuse")
        #expect(finding["certainty"].string == "certain")
        #expect(finding["because"].string?.contains("the kernel shows it") == true)
        let evidence = finding["evidence"].array?.compactMap(\.string) ?? []
        #expect(evidence.count == 1 && evidence[0].contains("SO_REUSEADDR off"), "\(evidence)")
      }
      expectNarrow(try Tool.run("trybind", "9527", "--flags", "all").output)
    }
  }

  /// One is in the iterator's lists, the other not: a process is asked for that.
  @Test(.needs(.boundSockets)) func listenersAndBoundSockets() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reuseAddress: true))
      try lab.boundOnly(port: 9528, .init(reusePort: true))
      let records = try Tool.run("port", "9527,9528", "--all", "--flags", "all", "--json").json["sockets"]
      #expect(records.count == 2)
      for record in records.array ?? [] {
        let isListener = record["state"].string == "listen"
        #expect(record["reuse_addr"].bool == isListener)
        #expect(record["reuse_port"].bool == !isListener)
        #expect(record["owners"].count == 1)
      }
    }
  }

  @Test(.needs(.boundSockets)) func afterAStop() throws {
    for options in Self.all {
      try withNetworkNamespace { lab in
        // The connection has other options than its listener, and what it leaves will have them, too.
        let connection = try lab.connect(port: 9527, options)
        try connection.child.setReuseAddress(!options.reuseAddress)
        let line = ["trybind", "9527", "--reuse", "--after-stop", "--flags", "all", "--json"]
        let json = try Tool.run(line).json
        #expect(json["prediction"]["answer"].string == (options.reuseAddress ? "fails" : "ok"))
      }
    }
  }

  /// The sockets of the namespace that was asked about, not those of the caller's.
  @Test func inAnotherNamespace() throws {
    try withNetworkNamespace { outer in
      try outer.timeWait(port: 9527, .init(reuseAddress: true))
      try withNetworkNamespace { inner in
        try inner.timeWait(port: 9527, .init(reusePort: true))
        let server = try Command("/bin/sleep", ["60"]).start()
        defer { try? server.send(signal: SIGKILL) }
        try withNetworkNamespace { _ in
          let line = ["port", "9527", "--flags", "all", "--netns", "pid:\(server.pid)", "--json"]
          let records = try Tool.run(line).json["sockets"]
          #expect(records.count == 1)
          #expect(records[0]["reuse_addr"].bool == false && records[0]["reuse_port"].bool == true)
        }
      }
    }
  }

  @Test(.needs(.otherUsers)) func aRefusalIsSaid() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      func run(_ arguments: [String]) throws -> CommandResult {
        try Tool.run(arguments + ["--flags", "all"], asUser: 65_534)
      }
      for arguments in [["port", "9527"], ["trybind", "9527"], ["port", "9527", "--source", "proc"]] {
        let text = try run(arguments)
        #expect(text.errors.contains("--flags all could not be answered"), "\(text)")
        #expect(!text.output.contains("SO_REUSEADDR off"))
        let json = try run(arguments + ["--json"]).json
        #expect(json["flags"]["asked"].string == "all" && json["flags"]["refusal"].string != nil)
      }
      let port = try run(["port", "9527", "--json"])
      #expect(port.exitCode == 0)
      #expect(try port.json["sockets"][0]["reuse_addr"].isNull)
      #expect(try port.json["flags"]["refusal"].string?.contains("CAP_BPF") == true)
      #expect(try run(["trybind", "9527", "--predict", "--reuse"]).exitCode == 69)
    }
  }

  @Test func aWatchReadsThemEachTime() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.makeListener(port: 9527)
      func leave(reuse: Bool) throws {
        let connection = try lab.connect(through: listener)
        try connection.child.setReuseAddress(reuse)
        try lab.closeInTurn(connection.child, connection.client)
      }
      try leave(reuse: false)
      let line = ["trybind", "9527", "--flags", "all", "--watch", "--interval", "100ms", "--output", "jsonl"]
      let watch = try Tool.command(line).start()
      try watch.waitForOutput(containing: "\"reuse_addr\":false")
      try leave(reuse: true)
      try watch.waitForOutput(containing: "\"reuse_addr\":true")
      try watch.send(signal: SIGTERM)
      let result = try watch.finish()
      #expect(result.errors == "", "\(result)")
    }
  }
}

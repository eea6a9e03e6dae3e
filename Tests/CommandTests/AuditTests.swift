import Glibc
import KernelSupport
import TestSupport
import Testing

/// `audit`: every listener of a namespace. Each verdict is held against that of `trybind --after-stop`.
@Suite(.needs(.networkNamespaces))
struct AuditTests {
  private static let own = "\(getpid())"
  private static let nobody: uid_t = 65_534

  private func audit(_ arguments: String..., asUser user: uid_t? = nil) throws -> CommandResult {
    try Tool.run(["audit"] + arguments, asUser: user)
  }

  /// By JSON, which has to agree with the exit status.
  private func listeners(
    _ arguments: String..., asUser user: uid_t? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [JSON] {
    let result = try Tool.run(["audit", "--json"] + arguments, asUser: user)
    let json = try result.json
    let restarts = (json["listeners"].array ?? []).compactMap { $0["restart"].string }
    let status: Int32 =
      restarts.contains("no")
      ? 1 : restarts.allSatisfy { $0 == "yes" } && json["source"]["complete"].bool == true ? 0 : 69
    #expect(result.exitCode == status, "\(result)", sourceLocation: sourceLocation)
    #expect(json["counts"]["listeners"].int == restarts.count, sourceLocation: sourceLocation)
    return json["listeners"].array ?? []
  }

  private static func findings(_ listener: JSON) -> [String] {
    listener["findings"].array?.compactMap(\.string) ?? []
  }

  /// Its output without line breaks.
  private static func words(_ result: CommandResult) -> String {
    result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: Verdicts

  @Test(.needs(.ipv6), arguments: AfterStopTests.Kind.allCases)
  func asAfterStop(kind: AfterStopTests.Kind) throws {
    for (index, options) in AfterStopTests.all.enumerated() {
      for (number, route) in Route.allCases.enumerated() {
        if getenv("TW_SLOW") == nil, (number + index) % 7 > 1 { continue }
        try withNetworkNamespace { lab in
          let stop = try AfterStopTests.serve(kind, via: route, options, in: lab)
          defer { stop() }
          let rows = try listeners("--port", "9527")
          let after = try Tool.run("trybind", "9527", "--after-stop", "--json")
          let json = try after.json
          let comment = Comment(rawValue: "\(kind) \(route) \(options): \(rows) \(after)")
          guard !json["target"]["taken_from"].isNull else {
            #expect(rows.isEmpty || kind == .pair, comment)
            return
          }
          let verdict = json["verdict"].string
          #expect(
            rows.contains { $0["restart"].string == "no" } ? verdict == "no" : verdict != "no", comment)
          #expect(rows.allSatisfy { $0["restart"].string == "yes" } == (verdict == "yes"), comment)
          // Timers go on from one command to the next.
          for row in rows where row["restart"].string == "no" {
            let (first, second) = (row["blocked_for_ms"].int, json["free_in_ms"].int)
            #expect((first == nil) == (second == nil) && first ?? 0 >= second ?? 0, comment)
          }
          for row in rows where row["restart"].string == "yes" { #expect(row["blocked_for_ms"].int == 0) }
        }
      }
    }
  }

  @Test(.needs(.boundSockets)) func whatTheTableSays() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(via: .ipv4Wildcard, port: 8080, .init(reuseAddress: true))
      let old = try lab.makeListener(via: .ipv4Wildcard, port: 9527)
      let client = lab.keep(try TCPSocket(.ipv4))
      try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
      lab.keep(try old.accept())
      let result = try audit()
      #expect(result.exitCode == 1 && result.errors == "", "\(result)")
      #expect(
        result.lines.first == "1 of 2 listeners would not come back at once after a restart.", "\(result)")
      #expect(
        result.lines[3].hasPrefix("9527 ") && result.lines[3].contains("(pid \(Self.own))"), "\(result)")
      #expect(Self.words(result).contains(" s it does not set SO_REUSEADDR "), "\(result)")
      #expect(result.output.contains("\nDo     tw-inspect trybind 9527 --after-stop\n"), "\(result)")
      expectNarrow(result.output)
      #expect(try listeners()[0]["findings"] == .array([.string("time-wait-holder-without-reuse")]))
      let whole = try audit("-v")
      #expect(whole.output.contains("SO_REUSEADDR on, SO_REUSEPORT off"), "\(whole)")
      expectNarrow(whole.output)
      old.close()
      let rest = try audit()
      #expect(rest.exitCode == 0, "\(rest)")
      #expect(rest.lines.first == "The listener would come back at once after a restart.", "\(rest)")
      #expect(try audit("-q").output == "" && audit("-q").exitCode == 0)
    }
  }

  @Test func nobodyListens() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try audit()
      #expect(result.exitCode == 0 && result.output == "Nothing listens here by TCP.\n", "\(result)")
      #expect(try audit("--port", "80,443").output == "Nothing listens on ports 80, 443 by TCP.\n")
      let unit = try audit("--unit", "tw-inspect-none")
      #expect(unit.exitCode == 0 && unit.output == "No socket of tw-inspect-none.service listens here.\n")
      #expect(unit.errors.contains("--unit tw-inspect-none.service: no process is in a unit of that name"))
      #expect(try listeners().isEmpty)
    }
  }

  /// A server that stays is in the way of one that would come back without SO_REUSEPORT; each is asked about alone.
  @Test(.needs(.program("perl"))) func anotherServerStays() throws {
    try withNetworkNamespace { lab in
      let bind = "bind($s, sockaddr_in(9527, INADDR_LOOPBACK)) or die; listen($s, 8) or die; our $keep = $s;"
      let share = "socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, 15, 1); \(bind)"
      let servers = [
        try Perl(share).start(), try Perl("\(share) setsockopt($s, SOL_SOCKET, 15, 0);").start(),
      ]
      let rows = try listeners()
      #expect(rows.map { $0["restart"].string } == ["no", "no"], "\(rows)")
      for row in rows {
        #expect(Self.findings(row) == ["listener-alive", "shared-by-reuse-port"], "\(row)")
        #expect(row["blocked_for_ms"].isNull)
      }
      let text = try audit()
      #expect(Self.words(text).contains("another listener of perl (pid "), "\(text)")
      #expect(Self.words(text).contains("2 processes share it (SO_REUSEPORT)"), "\(text)")
      withExtendedLifetime(servers) {}
    }
  }

  // MARK: Findings

  @Test(.needs(.boundSockets), .needs(.program("perl"))) func sharedByTwoProcesses() throws {
    try withNetworkNamespace { lab in
      let script =
        "socket(our $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, 15, 1); bind($s, sockaddr_in(9527, INADDR_LOOPBACK)) or die; listen($s, 8);"
      let servers = [try Perl(script).start(), try Perl(script).start()]
      for row in try listeners() {
        #expect(row["restart"].string == "yes" && Self.findings(row) == ["shared-by-reuse-port"], "\(row)")
      }
      _ = try lab.makeListener(port: 9528, .init(reusePort: true))
      _ = try lab.makeListener(port: 9528, .init(reusePort: true))
      for row in try listeners("--port", "9528") { #expect(Self.findings(row) == [], "\(row)") }
      withExtendedLifetime(servers) {}
    }
  }

  @Test func inheritedByAnotherProgram() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      var child = Command("/bin/sleep", ["30"])
      child.inherited = [try #require(listener.subject).descriptor]
      let running = try child.start()
      #expect(try listeners().map(Self.findings) == [["listener-inherited"]])
      #expect(try Self.words(audit()).contains("another program has it open, too"))
      withExtendedLifetime(running) {}
    }
  }

  @Test(.needs(.boundSockets), .needs(.program("perl"))) func ofAStoppedProcess() throws {
    try withNetworkNamespace { lab in
      let server = try Perl("our $s = server(9527);").start()
      try server.send(signal: SIGSTOP)
      try server.waitUntilStopped()
      let row = try listeners()[0]
      #expect(Self.findings(row) == ["holder-stopped"] && row["restart"].string == "yes", "\(row)")
      #expect(try Self.words(audit()).contains("its process is stopped"))
      try server.send(signal: SIGCONT)
    }
  }

  @Test(.needs(.ipv6), .needs(.program("perl"))) func theOtherNameOfLocalhost() throws {
    try withNetworkNamespace { lab in
      let other = try Perl("our $s = server(9527);").start()
      _ = try lab.makeListener(via: .ipv6, port: 9527)
      // Of one process both are meant.
      for route in [Route.ipv4, .ipv6] { _ = try lab.makeListener(via: route, port: 9528) }
      let rows = try listeners()
      #expect(rows.map { $0["local"]["port"].int } == [9527, 9527, 9528, 9528])
      #expect(rows.prefix(2).allSatisfy { Self.findings($0) == ["other-name-elsewhere"] }, "\(rows)")
      #expect(rows.suffix(2).allSatisfy { Self.findings($0) == [] }, "\(rows)")
      withExtendedLifetime(other) {}
    }
  }

  @Test func inTheEphemeralRange() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.ip_local_port_range", "9520 9600")
      _ = try lab.makeListener(port: 9527)
      #expect(try listeners().map(Self.findings) == [["port-in-ephemeral-range"]])
      #expect(try Self.words(audit()).contains("in the ephemeral range, unreserved"))
      try lab.sysctl("net.ipv4.ip_local_reserved_ports", "9527")
      #expect(try listeners().map(Self.findings) == [[]])
    }
  }

  // MARK: What is asked, and what may be seen

  @Test(.needs(.ipv6)) func narrowed() throws {
    try withNetworkNamespace { lab in
      for (route, port) in [(.ipv4, 9527), (.ipv6, 9528), (.ipv4, 9529)] as [(Route, UInt16)] {
        _ = try lab.makeListener(via: route, port: port)
      }
      func ports(_ arguments: String...) throws -> [Int] {
        try Tool.run(["audit", "--json"] + arguments).json["listeners"].array?.compactMap {
          $0["local"]["port"].int
        } ?? []
      }
      #expect(try ports() == [9527, 9528, 9529])
      #expect(try ports("--port", "9527", "--port", "9529-9600") == [9527, 9529])
      #expect(try ports("-4") == [9527, 9529] && ports("-6") == [9528])
      #expect(try ports("--limit", "1") == [9527])
      #expect(try Self.words(audit("--limit", "1")).contains("and 2 more (--limit 0: all)"))
      #expect(try ports("--netns", "pid:\(Self.own)") == ports("--netns", "pid:\(Self.own)"))
      for wrong in [
        ["--port", "0"], ["--port", "x y"], ["--unit", "a/b"], ["--unit", "1"], ["--limit", "x"],
        ["--flags", "all"], ["9527"],
      ] {
        #expect(try Tool.run(["audit"] + wrong).exitCode == 64, "\(wrong)")
      }
    }
  }

  @Test(.needs(.boundSockets), .needs(.cgroup2), .needs(.program("perl"))) func aUnit() throws {
    let name = "tw-inspect-audit-\(getpid())"
    let group = try TestCgroup("\(name).service")
    defer { group.remove() }
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9528)
      let server = try Perl("enter($ARGV[0]); our $s = server(9527);", arguments: [group.directory]).start()
      for word in [name, "\(name).service"] {
        #expect(try listeners("--unit", word).map { $0["local"]["port"].int } == [9527])
      }
      #expect(try Self.words(audit("--port", "9527")).contains(" 127.0.0.1:9527 \(name).service yes"))
      #expect(try listeners().count == 2)
      withExtendedLifetime(server) {}
    }
  }

  @Test(.needs(.otherUsers)) func hiddenFromAnotherUser() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527, .init(reuseAddress: true))
      let result = try audit(asUser: Self.nobody)
      #expect(result.exitCode == 69, "\(result)")
      #expect(
        result.lines.first == "It is not known whether the listener would come back at once after a restart.")
      #expect(result.output.contains("\nDo     sudo tw-inspect audit\n"), "\(result)")
      #expect(result.errors.hasPrefix("could not look: the options of 1 of 1 listeners could not be read"))
      let row = try listeners(asUser: Self.nobody)[0]
      #expect(row["restart"].string == "unknown" && row["blocked_for_ms"].isNull, "\(row)")
      #expect(Self.findings(row) == ["owner-hidden"])
      #expect(try audit("--flags", "none").exitCode == 69)
      #expect(try audit("-q", asUser: Self.nobody).output == "")
    }
  }

  @Test func byProc() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527, .init(reuseAddress: true))
      let result = try audit("--source", "proc", "--json")
      // It does not show what is bound and does not listen.
      #expect(result.exitCode == 69 && result.errors.contains("depends: "), "\(result)")
      let json = try result.json
      #expect(
        json["verdict"].string == "depends" && json["listeners"][0]["restart"].string == "depends",
        "\(result)")
    }
  }

  // MARK: Formats

  @Test(.needs(.boundSockets)) func formats() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527, .init(reuseAddress: true))
      let lines = try audit("--output", "jsonl").jsonLines
      #expect(lines.map { $0["type"].string } == ["snapshot", "listener", "end"])
      #expect(lines[1]["restart"].string == "yes" && lines[1]["reuse_addr"].bool == true, "\(lines)")
      #expect(lines[2]["complete"].bool == true && lines[2]["counts"]["yes"].int == 1, "\(lines)")
      let plain = try audit("--output", "plain", "--header").lines.filter { !$0.isEmpty }
      #expect(plain.count == 2 && plain[0].hasPrefix("restart\tblocked_for_ms\tlocal_address\tlocal_port"))
      #expect(plain[1].hasPrefix("yes\t0\t127.0.0.1\t9527\t-\t0\tSO_REUSEADDR\t"), "\(plain)")
      #expect(plain[0].split(separator: "\t").count == plain[1].split(separator: "\t").count)
    }
  }

  /// Two thousand listeners, on as many ports and on one, with many connections: no work grows with the square of it.
  @Test(.needs(.realTime)) func thousands() throws {
    try withNetworkNamespace { lab in
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let count = min(2000, Int(limit.rlim_cur) / 2)
      try lab.sysctl("net.ipv4.ip_local_port_range", "40000 60000")
      for index in 0..<count {
        let socket = lab.keep(
          try TCPSocket(.ipv4, .init(reuseAddress: index % 2 == 0, reusePort: index % 10 == 0)))
        try socket.bind("127.0.0.1", port: index % 10 == 0 ? 9527 : UInt16(10_000 + index))
        try socket.listen()
      }
      let start = ContinuousClock.now
      let result = try audit("--json")
      #expect(try result.exitCode == 0 && result.json["counts"]["yes"].int == count, "\(result.errors)")
      #expect(ContinuousClock.now - start < .seconds(10))
    }
  }
}

import Glibc
import TestSupport
import Testing

/// The textbook's claims as `demo` carries them out: what they come to on this kernel, whoever runs it.
@Suite(.needs(.networkNamespaces), .needs(.realTime), .ownThread)
struct DemoTests {
  private static let verdicts = [
    "holds", "holds", "holds-with-condition", "holds-with-condition", "does-not-hold", "does-not-hold",
    "holds-with-condition", "holds-with-condition",
  ]
  private static let nobody: uid_t = 65_534

  private func run(
    _ arguments: String..., exit: Int32 = 0, change: (inout Command) -> Void = { _ in }
  ) throws -> JSON {
    var command = try Tool.command(["demo"] + arguments + ["--json"])
    change(&command)
    // It takes a second or two of an idle machine. No claim waits for the end of its TIME_WAIT, which is 60 s.
    let result = try command.run(timeout: .seconds(55))
    #expect(result.exitCode == exit, "\(result)")
    #expect(result.errors == "")
    #expect(result.processorTime < .seconds(5), "\(result)")
    return try result.json
  }

  private func claim(_ number: Int) throws -> JSON {
    let document = try withNetworkNamespace { _ in try run("\(number)") }
    #expect(document["claims"].count == 1)
    let claim = document["claims"][0]
    #expect(claim["number"].int == number)
    #expect(claim["verdict"].string == Self.verdicts[number - 1])
    #expect(claim["as_known"].bool == true)
    #expect(claim["differences"].count == 0)
    return claim
  }

  private func steps(_ claim: JSON, _ kind: String) -> [JSON] {
    (claim["steps"].array ?? []).filter { $0["kind"].string == kind }
  }

  /// The states of both ends after each event, null where an end is gone.
  private func states(_ claim: JSON) -> [[String]] {
    steps(claim, "event").map { event in
      ["actor", "server", "client"].map { key in
        key == "actor" ? event[key].string ?? "" : event[key]["state"].string ?? "gone"
      }
    }
  }

  private func answers(_ claim: JSON) -> [String] {
    steps(claim, "answer").map { $0["result"].string ?? "" }
  }

  // MARK: All of them

  @Test func everythingIsAsKnown() throws {
    try withNetworkNamespace { lab in
      let document = try run()
      #expect(document["schema_version"].int == 1)
      #expect(document["command"].string == "demo")
      #expect(document["source"]["kind"].string == "netlink")
      #expect(document["source"]["complete"].bool == true)
      #expect(document["host"]["netns_inode"].int != Int(lab.inode), "it has a namespace of its own")
      let claims = try #require(document["claims"].array)
      #expect(claims.map { $0["verdict"].string } == Self.verdicts)
      #expect(claims.allSatisfy { $0["as_known"].bool == true })
      for claim in claims {
        #expect(
          claim["condition"].isNull == (claim["verdict"].string != "holds-with-condition"),
          "a condition is there where one is needed")
        #expect(claim["reason"].string?.isEmpty == false)
        #expect(claim["steps"].count ?? 0 > 0)
      }
      #expect(
        try Tool.run("port", "1-65535", "--all", "--expect", "none").exitCode == 0, "nothing is left here")
    }
  }

  /// Every key is there in every step, whatever its kind.
  @Test func stepsHaveTheSameKeys() throws {
    let keys = [
      "kind", "actor", "action", "sends", "server", "client", "given", "question", "result", "result_ms",
      "known",
    ]
    let claims = try #require(try withNetworkNamespace { _ in try run("3") }["claims"].array)
    for step in claims.flatMap({ $0["steps"].array ?? [] }) {
      #expect(step.keys?.sorted() == keys.sorted())
    }
  }

  @Test(.needs(.otherUsers), .needs(.userNamespaces)) func withoutPrivileges() throws {
    try withNetworkNamespace { lab in
      let document = try run { $0.user = Self.nobody }
      #expect(document["host"]["euid"].int == Int(Self.nobody))
      #expect(document["host"]["netns_inode"].int != Int(lab.inode))
      #expect(document["claims"].array?.map { $0["verdict"].string } == Self.verdicts)
    }
  }

  /// On the loopback device of whoever runs it, on ports that the kernel chooses; what needs sysctls is named.
  @Test func whereNoNamespaceCanBeMade() throws {
    try withNetworkNamespace { lab in
      let document = try run { $0.denials = [.unshare(EPERM)] }
      try expectAllButSysctls(document)
      #expect(document["host"]["netns_inode"].int == Int(lab.inode))
      for event in steps(document["claims"][0], "event") {
        #expect((event["server"]["port"].int ?? 0) >= 32_768, "the kernel chose it")
      }
      var command = try Tool.command(["demo"])
      command.denials = [.unshare(EPERM)]
      let text = try command.run()
      #expect(text.exitCode == 0)
      #expect(
        text.output.hasPrefix("No network namespace can be made here (unshare: Operation not permitted)"))
      #expect(text.output.contains("2 were skipped"))
      expectNarrow(text.output)
    }
  }

  @Test(.needs(.otherUsers)) func whereAnOrdinaryUserCanMakeNoNamespace() throws {
    try withNetworkNamespace { _ in
      try expectAllButSysctls(
        try run {
          $0.user = Self.nobody
          $0.denials = [.unshare(EPERM)]
        })
    }
  }

  private func expectAllButSysctls(_ document: JSON) throws {
    let claims = try #require(document["claims"].array)
    for (claim, known) in zip(claims, Self.verdicts) {
      guard [3, 8].contains(claim["number"].int ?? 0) else {
        #expect(claim["verdict"].string == known)
        #expect(claim["as_known"].bool == true)
        continue
      }
      #expect(claim["verdict"].string == "skipped")
      #expect(claim["reason"].string?.contains("net.ipv4.") == true)
      #expect(claim["steps"].count == 0)
    }
  }

  @Test(.needs(.hiddenProc)) func withoutProc() throws {
    try withNetworkNamespace { _ in
      let claims = try #require(try run { $0.hidesProc = true }["claims"].array)
      for claim in claims {
        let isSkipped = [3, 8].contains(claim["number"].int ?? 0)
        #expect((claim["verdict"].string == "skipped") == isSkipped)
      }
    }
  }

  @Test func seenThroughProc() throws {
    try withNetworkNamespace { _ in
      let document = try run("--source", "proc")
      #expect(document["source"]["kind"].string == "proc")
      #expect(document["claims"].array?.map { $0["verdict"].string } == Self.verdicts)
    }
  }

  /// A host whose table of TIME_WAIT is full keeps none, and so the claim comes out otherwise.
  @Test func otherwiseThanKnown() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.tcp_max_tw_buckets", "0")
      let document = try run("1", exit: 1) { $0.denials = [.unshare(EPERM)] }
      let claim = document["claims"][0]
      #expect(claim["verdict"].string == "does-not-hold")
      #expect(claim["as_known"].bool == false)
      #expect(claim["reason"].isNull, "what explains the known answer does not explain this one")
      #expect(claim["differences"].count ?? 0 >= 2)
      var command = try Tool.command(["demo", "1"])
      command.denials = [.unshare(EPERM)]
      let text = try command.run()
      #expect(text.exitCode == 1)
      #expect(text.output.contains("Not as expected for Linux:"))
    }
  }

  // MARK: Each of them

  @Test func serverClosesFirst() throws {
    let claim = try claim(1)
    #expect(
      states(claim) == [
        ["client", "established", "established"], ["server", "fin-wait-2", "close-wait"],
        ["client", "time-wait", "gone"],
      ])
    #expect(answers(claim) == ["EADDRINUSE", "EADDRINUSE", "EADDRINUSE", "ok"])
    #expect((59_000...60_000).contains(steps(claim, "event")[2]["server"]["expires_ms"].int ?? 0))
  }

  @Test func clientClosesFirst() throws {
    let claim = try claim(2)
    #expect(
      states(claim) == [
        ["client", "established", "established"], ["client", "close-wait", "fin-wait-2"],
        ["server", "gone", "time-wait"],
      ])
    #expect(answers(claim) == ["ok", "ok", "EADDRINUSE", "EADDRINUSE"])
  }

  @Test func lifetime() throws {
    let claim = try claim(3)
    let times = steps(claim, "answer").map { $0["result_ms"].int ?? 0 }
    #expect(times.count == 4)
    for (time, known) in zip(times, [60_000, 60_000, 5_000, 60_000]) {
      #expect((known - 1_000...known).contains(time))
    }
    #expect(steps(claim, "answer").allSatisfy { $0["result"].isNull })
  }

  @Test(.needs(.slow))
  func lifetimeWaitedOut() throws {
    try withNetworkNamespace { _ in
      let result = try Tool.run("demo", "3", "--full", "--json", timeout: .seconds(90))
      #expect(result.exitCode == 0, "\(result)")
      let last = steps(try result.json["claims"][0], "answer").last
      #expect((59_900...66_000).contains(last?["result_ms"].int ?? 0))
    }
  }

  @Test func reuseAddressOfBothSides() throws {
    let claim = try claim(4)
    #expect(
      steps(claim, "answer").map { $0["given"].array?.compactMap(\.string) ?? [] } == [
        ["old server: off", "new server: off"], ["old server: off", "new server: on"],
        ["old server: on", "new server: off"], ["old server: on", "new server: on"],
      ])
    #expect(answers(claim) == ["EADDRINUSE", "EADDRINUSE", "EADDRINUSE", "ok"])
  }

  @Test func everyState() throws {
    let claim = try claim(5)
    let rows = steps(claim, "answer").map { step in
      "\(step["given"][0].string ?? ""), \(step["question"].string ?? ""): \(step["result"].string ?? "")"
    }
    let states = [
      "BOUND", "LISTEN", "SYN_SENT", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2", "CLOSING",
      "LAST_ACK", "TIME_WAIT",
    ]
    let hidden = try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9527)
      return try Tool.run("port", "9527", "--all", "--expect", "some").exitCode == 1
    }
    #expect(
      rows
        == states.flatMap { state in
          let shown = state == "BOUND" && hidden ? "not listed" : state
          return [
            "old socket: \(shown), plain: EADDRINUSE",
            "old socket: \(shown), SO_REUSEADDR: \(state == "LISTEN" ? "EADDRINUSE" : "ok")",
          ]
        })
  }

  @Test func severalServices() throws {
    let claim = try claim(6)
    #expect(answers(claim) == ["ok", "EADDRINUSE", "EADDRINUSE", "ok"])
    #expect(steps(claim, "answer").allSatisfy { $0["given"][0].string?.hasSuffix(" LISTEN") == true })
  }

  @Test func takeover() throws {
    let claim = try claim(7)
    #expect(
      states(claim) == [
        ["client", "established", "established"], ["server", "fin-wait-2", "close-wait"],
        ["client", "time-wait", "gone"], ["client", "established", "established"],
      ])
    var answers = answers(claim)
    try #require(answers.count == 5)
    // Kernels before 6.10 begin anywhere, and were called unlike Linux for it.
    let jump = answers.remove(at: 2)
    #expect(Int(jump) != nil && steps(claim, "answer")[2]["known"].isNull)
    #expect(answers == ["ok", "ESTABLISHED", "ECONNREFUSED", "gone"])
    let clients = steps(claim, "event").map { $0["client"]["port"].int }
    #expect(Set(clients).count == 1, "the same 4-tuple")
  }

  @Test func reuseSysctl() throws {
    let claim = try claim(8)
    #expect(
      answers(claim) == [
        "EADDRNOTAVAIL", "EADDRNOTAVAIL", "EADDRINUSE", "EADDRNOTAVAIL", "ok", "EADDRINUSE",
        "EADDRNOTAVAIL", "ok", "EADDRINUSE",
      ])
  }

  // MARK: Formats

  @Test func formats() throws {
    try withNetworkNamespace { _ in
      let plain = try Tool.run("demo", "--output", "plain", "--header")
      #expect(plain.exitCode == 0)
      let lines = plain.lines.dropLast().map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
      #expect(lines.first == ["number", "verdict", "condition", "claim"])
      #expect(lines.dropFirst().map { String($0[1]) } == Self.verdicts)
      #expect(lines.allSatisfy { $0.count == 4 })
      let typed = try Tool.run("demo", "4", "--output", "jsonl").jsonLines
      #expect(typed.map { $0["type"].string } == ["snapshot", "claim", "end"])
      #expect(typed[1]["number"].int == 4)
      #expect(typed[2]["counts"]["claims"].int == 1)
      #expect(typed[2]["complete"].bool == true)
      let quiet = try Tool.run("demo", "4", "-q")
      #expect(quiet.exitCode == 0)
      #expect(quiet.output + quiet.errors == "")
      let verbose = try Tool.run("demo", "4", "-q", "-vv")
      #expect(verbose.errors.contains("looks at the socket table"))
    }
  }

  /// Nothing is done, and nobody needs a namespace for it.
  /// It printed the command that releases the demo's port, and that would have released the reader's.
  @Test(.needs(.networkNamespaces)) func advisesNothingForTheHost() throws {
    let result = try withNetworkNamespace { _ in try Tool.run("demo") }
    #expect(result.output.hasPrefix("All of this happens in a network namespace of its own."))
    #expect(result.output.contains("\nDo      - "))
    for command in ["tw-inspect release", "tw-inspect wait"] { #expect(!result.output.contains(command)) }
  }

  @Test func list() throws {
    var command = try Tool.command(["demo", "--list"])
    command.denials = [.unshare(EPERM), .socket(AF_INET, EACCES), .socket(AF_NETLINK, EACCES)]
    let text = try command.run()
    #expect(text.exitCode == 0)
    for number in 1...8 { #expect(text.output.contains("\n\(number)  \"") || number == 1) }
    expectNarrow(text.output)
    let claims = try Tool.run("demo", "--list", "--json").json["claims"]
    #expect(claims.count == 8)
    #expect(claims.array?.allSatisfy { $0["verdict"].isNull && $0["steps"].count == 0 } == true)
  }

  /// At any width nothing is broken off, and no line is longer than it must be.
  @Test(arguments: [40, 60, 80, 120] as [UInt16]) func onATerminal(columns: UInt16) throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(["demo", "--color", "never"])
      command.terminal = (rows: 24, columns: columns)
      let result = try command.run()
      #expect(result.exitCode == 0)
      let lines = result.output.replacing("\r\n", with: "\n").split(separator: "\n")
      let claims = lines.drop { !$0.hasPrefix("1  ") }.prefix { !$0.hasPrefix("Try it on this host") }
      #expect(claims.count > 100)
      for line in claims { #expect(line.count <= max(40, columns), "\(line)") }
    }
  }
}

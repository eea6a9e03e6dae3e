import TestSupport
import Testing

/// What an answer asks of the host, and in which order things are told.
@Suite(.needs(.networkNamespaces))
struct InvestigationTests {
  /// How often the table of sockets was asked for.
  private func looks(_ arguments: String...) throws -> Int {
    Self.looks(in: try Tool.run(arguments + ["-vv"]))
  }

  /// How often the TCP sockets were looked at. UDP is asked about once, whatever the answer takes.
  private static func looks(in result: CommandResult) -> Int {
    let looks = result.errors.split(separator: "\n").filter { $0.contains("sock_diag TCPDIAG_GETSOCK") }
    let ofUDP = looks.count { $0.contains("TCPDIAG_GETSOCK, UDP,") }
    #expect(ofUDP == 1, "\(result.errors)")
    return looks.count - ofUDP
  }

  // MARK: Once

  /// It was two looks at least where SO_REUSEADDR helps, which is the commonest answer.
  @Test(arguments: [[], ["--reuse"], ["--json"], ["-4"], ["--predict"], ["--matrix"]])
  func oneLookIsEnoughForATimeWait(options: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, SocketOptions(reuseAddress: true))
      let result = try Tool.run(["trybind", "9527", "-vv"] + options)
      let looks = Self.looks(in: result)
      // With SO_REUSEPORT among the trials their order depends on a look.
      #expect(looks == (options == ["--matrix"] ? 2 : 1), "\(result.errors)")
    }
  }

  @Test func oneLookIsEnoughForAListenerAndForAFreePort() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      #expect(try looks("trybind", "9527") == 1)
      #expect(try looks("trybind", "9528") == 1)
      #expect(try looks("port", "9527") == 1)
    }
  }

  /// Few trials: each takes the port for an instant.
  @Test func asFewTrialsAsTheExplanationNeeds() throws {
    func trials() throws -> String? {
      try Tool.run("trybind", "9527", "-vv").errors.split(separator: "\n")
        .first { $0.contains("sockets made, tried and closed") }.map(String.init)
    }
    try withNetworkNamespace { lab in
      #expect(try trials() == "tw-inspect: 4 sockets made, tried and closed")
      try lab.timeWait(port: 9527, SocketOptions(reuseAddress: true))
      // The refused ones are confirmed behind the look.
      #expect(try trials() == "tw-inspect: 6 sockets made, tried and closed")
    }
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      #expect(try trials() == "tw-inspect: 4 sockets made, tried and closed")
    }
  }

  // MARK: Contradictions first

  /// A namespace that does not exist used to be told of first, and hid what was wrong with the rest.
  @Test(arguments: [
    (["port", "9527", "--all", "--state", "listen"], "--all and --state"),
    (["port", "9527", "-4", "-6"], "-4 and -6"),
    (["port", "9527", "--watch", "--json"], "--watch with json"),
    (["trybind", "9527", "--matrix", "--watch"], "--matrix with --watch"),
    (["trybind", "9527", "--address", "localhost"], "--address 'localhost'"),
    (["trybind", "99999"], "port '99999'"), (["wait", "9527", "--timeout", "soon"], "--timeout 'soon'"),
    (["release", "0", "--yes"], "port '0'"),
  ])
  func contradictionsAreToldBeforeTheHostIsAsked(arguments: [String], complaint: String) throws {
    let result = try Tool.run(arguments + ["--netns", "nonesuch"])
    #expect(result.exitCode == 64)
    #expect(result.errors.contains(complaint), "\(result.errors)")
    #expect(!result.errors.contains("nonesuch"))
  }

  // MARK: Sockets that are only bound

  /// The listing binds a socket of its own to learn whether the kernel lists such. Where every port was taken it could
  /// not, and said that bound sockets cannot be listed here.
  @Test func aWitnessIsFoundWhereThePortsAreUsedUp() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
      try lab.listener(port: 40_000)
      try lab.listener(port: 40_001)
      let spots = try Tool.run("port", "40000", "--json").json["source"]["blind_spots"]
      let roomy = try withNetworkNamespace { _ in
        try Tool.run("port", "40000", "--json").json["source"]["blind_spots"]
      }
      #expect(spots.array?.map(\.string) == roomy.array?.map(\.string))
    }
  }

  /// Where the host's counts say that no socket can be only bound, they are not walked for; one that is there is seen.
  @Test(arguments: ["9527", "9000-9999", "9527,9600"])
  func aBoundSocketIsNeverTakenForNone(ports: String) throws {
    try withNetworkNamespace { lab in
      let none = try Tool.run("port", ports, "--json").json
      #expect(none["counts"]["by_state"]["bound"].int == nil)
      try lab.boundOnly(port: 9527)
      let document = try Tool.run("port", ports, "--json").json
      let isBlind = document["source"]["blind_spots"].array?.contains { $0.string == "bound-not-listening" }
      #expect(document["counts"]["by_state"]["bound"].int == 1 || isBlind == true)
    }
  }

  // MARK: A watch is a sequence of answers

  /// With --flags live a look said "fails" where a watch of the same said "depends".
  @Test func aWatchPredictsAsOneLookDoes() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let options = ["trybind", "9527", "--reuse-port", "--flags", "live"]
      let one = try Tool.run(options + ["--json"]).json
      let running = try Tool.command(options + ["--watch", "--interval", "100ms", "--output", "jsonl"])
        .start()
      try running.waitForOutput { $0.split(separator: "\n").count >= 2 }
      try running.send(signal: 2)
      let lines = try running.finish(timeout: .seconds(5)).jsonLines
      func predictions(_ document: JSON) -> [String?] {
        document["trials"].array?.filter { $0["yours"].bool == true }.map { $0["predicted"].string } ?? []
      }
      for line in lines { #expect(predictions(line) == predictions(one)) }
    }
  }

  /// A watch went on telling of settings as they were at its start.
  @Test func aWatchReadsTheSettingsAgain() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 40_000)
      let running = try Tool.command(
        ["trybind", "40000", "--watch", "--interval", "100ms", "--output", "jsonl"]
      ).start()
      func waitForLine(_ condition: (Substring) -> Bool) throws {
        // The last one may not be whole.
        try running.waitForOutput { output in
          output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last.map(condition)
            == true
        }
      }
      try waitForLine { $0.contains("port-in-ephemeral-range") }
      try lab.sysctl("net.ipv4.ip_local_reserved_ports", "40000")
      try waitForLine { !$0.contains("port-in-ephemeral-range") }
    }
  }
}

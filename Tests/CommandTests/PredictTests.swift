import Glibc
import KernelSupport
import TestSupport
import Testing

/// `trybind --predict`: what the table says, against what bind(2) says.
@Suite(.needs(.networkNamespaces))
struct PredictTests {
  /// Whoever binds is refused; the answer comes all the same.
  @Test func bindsNothing() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      for more in [["--predict"], ["--predict", "--matrix"], ["--after-stop"]] {
        var command = try Tool.command(["trybind", "9527", "--json"] + more)
        command.denials = [.bindIPv4(EPERM), .bindIPv6(EPERM), .listen(EPERM)]
        let result = try command.run()
        #expect(result.exitCode == 1, "\(result)")
        let json = try result.json
        #expect(json["bindable"].bool == false)
        for trial in json["trials"].array ?? [] { #expect(trial["bind"].isNull && trial["listen"].isNull) }
        // Without a socket of its own it cannot tell whether bound ones are listed.
        #expect(json["source"]["blind_spots"].array?.contains(.string("bound-not-listening")) == true)
        #expect(json["free_in_ms"].isNull)
      }
    }
  }

  @Test(.needs(.boundSockets)) func theThreeAnswers() throws {
    try withNetworkNamespace { lab in
      func expect(_ more: [String], _ status: Int32, _ answer: String, _ certainty: String, _ on: [String])
        throws
      {
        let result = try Tool.run(["trybind", "9527", "--predict", "--json"] + more)
        let json = try result.json
        #expect(result.exitCode == status, "\(more)")
        #expect(result.errors.isEmpty == (status != 69), "\(more)")
        #expect(status != 69 || result.errors.hasPrefix("depends: "), "\(result)")
        #expect(json["verdict"].string == (status == 0 ? "yes" : status == 1 ? "no" : "depends"))
        #expect(
          json["prediction"]
            == .object([
              "answer": .string(answer), "certainty": .string(certainty),
              "depends_on": .array(on.map(JSON.string)),
            ]), "\(more)")
        #expect(json["bindable"] == (status == 69 ? .null : .bool(status == 0)))
        #expect(try Tool.run(["trybind", "9527", "--predict", "-q"] + more).exitCode == status)
        let table = try Tool.run(["trybind", "9527", "--predict"] + more)
        let word = status == 0 ? "Yes." : status == 1 ? "No." : "It depends."
        #expect(table.exitCode == status && table.lines.contains { $0.hasPrefix(word) }, "\(table)")
        expectNarrow(table.output)
      }
      // In a small hash a dump can miss a socket. Where nothing tells its size it counts as small.
      let hash = (try? lab.sysctl("net.ipv4.tcp_ehash_entries")).flatMap { Int($0) }.map(abs) ?? 0
      let certainlyFree = hash < 65_536 ? "likely" : "certain"
      try expect([], 0, "ok", certainlyFree, [])
      try expect(["--address", "192.0.2.7"], 0, "ok", "likely", [])
      try expect(["--interface", "gone0"], 1, "fails", "certain", [])
      try lab.timeWait(port: 9527)
      try expect([], 1, "fails", "certain", [])
      try expect(["--reuse"], 69, "depends", "possible", ["SO_REUSEADDR"])
      try expect(["--reuse-port"], 69, "depends", "possible", ["SO_REUSEPORT"])
      try expect(["--reuse", "--reuse-port"], 69, "depends", "possible", ["SO_REUSEADDR", "SO_REUSEPORT"])
      try expect(["--address", "127.0.0.2"], 0, "ok", certainlyFree, [])
      // An ordinary trial predicts nothing about itself.
      #expect(try Tool.run("trybind", "9527", "--json").json["prediction"].isNull)
      // The words: nothing was bound, and what that leaves open.
      let text = try Tool.run("trybind", "9527", "--predict", "--address", "127.0.0.2").output
      #expect(text.contains("nothing was bound") && text.contains("whether the address is local"))
    }
  }

  /// /proc does not list a socket that is bound and does not listen: "Yes" was told of a port that one held.
  @Test(arguments: [["--predict", "--source", "proc"], ["--after-stop", "--source", "proc"], ["--predict"]])
  func whatIsNotListedIsNotFree(_ options: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9997)
      var command = try Tool.command(["trybind", "9997"] + options + ["--json"])
      if !options.contains("--source") { command.denials = [.socket(AF_NETLINK, EPERM)] }
      let result = try command.run()
      let json = try result.json
      #expect(result.exitCode == 69, "\(result)")
      #expect(result.errors.contains("\ndepends: "))
      #expect(json["verdict"].string == "depends")
      #expect(json["bindable"].isNull && json["free_in_ms"].isNull)
      #expect(json["prediction"]["depends_on"] == .array([.string("bound-not-listening")]))
      #expect(json.slugs == ["bound-not-listening"])
      command.arguments.removeLast()
      #expect(try command.run().lines.contains { $0.hasPrefix("It depends. ") })
    }
  }

  @Test(.needs(.boundSockets), .needs(.otherUsers)) func aPrivilegedPort() throws {
    try withNetworkNamespace { lab in
      let result = try Tool.run("trybind", "80", "--predict", "--json", asUser: 65_534)
      #expect(result.exitCode == 1)
      #expect(try result.json["findings"][0]["slug"].string == "privileged-port")
      #expect(try result.json["trials"][0]["predicted"].string == "fails")
      // To predict for another user takes no privilege.
      let other = try Tool.run("trybind", "80", "--predict", "--as-user", "1", "--json", asUser: 65_534)
      #expect(try other.exitCode == 1 && other.json["target"]["as_uid"].int == 1)
      #expect(try Tool.run("trybind", "80", "--predict", "--as-user", "nobody").exitCode == 1)
      #expect(try Tool.run("trybind", "80", "--predict").exitCode == 0)
      try lab.sysctl("net.ipv4.ip_unprivileged_port_start", "80")
      #expect(try Tool.run("trybind", "80", "--predict", asUser: 65_534).exitCode == 0)
    }
  }

  private static let seeds: [UInt64] = {
    if let given = getenv("TW_SEED").flatMap({ UInt64(String(cString: $0)) }) { return [given] }
    return (0..<(getenv("TW_SLOW") == nil ? 8 : 300)).map { _ in UInt64.random(in: 1..<1_000_000) }
  }()

  /// ok is ok, fails is refused (save what SO_REUSEPORT may be remembered to allow), depends is either; with the options
  /// of what processes hold read, and without, by netlink and by /proc.
  @Test(.needs(.ipv6), arguments: seeds)
  func neverContradictsTheKernel(seed: UInt64) throws {
    var random = TrybindRandomTests.Generator(state: seed)
    let crowd = (0..<Int.random(in: 1...4, using: &random)).map { _ in TrybindRandomTests.Member(&random) }
      .sorted { $0.kind.rawValue < $1.kind.rawValue }
    try withNetworkNamespace { lab in
      for member in crowd { _ = try member.join(lab) }
      let line = ["trybind", "9527", "--predict", "--matrix", "--json"]
      let answers = try [
        [], ["--flags", "live"], ["--source", "proc"], ["--source", "proc", "--flags", "live"],
      ]
      .map { try Tool.run(line + $0).json }
      for (index, json) in answers.enumerated() {
        #expect(json["trials"].count == 20, "TW_SEED=\(seed)")
        let isBlind = json["source"]["blind_spots"].array?.contains(.string("bound-not-listening")) == true
        try KernelCells(json).compare(
          "TW_SEED=\(seed) \(crowd), run \(index)",
          missesHolders: isBlind && crowd.contains { $0.kind == .bound })
      }
    }
  }
}

/// The cells of a comparison, and bind(2) beside them.
struct KernelCells {
  struct Cell {
    let server: Server
    let predicted: String
    let bind: String?
  }

  let cells: [Cell]

  init(_ json: JSON, port: UInt16 = 9527) {
    cells = (json["trials"].array ?? []).map { trial in
      let options = trial["options"].array?.compactMap(\.string) ?? []
      var server = Server(port: port)
      server.addresses = [trial["address"].string ?? "?"]
      server.reuse = options.contains("SO_REUSEADDR")
      server.reusePort = options.contains("SO_REUSEPORT")
      server.v6Only = trial["v6_only"].bool ?? false
      return Cell(server: server, predicted: trial["predicted"].string ?? "?", bind: trial["bind"].string)
    }
  }

  /// Binds for real what was predicted. With SO_REUSEPORT last: a bind with it that succeeds can turn later answers.
  /// `missesHolders`: the look does not show all that is there, so an ok is likely and no more.
  func compare(
    _ comment: String, missesHolders: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for cell in cells.filter({ !$0.server.reusePort }) + cells.filter({ $0.server.reusePort }) {
      let kernel = try cell.server.start()[0].bind
      let isConsistent =
        switch cell.predicted {
        case "ok": kernel == "ok" || missesHolders && kernel == "EADDRINUSE"
        case "fails": kernel == "EADDRINUSE" || cell.server.reusePort && kernel == "ok"
        case "depends":
          kernel == "ok" || kernel == "EADDRINUSE"
        default: false
        }
      #expect(
        isConsistent, "\(comment): \(cell.server), predicted \(cell.predicted), is \(kernel)",
        sourceLocation: sourceLocation)
    }
  }

  var decided: Int { cells.count { $0.predicted != "depends" } }
}

import Glibc
import KernelSupport
import TestSupport
import Testing

/// `trybind --matrix`: each cell is what the kernel says to that bind alone, and nothing is left behind.
@Suite(.needs(.networkNamespaces))
struct MatrixTests {
  private static let all: [SocketOptions] = [
    .none, .init(reuseAddress: true), .init(reusePort: true), .init(reuseAddress: true, reusePort: true),
  ]

  /// The bind answers of an address, in the order of the columns.
  private func row(_ json: JSON, _ address: String, v6Only: Bool? = nil) -> [String] {
    let names = [[], ["SO_REUSEADDR"], ["SO_REUSEPORT"], ["SO_REUSEADDR", "SO_REUSEPORT"]]
    return names.map { options in
      json["trials"].array?.first {
        $0["address"].string == address && $0["options"] == .array(options.map(JSON.string))
          && (v6Only == nil || $0["v6_only"].bool == v6Only)
      }?["bind"].string ?? "nothing"
    }
  }

  @Test(.needs(.ipv6), arguments: [Route.ipv4Wildcard, .ipv6OnlyWildcard, .dualStackOverIPv4])
  func theRules(route: Route) throws {
    for (old, options) in Self.all.enumerated() {
      let expected = (0..<4).map { old & $0 != 0 ? "ok" : "EADDRINUSE" }
      let listening = (0..<4).map { old & $0 & 2 != 0 ? "ok" : "EADDRINUSE" }
      try withNetworkNamespace { lab in
        try lab.timeWait(via: route, port: 9527, options)
        let json = try Tool.run("trybind", "9527", "--matrix", "--json").json
        #expect(json["trials"].count == 20)
        let address = route == .ipv6OnlyWildcard ? "::1" : "127.0.0.1"
        #expect(row(json, address) == expected, "\(route) \(options)")
        #expect(row(json, "::", v6Only: false) == expected, "\(route) \(options)")
      }
      try withNetworkNamespace { lab in
        try lab.listener(via: route, port: 9527, options)
        let json = try Tool.run("trybind", "9527", "--matrix", "--json").json
        let addresses = [
          ("0.0.0.0", route != .ipv6OnlyWildcard), ("127.0.0.1", route != .ipv6OnlyWildcard),
          ("::1", route != .ipv4Wildcard),
        ]
        for (address, overlaps) in addresses {
          #expect(
            row(json, address) == (overlaps ? listening : [String](repeating: "ok", count: 4)),
            "\(route) \(options) \(address)")
        }
      }
    }
  }

  private static let seeds: [UInt64] = {
    if let given = getenv("TW_SEED").flatMap({ UInt64(String(cString: $0)) }) { return [given] }
    return (0..<(getenv("TW_SLOW") == nil ? 3 : 100)).map { _ in UInt64.random(in: 1..<1_000_000) }
  }()

  /// Each cell in a namespace of its own, where nothing was bound before; and after the comparison the port answers as
  /// it did before it.
  @Test(.needs(.ipv6), arguments: seeds)
  func nothingIsLeftBehind(seed: UInt64) throws {
    var random = TrybindRandomTests.Generator(state: seed)
    let crowd = (0..<Int.random(in: 1...3, using: &random)).map { _ in TrybindRandomTests.Member(&random) }
      .sorted { $0.kind.rawValue < $1.kind.rawValue }
    func inCrowd<Result>(_ body: () throws -> Result) throws -> Result {
      try withNetworkNamespace { lab in
        for member in crowd { _ = try member.join(lab) }
        return try body()
      }
    }
    let json = try inCrowd { try Tool.run("trybind", "9527", "--matrix", "--json").json }
    let cells = KernelCells(json).cells
    #expect(cells.count == 20)
    let plain = cells.filter { !$0.server.reusePort }
    let truth = try inCrowd { try plain.map { try $0.server.start()[0].bind } }
    #expect(truth == plain.map { $0.bind ?? "null" }, "TW_SEED=\(seed) \(crowd)")
    for cell in cells where cell.server.reusePort {
      let alone = try inCrowd { try cell.server.start()[0].bind }
      // What the kernel remembered before of SO_REUSEPORT, a plain bind that succeeds makes it forget: then it answers
      // by the rules.
      func isRight(_ answer: String?) -> Bool {
        answer == alone || cell.predicted != "ok" && alone == "ok" && answer == "EADDRINUSE"
      }
      #expect(isRight(cell.bind), "TW_SEED=\(seed) \(crowd) \(cell.server)")
      // After it, in a namespace where the comparison was made.
      guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
      let later = try inCrowd {
        try Tool.run("trybind", "9527", "--matrix", "-q")
        return try cell.server.start()[0].bind
      }
      #expect(isRight(later), "TW_SEED=\(seed) \(crowd), after the comparison: \(cell.server)")
    }
  }

  @Test(.needs(.ipv6)) func thePicture() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4, port: 952)
      let result = try Tool.run("trybind", "952", "--matrix", "--reuse")
      #expect(result.exitCode == 1)
      #expect(result.output.hasPrefix("No. "))
      let lines = Array(result.lines.drop { !$0.isEmpty }.dropFirst())
      let headings = lines[0].split(separator: " ").map(String.init)
      #expect(headings == ["none", "SO_REUSEADDR", "(yours)", "SO_REUSEPORT", "both"])
      let row = try #require(lines.first { $0.hasPrefix("127.0.0.1:952") })
      #expect(row.split(separator: " ").count(where: { $0 == "EADDRINUSE" }) == 4)
      #expect(row.split(separator: " ").count(where: { $0 == "1" }) == 4)
      #expect(lines.contains { $0.hasPrefix("[::]:952 V6ONLY") && !$0.contains("EADDRINUSE") })
      #expect(lines.contains { $0.hasPrefix("1   127.0.0.1:952  LISTEN") })
      expectNarrow(result.output)
      // Where more digits do not fit, the port is left out.
      try lab.listener(via: .ipv4, port: 59_527)
      let narrow = try Tool.run("trybind", "59527", "--matrix", "--reuse")
      #expect(narrow.lines.contains { $0.hasPrefix("127.0.0.1    ") && $0.hasSuffix("EADDRINUSE 1") })
      expectNarrow(narrow.output)
    }
  }

  @Test(.needs(.boundSockets), .needs(.ipv6)) func whichRows() throws {
    try withNetworkNamespace { lab in
      func rows(_ more: String...) throws -> [String] {
        let json = try Tool.run(["trybind", "9527", "--matrix", "--json"] + more).json
        let trials = json["trials"].array ?? []
        let rows = trials.filter { $0["options"].count == 0 }.map {
          ($0["address"].string ?? "?")
            + ($0["address"].string == "::" && $0["v6_only"].bool == true ? " only" : "")
        }
        #expect(trials.count == 4 * rows.count, "\(more)")
        return rows.sorted()
      }
      #expect(try rows() == ["0.0.0.0", "127.0.0.1", "::", ":: only", "::1"])
      #expect(try rows("-4") == ["0.0.0.0", "127.0.0.1"])
      #expect(try rows("-6") == ["::", ":: only", "::1"])
      #expect(try rows("--v6-only") == ["0.0.0.0", "127.0.0.1", "::", ":: only", "::1"])
      #expect(try rows("--address", "127.0.0.5") == ["127.0.0.5"])
      #expect(try rows("--address", "127.0.0.5", "--address", "::1") == ["127.0.0.5", "::1"])
      let predicted = try Tool.run("trybind", "9527", "--matrix", "--predict", "--json").json
      #expect(
        predicted["trials"].array?.allSatisfy { $0["bind"].isNull && $0["predicted"].string == "ok" } == true)
      #expect(try Tool.run("trybind", "0", "--matrix").exitCode == 0)
      #expect(try Tool.run("trybind", "9527", "--matrix", "--output", "plain").lines.count == 21)
    }
  }

  @Test func depends() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try Tool.run("trybind", "9527", "-4", "--matrix", "--predict", "--reuse")
      #expect(result.exitCode == 69)
      #expect(result.lines.contains { $0.hasPrefix("127.0.0.1:9527") && $0.contains("depends 1") })
      #expect(result.lines.contains { $0.hasPrefix("1   127.0.0.1:9527 - 127.0.0.1") })
      expectNarrow(result.output)
    }
  }
}

import Glibc
import TestSupport
import Testing

/// Random crowds of sockets on one port, and random servers. Which findings come is not foreseen here; but no answer
/// may contradict bind(2), nor the rules the kernel.
@Suite(.needs(.networkNamespaces))
struct TrybindRandomTests {
  /// SplitMix64, so that a failure can be made again from its seed.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  /// One socket of the crowd.
  struct Member: CustomStringConvertible {
    /// In the order in which they can join: two listeners at once would share the connections between them.
    enum Kind: Int, CaseIterable { case timeWait, finWait2, established, orphan, closeWait, bound, listener }

    let kind: Kind
    let route: Route
    let options: SocketOptions

    var description: String {
      "\(kind) \(route)\(options.reuseAddress ? " reuse" : "")\(options.reusePort ? " reuse-port" : "")"
    }

    init(_ random: inout Generator) {
      kind = Kind.allCases.randomElement(using: &random) ?? .bound
      route = Route.allCases.randomElement(using: &random) ?? .ipv4
      options = SocketOptions(reuseAddress: .random(using: &random), reusePort: .random(using: &random))
    }

    /// False where the kernel does not let it join those who are there.
    func join(_ lab: Lab) throws -> Bool {
      do {
        switch kind {
        case .listener: try lab.listener(via: route, port: 9527, options)
        case .bound: try lab.boundOnly(via: route, port: 9527, options)
        case .timeWait: try lab.timeWait(via: route, port: 9527, options)
        case .finWait2: try lab.finWait2Minisocket(via: route, port: 9527, options)
        case .established: try lab.established(via: route, port: 9527, options)
        case .orphan: try lab.finWait1(via: route, port: 9527, options, orphan: true)
        case .closeWait: try lab.closeWait(via: route, port: 9527, options)
        }
        return true
      } catch let error as SystemCallError where error.call == "bind" || error.call == "listen" {
        return false
      }
    }
  }

  private func server(_ random: inout Generator) -> Server {
    let all = ["0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:127.0.0.1"]
    var server = Server()
    server.addresses = (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in
      all.randomElement(using: &random)
    }
    server.reuse = .random(using: &random)
    server.reusePort = Int.random(in: 0..<4, using: &random) == 0
    let isIPv6 = server.addresses.allSatisfy { $0.contains(":") && !$0.contains("ffff") }
    server.v6Only = isIPv6 && .random(using: &random)
    return server
  }

  private static let seeds: [UInt64] = {
    if let given = getenv("TW_SEED").flatMap({ UInt64(String(cString: $0)) }) { return [given] }
    let count = getenv("TW_SLOW") == nil ? 12 : 300
    return (0..<count).map { _ in UInt64.random(in: 1..<1_000_000) }
  }()

  @Test(.needs(.ipv6), arguments: seeds)
  func neverContradictsTheKernel(seed: UInt64) throws {
    var random = Generator(state: seed)
    let crowd = (0..<Int.random(in: 1...4, using: &random)).map { _ in Member(&random) }
      .sorted { $0.kind.rawValue < $1.kind.rawValue }
    let servers = (0..<4).map { _ in server(&random) }
    var said: [(server: Server, yours: [String], json: JSON)] = []
    var joined: [Bool] = []
    try withNetworkNamespace { lab in
      joined = try crowd.map { try $0.join(lab) }
      for server in servers {
        let result = try Tool.run(server.arguments + ["--json"])
        let json = try result.json
        #expect(result.exitCode == (json["bindable"].bool == true ? 0 : 1))
        let yours = json["trials"].array?.filter { $0["yours"].bool == true } ?? []
        said.append(
          (server, yours.map { "\($0["address"].string ?? "?") \($0["bind"].string ?? "?")" }.sorted(), json))
      }
      for (server, yours, json) in said where !server.reusePort {
        let truth = try server.start().map { "\($0.address) \($0.bind)" }.sorted()
        #expect(yours == truth, "TW_SEED=\(seed) \(crowd) \(joined) \(server)")
        try expectHelpIsTrue(json, server, "TW_SEED=\(seed) \(crowd) \(joined) \(server)")
        let slugs = json.slugs
        #expect(!slugs.contains("rules-and-kernel-disagree"), "TW_SEED=\(seed) \(crowd) \(joined) \(server)")
        #expect(Set(slugs).count == slugs.count)
        let isYes = json["bindable"].bool == true
        // A yes can carry the warning that not all of the server's own sockets will be able to listen, and the note that
        // another server listens on the other name of localhost, which is in nobody's way. Another test can have the port in
        // a namespace of its own.
        let notes = ["own-addresses-overlap", "other-name-elsewhere", "held-in-other-namespace"]
        let ofOthers = isYes ? slugs.filter { !notes.contains($0) } : slugs
        #expect(
          ofOthers.isEmpty == (isYes && json["holders"].count == 0), "TW_SEED=\(seed) \(slugs) \(server)")
        if !isYes { #expect(json["findings"][0]["severity"].string == "error", "TW_SEED=\(seed)") }
        for trial in json["trials"].array ?? [] {
          let combination = "\(trial["predicted"].string ?? "") \(trial["bind"].string ?? "")"
          #expect(
            combination != "ok EADDRINUSE" || slugs.contains("own-addresses-overlap"),
            "TW_SEED=\(seed) \(server)")
          #expect(combination != "fails ok", "TW_SEED=\(seed) \(crowd) \(server)")
        }
      }
    }
  }

  /// A SO_REUSEPORT trial changes what the kernel answers later, so an identical crowd elsewhere is asked. Its trials
  /// are to be the first of all, and the widest address the first of those.
  @Test(.needs(.ipv6), arguments: seeds)
  func neverContradictsTheKernelWithReusePort(seed: UInt64) throws {
    var random = Generator(state: seed)
    let crowd = (0..<Int.random(in: 1...4, using: &random)).map { _ in Member(&random) }
      .sorted { $0.kind.rawValue < $1.kind.rawValue }
    var server = server(&random)
    server.reusePort = true
    // Alternatives are tried one at a time, and here named ones are held together.
    if server.addresses.isEmpty { server.addresses = ["::"] }
    let truth = try withNetworkNamespace { lab in
      for member in crowd { _ = try member.join(lab) }
      let answers = try server.start()
      return answers.map { "\($0.address) \($0.bind)" }.sorted()
    }
    try withNetworkNamespace { lab in
      for member in crowd { _ = try member.join(lab) }
      let json = try Tool.run(server.arguments + ["--json"]).json
      let yours = json["trials"].array?.filter { $0["yours"].bool == true } ?? []
      let said = yours.map { "\($0["address"].string ?? "?") \($0["bind"].string ?? "?")" }.sorted()
      #expect(said == truth, "TW_SEED=\(seed) \(crowd) \(server)")
    }
  }
}

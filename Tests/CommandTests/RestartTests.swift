import Glibc
import KernelSupport
import TestSupport
import Testing

/// `--after-stop` where nothing of the server is described: what listens there, restarted.
@Suite(.needs(.networkNamespaces))
struct RestartTests {
  private static let own = "\(getpid())"

  /// It was said that what listens there would have to stop, where nothing did.
  @Test(.needs(.boundSockets)) func nothingListens() throws {
    try withNetworkNamespace { lab in
      let nothing = try Tool.run("trybind", "9527", "--after-stop")
      #expect(nothing.exitCode == 0)
      #expect(
        nothing.output.hasPrefix("Yes. Nothing listens there now, and a server can bind port 9527 at once."))
      try lab.listener(port: 9527)
      let listening = try Tool.run("trybind", "9527", "--after-stop")
      #expect(listening.output.hasPrefix("Yes. If what listens there now stops, a server can bind"))
    }
  }

  /// Predicted, then really stopped, and bound again as it was.
  @Test(.needs(.ipv6)) func predictStopAndStartAgain() throws {
    let rounds = getenv("TW_SLOW") == nil ? 30 : 300
    var random = SystemRandomNumberGenerator()
    var decided = 0
    for round in 0..<rounds {
      let kind = AfterStopTests.Kind.allCases[round % AfterStopTests.Kind.allCases.count]
      let route = try #require(Route.allCases.randomElement(using: &random))
      let options = try #require(AfterStopTests.all.randomElement(using: &random))
      try withNetworkNamespace { lab in
        let stop = try AfterStopTests.serve(kind, via: route, options, in: lab)
        let json = try Tool.run("trybind", "9527", "--after-stop", "--json").json
        stop()
        let target = json["target"]
        var server = Server()
        let isTaken = !target["taken_from"].isNull
        if isTaken {
          server.addresses = target["addresses"].array?.compactMap(\.string) ?? []
          server.reuse = target["reuse"].bool ?? false
          server.reusePort = target["reuse_port"].bool ?? false
          server.v6Only = target["v6_only"].bool ?? false
        }
        let answers = try server.start()
        let comment = Comment(rawValue: "\(kind) \(route) \(options): \(json["prediction"]), \(answers)")
        let starts = answers.allSatisfy { $0.isYes }
        switch json["verdict"].string {
        case "yes": #expect(starts, comment)
        case "no": #expect(!starts, comment)
        default: #expect(json["verdict"].string == "depends", comment)
        }
        if json["verdict"].string != "depends" { decided += 1 }
        // Where something listens it is the server itself that is asked about.
        if ![.outgoing, .outgoingCloseWait].contains(kind) {
          #expect(isTaken && server.addresses == [route.listenAddress], comment)
          #expect(server.reuse == options.reuseAddress && server.reusePort == options.reusePort, comment)
        }
      }
    }
    print("--after-stop: \(decided) of \(rounds) restarts were decided, none otherwise than the kernel did")
    // Elsewhere a socket that is only bound could stay.
    if Requirement.boundSockets.isMet() { #expect(decided * 10 >= rounds * 9) }
  }

  /// Servers with several sockets, on a device, for Multipath TCP, and whose options are changed while they run.
  @Test(.needs(.ipv6), .needs(.mptcp)) func severalSockets() throws {
    let rounds = getenv("TW_SLOW") == nil ? 20 : 300
    var random = SystemRandomNumberGenerator()
    var counts: [String: Int] = [:]
    for _ in 0..<rounds {
      try withNetworkNamespace { lab in
        var options = try #require(AfterStopTests.all.randomElement(using: &random))
        options.multipath = Bool.random(using: &random)
        options.device = Int.random(in: 0..<4, using: &random) == 0 ? "lo" : nil
        var sockets: [TCPSocket] = []
        for route in [Route.ipv4, .ipv4Wildcard, .ipv6, .ipv6OnlyWildcard].shuffled(using: &random).prefix(2)
        {
          // Not all of them can listen beside each other.
          guard let listener = try? lab.makeListener(via: route, port: 9527, options) else { continue }
          sockets.append(listener)
          for _ in 0..<Int.random(in: 0...2, using: &random) {
            let client = lab.keep(try TCPSocket(route.clientFamily))
            guard (try? client.connect(to: SocketAddress(route.connectAddress, port: 9527))) != nil else {
              continue
            }
            // By another of them, where that has the very address.
            if Bool.random(using: &random), let ready = sockets.first(where: AfterStopTests.hasConnection) {
              sockets.append(lab.keep(try ready.accept()))
            }
          }
          if Int.random(in: 0..<4, using: &random) == 0 {
            try listener.setReuseAddress(!options.reuseAddress)
          }
        }
        let json = try Tool.run("trybind", "9527", "--after-stop", "--json").json
        for socket in sockets { socket.close() }
        let target = json["target"]
        guard !target["taken_from"].isNull else {
          counts["not one server", default: 0] += 1
          return
        }
        var server = Server()
        server.addresses = target["addresses"].array?.compactMap(\.string) ?? []
        server.reuse = target["reuse"].bool ?? false
        server.reusePort = target["reuse_port"].bool ?? false
        server.v6Only = target["v6_only"].bool ?? false
        server.interface = target["interface"].string
        let answers = try server.start()
        let verdict = json["verdict"].string ?? ""
        counts[verdict, default: 0] += 1
        let comment = Comment(rawValue: "\(options) \(server): \(json["holders"]), \(answers)")
        let starts = answers.allSatisfy { $0.isYes }
        #expect(verdict != "yes" || starts, comment)
        #expect(verdict != "no" || !starts, comment)
      }
    }
    print("--after-stop of several sockets: \(counts.sorted { $0.key < $1.key })")
  }

  /// The quiet answer was that of another question.
  @Test func quietlyTheSame() throws {
    try withNetworkNamespace { lab in
      let connection = try lab.connect(port: 9527)
      #expect(try Tool.run("trybind", "9527", "--after-stop").exitCode == 1)
      #expect(try Tool.run("trybind", "9527", "--after-stop", "-q").exitCode == 1)
      withExtendedLifetime(connection) {}
    }
  }

  @Test(.needs(.boundSockets)) func whatIsSaid() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527, .init(reuseAddress: true))
      let result = try Tool.run("trybind", "9527", "--after-stop")
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.output.contains("(pid \(Self.own)): 127.0.0.1:9527, SO_REUSEADDR, as "), "\(result)")
      expectNarrow(result.output)
      // Nothing is read where that is declined, or the server is described.
      for more in [["--flags", "none"], ["--reuse"], ["--address", "127.0.0.1"], ["-4"], ["--matrix"]] {
        let json = try Tool.run(["trybind", "9527", "--after-stop", "--json"] + more).json
        #expect(json["target"]["taken_from"].isNull, "\(more)")
      }
    }
  }

  /// Whoever asks with --reuse is told that the server is another one.
  @Test(.needs(.boundSockets)) func theServerDoesNotSetIt() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.makeListener(port: 9527)
      let words = "what listens there now does not set SO_REUSEADDR"
      func text(_ arguments: String...) throws -> String {
        try Tool.run(["trybind", "9527"] + arguments).output.split(whereSeparator: \.isWhitespace)
          .joined(separator: " ")
      }
      #expect(try text("--reuse", "--after-stop").contains(words))
      #expect(try !text("--after-stop").contains(words))
      #expect(try text("--reuse", "--address", "127.0.0.2", "--flags", "live").contains(words))
      try listener.setReuseAddress(true)
      #expect(try !text("--reuse", "--after-stop").contains(words))
    }
  }
}

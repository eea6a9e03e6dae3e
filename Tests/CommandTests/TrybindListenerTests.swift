import Glibc
import KernelSupport
import TestSupport
import Testing

/// Somebody listens. Neither time nor SO_REUSEADDR gets past that; another address may.
@Suite(.needs(.networkNamespaces))
struct TrybindListenerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let listener: Route
    let server: String?
    let slugs: [String]
    var isYes: Bool { slugs.allSatisfy { $0 == "other-name-elsewhere" } }
    var testDescription: String { "\(listener) against \(server ?? "any address")" }

    init(_ listener: Route, _ server: String?, _ slugs: String...) {
      self.listener = listener
      self.server = server
      self.slugs = slugs
    }
  }

  static let cases: [Case] = [
    Case(.ipv4, nil, "listener-alive", "wildcard-overlaps-specific"),
    Case(.ipv4, "127.0.0.1", "listener-alive"),
    Case(.ipv4, "127.0.0.2"),
    Case(.ipv4, "0.0.0.0", "listener-alive", "wildcard-overlaps-specific"),
    Case(.ipv4, "::", "listener-alive", "dual-stack-wildcard"),
    Case(.ipv4, "::1", "other-name-elsewhere"),
    Case(.ipv4, "::ffff:127.0.0.1", "listener-alive"),
    Case(.ipv4Wildcard, nil, "listener-alive"),
    Case(.ipv4Wildcard, "127.0.0.1", "listener-alive", "wildcard-overlaps-specific"),
    Case(.ipv4Wildcard, "::", "listener-alive", "dual-stack-wildcard"),
    Case(.ipv4Wildcard, "::1", "other-name-elsewhere"),
    Case(.ipv6, nil, "listener-alive", "wildcard-overlaps-specific"),
    Case(.ipv6, "::1", "listener-alive"),
    Case(.ipv6, "127.0.0.1", "other-name-elsewhere"),
    Case(.ipv6, "0.0.0.0", "other-name-elsewhere"),
    Case(.ipv6, "::", "listener-alive", "wildcard-overlaps-specific"),
    Case(.ipv6OnlyWildcard, nil, "listener-alive"),
    Case(.ipv6OnlyWildcard, "0.0.0.0", "other-name-elsewhere"),
    Case(.ipv6OnlyWildcard, "::1", "listener-alive", "wildcard-overlaps-specific"),
    Case(.ipv6OnlyWildcard, "::", "listener-alive"),
    Case(.dualStackOverIPv4, nil, "listener-alive"),
    Case(.dualStackOverIPv4, "127.0.0.1", "listener-alive", "dual-stack-wildcard"),
    Case(.dualStackOverIPv4, "0.0.0.0", "listener-alive", "dual-stack-wildcard"),
    Case(.dualStackOverIPv4, "::1", "listener-alive", "wildcard-overlaps-specific"),
    Case(.mapped, "127.0.0.1", "listener-alive"),
    Case(.mapped, "::1", "other-name-elsewhere"),
  ]

  /// One that ended between the look and the search for its process was said to have an owner that is hidden, or to be the
  /// kernel's own.
  @Test func aListenerThatComesAndGoes() throws {
    try withNetworkNamespace { lab in
      var perl = Perl("")
      perl.script = """
        use Socket; $| = 1; print "ready\\n";
        for (1 .. 20000) {
          socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!; setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
          if (bind($s, sockaddr_in(9527, INADDR_LOOPBACK))) { listen($s, 8); select(undef, undef, undef, 0.003); }
          close($s); select(undef, undef, undef, 0.001);
        }
        """
      let server = try perl.start()
      for _ in 0..<40 {
        let json = try Tool.run("trybind", "9527", "--json").json
        let slugs = json.slugs
        #expect(!slugs.contains("owner-hidden") && !slugs.contains("kernel-owned-socket"), "\(slugs)")
        #expect((json["verdict"].string == "yes") == (json["free_in_ms"].int == 0))
      }
      try server.send(signal: SIGKILL)
      _ = try server.finish()
    }
  }

  @Test(.needs(.ipv6), arguments: cases, [false, true])
  func listener(_ it: Case, reuse: Bool) throws {
    try withNetworkNamespace { lab in
      let situation = try lab.listener(via: it.listener, port: 9527, .init(reuseAddress: reuse))
      for server in [false, true] {
        let answer = try expectTrybind(
          Server(addresses: it.server.map { [$0] } ?? [], reuse: server), it.isYes, it.slugs,
          server || reuse ? .brief : .full)
        guard !it.isYes else { continue }
        #expect(answer.holders.map { $0["state"].string } == ["listen"])
        #expect(answer.holders.first?["inode"].int == situation.row.map { Int($0.inode) })
        #expect(answer.freeIn.isNull)
        #expect(!answer.text.contains(/holds? port 9527 for/))
      }
    }
  }

  /// A yes said nothing of the server that has the other localhost, nor of the one that would share the port.
  @Test(.needs(.ipv6)) func aYesNamesWhoElseHasTheNumber() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv6, port: 9527)
      let beside = try expectTrybind(Server(addresses: ["127.0.0.1"]), true, ["other-name-elsewhere"])
      let title = beside.finding("other-name-elsewhere")["title"].string ?? ""
      #expect(title.contains("(pid \(getpid())) listens on [::1]:9527"))
      #expect(beside.text.contains("Note "))
      // No name means both of these.
      try expectTrybind(Server(addresses: ["127.0.0.2"]), true, [])

      try lab.listener(via: .ipv4Wildcard, port: 9528, .init(reusePort: true))
      let shared = try expectTrybind(Server(port: 9528, reusePort: true), true, ["shared-by-reuse-port"])
      #expect(shared.finding("shared-by-reuse-port")["title"].string?.contains("(pid \(getpid()))") == true)
    }
  }

  @Test(.needs(.ipv6)) func v6OnlyServerBesideAnIPv4Listener() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      try expectTrybind(Server(v6Only: true), true, ["other-name-elsewhere"])
      try expectTrybind(Server(more: ["-6"]), false, ["listener-alive", "dual-stack-wildcard"])
    }
  }

  /// The listener decides; what TIME_WAIT there is on the port stays when it goes.
  @Test(arguments: [false, true])
  func listenerAndTimeWait(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(
        count: 2, via: .ipv4Wildcard, port: 9527, .init(reuseAddress: reuse), keepListener: true)
      for server in [Server(), Server(reuse: true)] {
        let answer = try expectTrybind(server, false, ["listener-alive"])
        #expect(answer.holders.count == 3)
        #expect(answer.freeIn.isNull)
        #expect(answer.finding("listener-alive")["because"].string?.contains("2 TIME_WAIT") == true)
      }
    }
  }

  @Test func listenerWithConnections() throws {
    try withNetworkNamespace { lab in
      try lab.established(via: .ipv4Wildcard, port: 9527, keepListener: true)
      let answer = try expectTrybind(Server(reuse: true), false, ["listener-alive"])
      #expect(Set(answer.holders.map { $0["state"].string }) == ["listen", "established"])
    }
  }

  /// The request socket holds nothing; its listener does.
  @Test func connectionRequest() throws {
    try withNetworkNamespace { lab in
      try lab.synRecv(via: .ipv4Wildcard, port: 9527)
      let answer = try expectTrybind(Server(), false, ["listener-alive"])
      #expect(answer.holders.map { $0["state"].string } == ["listen"])
    }
  }

  /// A connection that waits to be accepted must still be there, and untouched, after a trial beside it.
  @Test func queueOfTheListener() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.unaccepted(via: .ipv4Wildcard, port: 9527)
      try expectTrybind(Server(reuse: true, listens: true), false, ["listener-alive"])
      let accepted = try #require(situation.listener).accept()
      try situation.other?.send([1, 2, 3])
      #expect(try accepted.receive() == [1, 2, 3])
    }
  }

  /// Bound beside a socket that then listens: that listener is what is in the way, and the bound one stays unnamed.
  @Test(.needs(.boundSockets)) func oneOfTwoBoundSocketsListens() throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9527, .init(reuseAddress: true))
      try lab.listener(port: 9527, .init(reuseAddress: true))
      let answer = try expectTrybind(
        Server(addresses: ["127.0.0.1"], reuse: true), false, ["listener-alive", "bound-not-listening"])
      #expect(Set(answer.holders.map { $0["state"].string }) == ["listen", "bound"])
    }
  }

  /// bind succeeds beside another SO_REUSEADDR socket, and before listen that one listens. The moment between the two
  /// is too short to be hit, so a filter answers listen in its place.
  @Test(.needs(.boundSockets)) func listenConflict() throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9527, .init(reuseAddress: true))
      let server = Server(addresses: ["127.0.0.1"], reuse: true, listens: true)
      try expectTrybind(server, true, ["bound-not-listening"])
      var command = try Tool.command(server.arguments + ["--json"])
      command.denials = [.listen(EADDRINUSE)]
      let result = try command.run()
      #expect(result.exitCode == 1)
      let json = try result.json
      let slugs = json.slugs
      #expect(slugs == ["listen-conflict", "bound-not-listening"])
      let yours = json["trials"].array?.first { $0["yours"].bool == true }
      #expect(yours?["bind"].string == "ok")
      #expect(yours?["listen"].string == "EADDRINUSE")
    }
  }

  @Test(.needs(.boundSockets), arguments: [false, true])
  func boundAndNotListening(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(via: .ipv4Wildcard, port: 9527, .init(reuseAddress: reuse))
      for listens in [false, true] {
        let no = try expectTrybind(Server(listens: listens), false, ["bound-not-listening"])
        #expect(no.holders.map { $0["state"].string } == ["bound"])
        #expect(no.holders.first?["peer"].isNull == true)
        #expect(no.finding("bound-not-listening")["certainty"].string == "certain")
        // That waiting would not free it was said, and kill advised, also where SO_REUSEADDR gets past.
        #expect(no.text.contains("Waiting does not free it") != reuse)
        #expect(no.text.contains("A server with SO_REUSEADDR can bind it") == reuse)
        try expectTrybind(Server(reuse: true, listens: listens), reuse, ["bound-not-listening"])
      }
    }
  }

  /// Read from /proc, such a socket cannot be seen, and nothing may be called certain.
  @Test func boundAndUnseen() throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(via: .ipv4Wildcard, port: 9527)
      let result = try Tool.run("trybind", "9527", "--source", "proc", "--json")
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json.slugs == ["bound-not-listening"])
      #expect(json["findings"][0]["certainty"].string == "possible")
      #expect(json["holders"].count == 0)
      #expect(json["free_in_ms"].isNull)
    }
  }

  /// The same beside a TIME_WAIT: which of the two refuses SO_REUSEADDR cannot be told.
  @Test func timeWaitWhereBoundSocketsAreUnseen() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: .ipv4Wildcard, port: 9527)
      let result = try Tool.run("trybind", "9527", "--source", "proc", "--json")
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json.slugs == ["time-wait-holder-without-reuse"])
      #expect(json["findings"][0]["certainty"].string == "likely")
      #expect(json["source"]["blind_spots"].array?.contains(.string("bound-not-listening")) == true)
      #expect(json["free_in_ms"].isNull)
      #expect(json["free_latest_ms"].isNull)
    }
  }
}

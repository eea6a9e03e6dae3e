import Glibc
import TestSupport
import Testing

/// Thousands of sockets of a few processes in the way.
@Suite(.needs(.networkNamespaces), .needs(.realTime), .needs(.program("perl")))
struct ManyHoldersTests {
  private static let each = 1_500

  /// Processes that each have so many sockets on the port, at addresses of their own.
  private func holders(_ count: Int, listen: Bool) throws -> [RunningCommand] {
    try (0..<count).map { process in
      try Perl(
        """
        for my $i (0..\(Self.each - 1)) {
          socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
          bind($s, sockaddr_in(9527, pack("N", 0x7f010000 + \(process) * 10000 + $i))) or die $!;
          \(listen ? "listen($s, 1) or die $!;" : "")
          push @kept, $s;
        }
        print "ready\\n"; sleep 300;
        """
      ).start()
    }
  }

  /// Every process is found, though not whose each socket is, and what is not known is not made up.
  @Test(arguments: [true, false])
  func everyProcessIsNamed(listen: Bool) throws {
    try withNetworkNamespace { _ in
      let holders = try holders(2, listen: listen)
      defer { withExtendedLifetime(holders) {} }
      let result = try Tool.run("trybind", "9527", "--json")
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json["holders"].count == 2 * Self.each)
      #expect(json.slugs.first == (listen ? "listener-alive" : "bound-not-listening"))
      #expect(!json.slugs.contains("kernel-owned-socket") && !json.slugs.contains("owner-hidden"))
      let sockets = json["holders"].array ?? []
      let pids = Set(sockets.flatMap { $0["owners"].array ?? [] }.compactMap { $0["pid"].int })
      #expect(pids == Set(holders.map { Int($0.pid) }))
      for socket in sockets where socket["owners"].isNull {
        #expect(socket["owners_complete"].isNull)
        #expect(socket["owner_visibility"].string == "unknown")
      }
      let unseen = json["findings"][0]["not_seen"].array?.compactMap(\.string) ?? []
      #expect(unseen.contains { $0.contains("which process has which") })
      #expect(json["findings"][0]["title"].string?.contains("pid") == true)
    }
  }

  /// Memory runs out at each of the first allocations: SIGABRT without a sentence, and 134, of whoever ran it.
  @Test(.needs(.program("strace"))) func memoryRunsOut() throws {
    try withNetworkNamespace { _ in
      let holders = try holders(4, listen: true)
      defer { withExtendedLifetime(holders) {} }
      var statuses: [Int32] = []
      var mapping = 0
      while statuses.count(where: { $0 == 1 }) < 3 {
        mapping += 1
        try #require(mapping < 300)
        let result = try Tool.command(["wait", "9527", "--timeout", "1ms", "--json"])
          .failing("brk:error=ENOMEM:when=2+", "mmap,mremap:error=ENOMEM:when=\(mapping)+").run()
        #expect(result.status != .signalled(SIGABRT), "\(mapping): \(result)")
        // Before main() it is the loader that ends, or the runtime, with other signals.
        guard let status = result.exitCode, status != 127 else { continue }
        statuses.append(status)
        if status == 71 {
          #expect(result.errors.hasSuffix("tw-inspect: out of memory\n"), "\(result)")
        } else {
          #expect(try status == 1 && result.json["holders"].count == 4 * Self.each, "\(mapping): \(result)")
        }
      }
      #expect(statuses.contains(71), "\(statuses)")
    }
  }

  /// Each socket's owner is looked for where a stop is assumed: what it leaves depends on it.
  @Test func afterAStopAllAreLookedFor() throws {
    try withNetworkNamespace { _ in
      let holders = try holders(1, listen: true)
      defer { withExtendedLifetime(holders) {} }
      let json = try Tool.run("trybind", "9527", "--after-stop", "--json").json
      #expect(json["prediction"]["answer"].string == "ok")
    }
  }

  /// The answer comes when it was asked for, and not after a search for the owners. Each descriptor that is looked at takes
  /// 5 ms here, so that all of them would take half a minute.
  @Test(.needs(.program("strace"))) func waitEndsInTime() throws {
    try withNetworkNamespace { _ in
      let holders = try holders(4, listen: true)
      defer { withExtendedLifetime(holders) {} }
      let result = try Tool.command(["wait", "9527", "--timeout", "500ms", "--json"])
        .failing("readlinkat:delay_enter=5000").run(timeout: .seconds(90))
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json["timed_out"].bool == true)
      #expect(json["holders"].count == 4 * Self.each)
      #expect(result.duration < .seconds(20))
    }
  }
}

import KernelSupport
import TestSupport
import Testing

/// The heart of it: what only a timer keeps, under each pair of options that the old server and the new one can have.
@Suite(.needs(.networkNamespaces))
struct TrybindTimeWaitTests {
  struct Options: Sendable, CustomTestStringConvertible {
    let reuse: Bool
    let reusePort: Bool

    static let all = [false, true].flatMap { reuse in
      [false, true].map { Options(reuse: reuse, reusePort: $0) }
    }

    var ofSocket: SocketOptions { SocketOptions(reuseAddress: reuse, reusePort: reusePort) }
    var server: Server { Server(reuse: reuse, reusePort: reusePort) }
    /// R3: crossed flags never help.
    func passes(_ old: Options) -> Bool { reuse && old.reuse || reusePort && old.reusePort }
    var testDescription: String { "reuse \(reuse), reuse-port \(reusePort)" }
  }

  @Test(arguments: Options.all, Options.all)
  func timeWait(old: Options, new: Options) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, old.ofSocket)
      let slug = old.reuse ? "time-wait-server-closed-first" : "time-wait-holder-without-reuse"
      let answer = try expectTrybind(new.server, new.passes(old), [slug])
      #expect(answer.holders.map { $0["state"].string } == ["time-wait"])
      // A socket that is only bound would be answered like one without SO_REUSEADDR.
      let isCertain = old.reuse || Requirement.boundSockets.isMet()
      let certainty = answer.finding(slug)["certainty"].string ?? ""
      #expect((isCertain ? ["certain"] : ["certain", "likely"]).contains(certainty))
      if !new.passes(old), Requirement.boundSockets.isMet() {
        #expect((50_000...60_000).contains(answer.freeIn.int ?? 0))
      }
      if new.passes(old) {
        let title = answer.finding(slug)["title"].string ?? ""
        #expect(!title.contains("does not get past"), "it can: the answer is yes")
      }
    }
  }

  /// FIN_WAIT2 that outlived its process shows up in no list of TIME_WAIT.
  @Test(arguments: Options.all, Options.all)
  func finWait2(old: Options, new: Options) throws {
    try withNetworkNamespace { lab in
      try lab.finWait2Minisocket(port: 9527, old.ofSocket)
      let slugs = old.reuse ? ["fin-wait-2-orphan"] : ["fin-wait-2-orphan", "time-wait-holder-without-reuse"]
      let answer = try expectTrybind(new.server, new.passes(old), slugs)
      #expect(answer.holders.map { $0["state"].string } == ["fin-wait-2"])
      // The client may close at the last moment, and then a TIME_WAIT begins.
      if !new.passes(old), Requirement.boundSockets.isMet() {
        #expect((answer.freeLatest.int ?? 0) > (answer.freeIn.int ?? 0) + 60_000)
      }
    }
  }

  /// As a full socket it has a longer life to come than its timer tells.
  @Test(arguments: [false, true])
  func finWait2WithALongLife(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.finWait2Orphan(port: 9527, .init(reuseAddress: reuse))
      // It is no minisocket, and of a TIME_WAIT nothing can be said.
      let answer = try expectTrybind(Server(), false, ["fin-wait-2-orphan"])
      #expect(answer.freeIn.isNull)
      #expect(!answer.text.contains(/holds? port 9527 for/))
    }
  }

  /// The flags that count are those of the accepted socket at its close, not the listener's.
  @Test(arguments: [false, true])
  func flagsAtTheClose(set: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: !set)) { try $0.setReuseAddress(set) }
      try expectTrybind(
        Server(reuse: true), set, [set ? "time-wait-server-closed-first" : "time-wait-holder-without-reuse"])
    }
  }

  /// One of many is enough, and the text must not blame all of them.
  @Test func oneOfManyWithoutTheOption() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 4, port: 9527, .init(reuseAddress: true))
      let old = try lab.makeListener(via: .ipv4, port: 9527, .init(reuseAddress: true))
      let connection = try lab.connect(through: old)
      try connection.child.setReuseAddress(false)
      try lab.closeInTurn(connection.child, connection.client)
      try lab.wait(for: .timeWait, local: connection.local, peer: connection.peer)
      old.close()
      let answer = try expectTrybind(Server(reuse: true), false, ["time-wait-holder-without-reuse"])
      #expect(answer.holders.count == 5)
      #expect(
        answer.finding("time-wait-holder-without-reuse")["because"].string?.contains("at least one") == true)
    }
  }

  @Test(arguments: [false, true])
  func timeWaitBesideFinWait2(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      try lab.finWait2Minisocket(port: 9527, .init(reuseAddress: true))
      let answer = try expectTrybind(
        Server(reuse: reuse), reuse, ["time-wait-server-closed-first", "fin-wait-2-orphan"])
      #expect(answer.holders.count == 2)
    }
  }

  /// More than fit into the evidence: the number is told, and the screen stays one.
  @Test func manyHolders() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 40, port: 9527, .init(reuseAddress: true))
      let answer = try expectTrybind(Server(), false, ["time-wait-server-closed-first"])
      #expect(answer.holders.count == 40)
      #expect(answer.text.contains("and 37 more"))
      #expect(answer.text.split(separator: "\n").count < 40)
    }
  }

  @Test(.needs(.ipv6), arguments: Route.allCases, [false, true])
  func whereTheAddressesOverlap(route: Route, reuse: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: route, port: 9527, .init(reuseAddress: reuse))
      let slug = reuse ? "time-wait-server-closed-first" : "time-wait-holder-without-reuse"
      let addresses = ["0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:127.0.0.1"]
      for address in addresses {
        let plain = Server(addresses: [address])
        let isFree = try plain.start().allSatisfy(\.isYes)
        // An IPv4 bind that a socket listed under IPv6 is in the way of.
        let isMapped = route.isMapped && !address.contains(":")
        let slugs = isFree ? [] : isMapped ? [slug, "v4-mapped-time-wait"] : [slug]
        try expectTrybind(plain, isFree, slugs, .brief)
        try expectTrybind(Server(addresses: [address], reuse: true), isFree || reuse, slugs, .brief)
      }
      let v6Only = Server(addresses: ["::"], v6Only: true)
      let isFree = try v6Only.start().allSatisfy(\.isYes)
      #expect(isFree == (route.connectAddress == "127.0.0.1"))
      try expectTrybind(v6Only, isFree, isFree ? [] : [slug], .brief)
    }
  }

  /// A server tied to another device is not in the way; TIME_WAIT keeps its device.
  @Test func anotherDevice() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.timeWait(port: 9527, .init(device: "lo"))
      try expectTrybind(Server(interface: "eth0"), true, [])
      let answer = try expectTrybind(Server(interface: "lo"), false, ["time-wait-holder-without-reuse"])
      #expect(answer.holders.map { $0["interface"].string } == ["lo"])
      try expectTrybind(Server(), false, ["time-wait-holder-without-reuse"])
    }
  }

  /// The client closed first: the port of the server is free, and the client's is the one that is held.
  @Test func theClientClosedFirst() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.clientTimeWait(localPort: 9600, .init(reuseAddress: true), toPort: 9527)
      situation.listener?.close()
      try expectTrybind(Server(), true, [])
      try expectTrybind(Server(port: 9600), false, ["time-wait-server-closed-first"])
    }
  }
}

import Glibc
import KernelSupport
import TestSupport
import Testing

/// Which sockets `port` picks: ports, sides, states, families, limits.
@Suite(.needs(.networkNamespaces))
struct PortSelectionTests {
  /// "state local-port peer-port" of what is listed.
  private func picked(_ arguments: [String]) throws -> [String] {
    let result = try Tool.run(["port"] + arguments + ["--json", "--sort", "none"])
    #expect(result.exitCode == 0)
    let json = try result.json
    #expect(json["counts"]["listed"].int == json["sockets"].count)
    return json["sockets"].array?.map {
      "\($0["state"].string ?? "?") \($0["local"]["port"].int ?? 0) \($0["side"].string ?? "?")"
    }.sorted() ?? []
  }

  @Test func numbersRangesAndNames() throws {
    try withNetworkNamespace { lab in
      for port in [20, 80, 443, 9000, 9050, 9100, 9101, 65_535] as [UInt16] { try lab.listener(port: port) }
      func ports(_ arguments: String...) throws -> [Int] {
        try Tool.run(["port", "--all", "--json"] + arguments).json["sockets"].array?
          .compactMap { $0["local"]["port"].int }.sorted() ?? []
      }
      #expect(try ports("9000-9100") == [9000, 9050, 9100])
      #expect(try ports("9050") == [9050])
      #expect(try ports("9001-9049") == [])
      #expect(try ports("9000-9100,https") == [443, 9000, 9050, 9100])
      #expect(try ports("http", "https", "9101") == [80, 443, 9101])
      #expect(try ports("80,80,80-80") == [80])
      #expect(try ports("443,9000-9060,9050-9100,80") == [80, 443, 9000, 9050, 9100])
      #expect(try ports("1-65535") == [20, 80, 443, 9000, 9050, 9100, 9101, 65_535])
      #expect(try ports("65535-65535") == [65_535])
      #expect(try ports("1,65535") == [65_535])
      // A whole word that is a service wins over what looks like a range.
      #expect(try ports("ftp-data") == [20])
      #expect(try ports("ftp-data,https") == [20, 443])
    }
  }

  /// Many separate ports need a longer program in the kernel than a range does.
  @Test(arguments: [2, 17, 64, 300, 5000])
  func longLists(count: Int) throws {
    try withNetworkNamespace { lab in
      let wanted = (0..<count).map { 9000 + 3 * $0 }
      for port in [8999, 9000, 9001, 9000 + 3 * (count - 1), 9000 + 3 * (count - 1) + 1] {
        try lab.listener(port: UInt16(port))
      }
      let list = wanted.map(String.init).joined(separator: ",")
      let result = try Tool.run("port", list, "--all", "--json")
      let ports = try result.json["sockets"].array?.compactMap { $0["local"]["port"].int }.sorted()
      #expect(ports == [9000, 9000 + 3 * (count - 1)])
      let proc = try Tool.run("port", list, "--all", "--json", "--source", "proc")
      #expect(try proc.json["sockets"].count == 2)
    }
  }

  /// Who holds the port, and who is merely connected to it, are never mixed up.
  @Test func sides() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.established(port: 9527, keepListener: true)
      let client = try #require(situation.peer).port
      #expect(try picked(["9527", "--all"]) == ["established 9527 local", "listen 9527 local"])
      #expect(try picked(["9527", "--all", "--side", "peer"]) == ["established \(client) peer"])
      #expect(
        try picked(["9527", "--all", "--side", "any"])
          == [
            "established \(client) peer", "established 9527 local", "listen 9527 local",
          ].sorted())
      #expect(try picked(["\(client)", "--all"]) == ["established \(client) local"])
      let peer = try Tool.run("port", "9527", "--all", "--side", "peer").output
      #expect(peer.contains("do not hold port 9527"))
      #expect(!peer.contains("hold port 9527;"))
    }
  }

  @Test func bothSidesOfOneSocket() throws {
    try withNetworkNamespace { lab in
      try lab.selfConnected(port: 9527)
      for side in ["local", "peer", "any"] {
        #expect(try picked(["9527", "--all", "--side", side]) == ["established 9527 both"])
      }
    }
  }

  @Test(.needs(.boundSockets)) func timeWaitOfAClient() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.clientTimeWait(toPort: 9527)
      situation.listener?.close()
      #expect(try picked(["9527"]) == [])
      #expect(try picked(["9527", "--side", "peer"]) == ["time-wait \(situation.port) peer"])
      #expect(try picked(["\(situation.port)"]) == ["time-wait \(situation.port) local"])
      let output = try Tool.run("port", "9527").output
      #expect(output.hasPrefix("No TIME_WAIT on port 9527. No other socket holds it.\n"))
    }
  }

  @Test(.needs(.boundSockets)) func states() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9001)
      try lab.boundOnly(port: 9002)
      try lab.established(port: 9003)
      try lab.closeWait(port: 9004)
      try lab.timeWait(port: 9005)
      try lab.finWait2Minisocket(port: 9006)
      try lab.finWait1(port: 9007, orphan: true)
      try lab.lastAck(port: 9008)
      try lab.closing(port: 9009)
      try lab.synSent(localPort: 9010)
      try lab.synRecv(port: 9011)
      let everything = [
        "listen 9001", "bound 9002", "established 9003", "close-wait 9004", "time-wait 9005",
        "fin-wait-2 9006", "fin-wait-1 9007", "last-ack 9008", "closing 9009", "syn-sent 9010",
        "syn-recv 9011", "listen 9011",
      ]
      func expect(
        _ state: String?, _ expected: (String) -> Bool, sourceLocation: SourceLocation = #_sourceLocation
      ) throws {
        let arguments = ["9001-9011"] + (state.map { ["--state", $0] } ?? [])
        let seen = try picked(arguments).map { $0.replacing(" local", with: "") }
        #expect(seen == everything.filter(expected).sorted(), sourceLocation: sourceLocation)
      }
      func of(_ states: String...) -> (String) -> Bool {
        { row in states.contains { row.hasPrefix($0 + " ") } }
      }
      let open = of("listen", "bound")
      try expect(nil, of("time-wait", "fin-wait-2"))
      try expect("all", { _ in true })
      try expect("connected", { !open($0) })
      try expect("synchronized", { !open($0) && !$0.hasPrefix("syn-sent") })
      try expect("bucket", of("time-wait", "syn-recv"))
      try expect("big", { !of("time-wait", "syn-recv")($0) })
      try expect("listening", of("listen"))
      try expect("time-wait,listen", of("time-wait", "listen"))
      try expect("TIME_WAIT", of("time-wait"))
      try expect("syn-received", of("syn-recv"))
      for state in [
        "listen", "bound", "established", "close-wait", "time-wait", "fin-wait-2", "fin-wait-1", "last-ack",
        "closing", "syn-sent", "syn-recv",
      ] { try expect(state, of(state)) }
      #expect(try picked(["9001-9011", "--all"]).count == everything.count)
      #expect(try picked(["9001-9011", "--state", "listen", "--state", "bound"]).count == 3)
      // Whatever is listed, the document counts all of them.
      let counts = try Tool.run("port", "9001-9011", "--json").json["counts"]["by_state"]
      #expect(counts["listen"].int == 2)
      #expect(counts.keys?.count == 11)
    }
  }

  /// v4-mapped is IPv4 on the wire.
  @Test(.needs(.ipv6)) func families() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: .ipv4, port: 9001)
      try lab.timeWait(via: .dualStackOverIPv4, port: 9002)
      try lab.timeWait(via: .dualStackOverIPv6, port: 9003)
      try lab.listener(via: .dualStackOverIPv4, port: 9004)
      try lab.listener(via: .ipv6OnlyWildcard, port: 9005)
      func ports(_ arguments: String...) throws -> [Int] {
        try Tool.run(["port", "9001-9005", "--all", "--json"] + arguments).json["sockets"].array?
          .compactMap { $0["local"]["port"].int }.sorted() ?? []
      }
      for source in ["netlink", "proc"] {
        #expect(try ports("--source", source) == [9001, 9002, 9003, 9004, 9005])
        #expect(try ports("-6", "--source", source) == [9003, 9004, 9005])
      }
      // A dual-stack listener takes IPv4 as well.
      #expect(try ports("-4") == [9001, 9002, 9004])
    }
  }

  /// "Nothing" in one family is not "nothing".
  @Test(.needs(.ipv6)) func theOtherFamilyHoldsThePort() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv6, port: 9527)
      let output = try Tool.run("port", "9527", "-4").output.replacing("\n", with: " ")
      #expect(output.contains("(IPv4)"))
    }
  }

  @Test func limit() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 5, port: 9527)
      let json = try Tool.run("port", "9527", "--limit", "2", "--json").json
      #expect(json["sockets"].count == 2)
      #expect(json["counts"]["listed"].int == 5)
      #expect(json["counts"]["by_state"]["time-wait"].int == 5)
      let table = try Tool.run("port", "9527", "--limit", "2").output
      #expect(table.contains("3 more"))
      #expect(table.contains("5 TIME_WAIT hold port 9527"))
      #expect(try Tool.run("port", "9527", "--limit", "2", "--output", "plain").lines.count == 3)
      let lines = try Tool.run("port", "9527", "--limit", "2", "--output", "jsonl").jsonLines
      #expect(lines.map { $0["type"].string } == ["snapshot", "socket", "socket", "end"])
      #expect(lines[3]["counts"]["listed"].int == 5)
      #expect(lines[3]["complete"].bool == true)
      #expect(try Tool.run("port", "9527", "--limit", "9", "--json").json["sockets"].count == 5)
    }
  }

  @Test func interfaces() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.listener(port: 9527, .init(device: "lo"))
      try lab.listener(port: 9528)
      let eth0 = try lab.listener(port: 9529, .init(device: "eth0"))
      func name(_ port: String) throws -> JSON {
        try Tool.run("port", port, "--all", "--json").json["sockets"][0]["interface"]
      }
      #expect(try name("9527").string == "lo")
      #expect(try name("9528").isNull)
      #expect(try name("9529").string == "eth0")
      #expect(try Tool.run("port", "9529", "--all").output.contains("eth0"))
      try lab.deleteLink("eth0")
      #expect(try name("9529").string?.hasPrefix("#") == true, "a device that is gone has a number")
      withExtendedLifetime(eth0) {}
    }
  }

  @Test(.needs(.otherUsers))
  func anyUserSeesTheSame() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 3, port: 9527, keepListener: true)
      try lab.established(port: 9528, .init(owner: 1000))
      try lab.boundOnly(port: 9529)
      for arguments in [["port", "9527-9529", "--all"], ["port", "9527-9529"]] {
        for source in ["auto", "netlink", "proc"] {
          func sockets(_ user: uid_t?) throws -> Set<JSON> {
            let result = try Tool.run(arguments + ["--json", "--source", source], asUser: user)
            #expect(result.exitCode == 0)
            return Set(
              try result.json["sockets"].array?.map {
                .array([$0["state"], $0["local"], $0["peer"], $0["uid"], $0["inode"]])
              } ?? [])
          }
          #expect(try sockets(65_534) == sockets(nil))
        }
      }
    }
  }
}

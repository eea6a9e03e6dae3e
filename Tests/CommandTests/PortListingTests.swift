import Glibc
import KernelSupport
import TestSupport
import Testing

/// What `port` lists, in each format, for sockets that are really there.
@Suite(.needs(.networkNamespaces))
struct PortListingTests {
  /// The same sockets in all four formats.
  @Test(arguments: [Route.ipv4, .ipv6, .dualStackOverIPv4, .dualStackOverIPv6])
  func timeWait(route: Route) throws {
    try withNetworkNamespace { lab in
      if route.needsIPv6 { try Requirement.ipv6.orSkip() }
      let situation = try lab.timeWait(via: route, port: 9527)
      let peer = try #require(situation.peer)

      let json = try Tool.run("port", "9527", "--json").json
      let socket = json["sockets"][0]
      #expect(json["sockets"].count == 1)
      #expect(socket["protocol"].string == "tcp")
      #expect(socket["family"].string == (route.serverFamily == .ipv4 ? "ipv4" : "ipv6"))
      #expect(socket["state"].string == "time-wait")
      #expect(socket["minisocket"].bool == true)
      #expect(socket["local"] == .object(["address": .string(route.connectionAddress), "port": .int(9527)]))
      #expect(socket["peer"]["address"].string == peer.address)
      #expect(socket["peer"]["port"].int == Int(peer.port))
      #expect(socket["side"].string == "local")
      #expect(socket["timer"]["kind"].string == "time-wait")
      #expect((50_000...60_000).contains(socket["timer"]["expires_ms"].int ?? 0))
      // The kernel's zeros there mean nothing: neither root nor an inode.
      for key in ["uid", "inode", "interface", "cgroup", "owners", "reuse_addr", "reuse_port"] {
        #expect(socket[key].isNull, "\(key)")
      }
      #expect(socket["cookie"].string?.isEmpty == false)
      #expect(socket["owner_visibility"].string == "none")

      let plain = try Tool.run("port", "9527", "--output", "plain")
      #expect(plain.lines.count == 2)
      let columns = plain.lines[0].split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      #expect(
        columns.prefix(6) == [
          "time-wait", route.serverFamily == .ipv4 ? "ipv4" : "ipv6", route.connectionAddress, "9527",
          peer.address, "\(peer.port)",
        ])
      #expect((50_000...60_000).contains(Int(columns[6]) ?? 0))
      #expect(columns.dropFirst(7) == ["time-wait", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"])

      let lines = try Tool.run("port", "9527", "--output", "jsonl").jsonLines
      #expect(lines.map { $0["type"].string } == ["snapshot", "socket", "end"])
      #expect(lines[1]["local"] == socket["local"])
      #expect(lines[1]["peer"] == socket["peer"])
      #expect(lines[1]["cookie"] == socket["cookie"])
      #expect(lines[2]["complete"].bool == true)

      let table = try Tool.run("port", "9527")
      let row = try #require(table.lines.first { $0.contains("TIME_WAIT  ") })
      #expect(row.contains(" s  TIME_WAIT  \(situation.local)  \(peer)"))
      #expect(table.output.contains("1 TIME_WAIT holds port 9527. It ends in"))
    }
  }

  @Test(.needs(.boundSockets)) func allKeysAreThere() throws {
    let keys: Set<String> = [
      "protocol", "family", "state", "minisocket", "local", "peer", "side", "interface", "timer", "uid",
      "inode", "cookie", "v6_only", "cgroup", "reuse_addr", "reuse_port", "owners", "owners_complete",
      "owner_visibility", "namespace",
    ]
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, keepListener: true)
      try lab.established(port: 9528)
      try lab.boundOnly(port: 9529)
      let document = try Tool.run("port", "9527-9529", "--all", "--json").json
      let envelope: Set<String> = [
        "schema_version", "command", "tool_version", "observed_at", "host", "source",
      ]
      #expect(
        document.keys
          == envelope.union([
            "query", "sockets", "counts", "last_time_wait_ms", "last_timer_ms", "flags", "other_protocols",
            "namespaces",
          ]))
      #expect(document["host"].keys == ["hostname", "kernel", "netns_inode", "euid"])
      #expect(document["host"]["netns_inode"].int == Int(lab.inode))
      #expect(document["source"].keys == ["kind", "complete", "blind_spots"])
      #expect(document["sockets"].count == 4)
      for socket in document["sockets"].array ?? [] { #expect(socket.keys == keys) }

      let lines = try Tool.run("port", "9527-9529", "--all", "--output", "jsonl").jsonLines
      #expect(lines.count == 6)
      #expect(lines[0].keys == envelope.union(["type", "query", "flags"]))
      for line in lines[1...4] {
        #expect(line.keys?.isSuperset(of: keys.union(["type", "schema_version", "command"])) == true)
      }
      #expect(lines[5]["counts"]["listed"].int == 4)
      #expect(lines[5]["error"].isNull)
      for line in lines {
        #expect(line["schema_version"].int == 1)
        #expect(line["command"].string == "port")
      }
    }
  }

  /// RFC 3339 in UTC with milliseconds, and now.
  @Test func timeOfTheLook() throws {
    let text = try #require(try Tool.run("port", "9527", "--json").json["observed_at"].string)
    let date = try Command("/bin/date", ["-u", "-d", text, "+%s"]).run()
    let now = try Command("/bin/date", ["+%s"]).run()
    let difference = try #require(Int(now.lines[0])) - (try #require(Int(date.lines[0])))
    #expect((0...20).contains(difference), "\(text)")
    let shape = text.map { $0.isNumber ? "0" : $0 }
    #expect(String(shape) == "0000-00-00T00:00:00.000Z")
  }

  /// After kill -9 with an idle client: no TIME_WAIT, and the port is held. `--state time-wait` takes the word as it
  /// is, the default does not.
  @Test func finWait2Minisocket() throws {
    try withNetworkNamespace { lab in
      try lab.finWait2Minisocket(port: 9527)
      let json = try Tool.run("port", "9527", "--json").json
      #expect(json["sockets"][0]["state"].string == "fin-wait-2")
      #expect(json["sockets"][0]["minisocket"].bool == true)
      #expect(json["sockets"][0]["timer"]["kind"].string == "time-wait")
      #expect(json["sockets"][0]["inode"].isNull)
      #expect(try Tool.run("port", "9527", "--output", "plain").output.hasPrefix("fin-wait-2\t"))
      let table = try Tool.run("port", "9527").output
      #expect(table.contains(" s  FIN_WAIT2  127.0.0.1:9527"))
      #expect(table.contains("1 FIN_WAIT2 without a process holds port 9527"))
      #expect(!table.contains("No TIME_WAIT"))

      let strict = try Tool.run("port", "9527", "--state", "time-wait", "--json").json
      #expect(strict["sockets"].count == 0)
      #expect(strict["counts"]["by_state"]["fin-wait-2-minisocket"].int == 1, "it is counted all the same")
      #expect(try Tool.run("port", "9527", "--state", "time-wait", "--output", "plain").output == "")
      #expect(try Tool.run("port", "9527", "--state", "time-wait", "--expect", "none").exitCode == 0)
      let strictTable = try Tool.run("port", "9527", "--state", "time-wait").output
      #expect(strictTable.contains("FIN_WAIT2"), "\(strictTable)")
    }
  }

  /// FIN_WAIT2 of a live process is no minisocket.
  @Test func finWait2WithAProcess() throws {
    try withNetworkNamespace { lab in
      try lab.finWait2(port: 9527)
      let json = try Tool.run("port", "9527", "--json").json
      #expect(json["sockets"].count == 0)
      #expect(json["counts"]["listed"].int == 0)
      #expect(json["counts"]["by_state"]["fin-wait-2"].int == 1)
      #expect(json["last_time_wait_ms"].isNull)
      #expect(try Tool.run("port", "9527").output.contains("but it is in use: 1 FIN_WAIT2"))
      #expect(try Tool.run("port", "9527", "--state", "fin-wait-2", "--json").json["sockets"].count == 1)
    }
  }

  @Test func listener() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.listener(port: 9527)
      let table = try Tool.run("port", "9527").output
      #expect(table.contains("(pid \(getpid())) listens on 127.0.0.1:9527.\n"))
      #expect(table.contains("\nNo TIME_WAIT.  Every socket:  tw-inspect port 9527 --all\n"))
      let json = try Tool.run("port", "9527", "--all", "--json").json
      let socket = json["sockets"][0]
      #expect(socket["state"].string == "listen")
      #expect(socket["peer"].isNull)
      #expect(socket["timer"].isNull)
      #expect(socket["inode"].int == situation.row.map { Int($0.inode) })
      #expect(socket["uid"].int == 0, "here it is root's, and not an unknown")
      #expect(json["last_time_wait_ms"].isNull)
    }
  }

  @Test(.needs(.boundSockets)) func boundAndNotListening() throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9527)
      #expect(
        try Tool.run("port", "9527").output.contains(
          "is bound to 127.0.0.1:9527 and does not listen."))
      let json = try Tool.run("port", "9527", "--all", "--json").json
      #expect(json["sockets"][0]["state"].string == "bound")
      #expect(json["sockets"][0]["peer"].isNull)
      // The kernel's own filter lets every bound socket through.
      try lab.boundOnly(port: 9528)
      #expect(try Tool.run("port", "9527", "--all", "--json").json["sockets"].count == 1)
      #expect(try Tool.run("port", "9529", "--all", "--json").json["sockets"].count == 0)
    }
  }

  @Test(.needs(.boundSockets)) func nothing() throws {
    try withNetworkNamespace { _ in
      let table = try Tool.run("port", "9527")
      #expect(table.output.contains("No TIME_WAIT on port 9527."))
      #expect(table.output.hasPrefix("No TIME_WAIT on port 9527. No other socket holds it.\n"))
      #expect(!table.output.lowercased().contains("free"))
      let json = try Tool.run("port", "9527", "--json").json
      #expect(json["sockets"] == .array([]))
      #expect(json["counts"] == .object(["listed": .int(0), "by_state": .object([:])]))
      #expect(try Tool.run("port", "9527", "--output", "plain").output == "")
      #expect(try Tool.run("port", "9527", "--output", "plain", "--header").lines.count == 2)
    }
  }

  /// Longest left first, with what has no timer before all of them.
  @Test func longestFirst() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      pause(milliseconds: 250)
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      pause(milliseconds: 250)
      try lab.timeWait(port: 9527, .init(reuseAddress: true), keepListener: true)
      func times(_ arguments: String...) throws -> [Int?] {
        let sockets = try Tool.run(["port", "9527", "--json"] + arguments).json["sockets"].array ?? []
        return sockets.map { $0["timer"]["expires_ms"].int }
      }
      let some = try times().compactMap { $0 }
      #expect(some.count == 3)
      #expect(some == some.sorted(by: >))
      let all = try times("--all")
      #expect(all.count == 4)
      #expect(all.first == .some(nil))
      #expect(
        try Tool.run("port", "9527", "--json").json["last_time_wait_ms"].int.map { $0 <= some[0] } == true)

      let plain = try Tool.run("port", "9527", "--output", "plain", "--sort", "time").lines.dropLast()
      let column = plain.compactMap { Int($0.split(separator: "\t")[6]) }
      #expect(column.count == 3)
      #expect(column == column.sorted(by: >))
    }
  }

  @Test func byPeer() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 12, port: 9527)
      for output in ["json", "plain"] {
        let result = try Tool.run("port", "9527", "--sort", "peer", "--output", output)
        let ports =
          output == "json"
          ? try result.json["sockets"].array?.compactMap { $0["peer"]["port"].int } ?? []
          : result.lines.dropLast().compactMap { Int($0.split(separator: "\t")[5]) }
        #expect(ports.count == 12)
        #expect(ports == ports.sorted())
      }
    }
  }
}

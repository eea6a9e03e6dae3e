import Glibc
import KernelSupport
import TestSupport
import Testing

/// `release` ends what it is to end, and nothing else.
@Suite(.needs(.networkNamespaces))
struct ReleaseTests {
  private static let reuse = SocketOptions(reuseAddress: true)

  private func states(onPort port: UInt16) throws -> [String] {
    try KernelTable.read().rows(onPort: port).map { "\($0.state)" }.sorted()
  }

  @Test(.needs(.endOfMinisockets)) func aPlainBindWorksAfterwards() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 3, port: 9527)
      #expect(try Tool.run("trybind", "9527", "-q").exitCode == 1)
      let result = try Tool.run("release", "9527", "--yes")
      #expect(result.exitCode == 0)
      #expect(result.errors == "")
      #expect(result.output.contains("Ended 3 TIME_WAIT on port 9527."))
      #expect(result.output.contains(":9527 works now."))
      #expect(result.output.contains("RFC 1337"))
      #expect(try states(onPort: 9527).isEmpty)
      #expect(try Tool.run("trybind", "9527", "-q").exitCode == 0)
    }
  }

  @Test(.needs(.endOfMinisockets)) func whatAProcessHasStays() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, Self.reuse)
      let server = try lab.established(port: 9527, Self.reuse, keepListener: true)
      try lab.timeWait(port: 9528)
      // Here the port is the peer's: the entry is on another port of this host.
      let client = try lab.clientTimeWait(toPort: 9529)
      #expect(try Tool.run("release", "9527", "--yes").exitCode == 0)
      #expect(try states(onPort: 9527) == ["established", "listen"])
      #expect(try states(onPort: 9528) == ["timeWait"])
      try server.subject?.send([1])
      #expect(try server.other?.receive() == [1])
      let nothing = try Tool.run("release", "9529", "--yes", "--json")
      #expect(nothing.exitCode == 0)
      #expect(try nothing.json["released"].count == 0)
      #expect(try states(onPort: client.port) == ["timeWait"])
    }
  }

  @Test func onlyAListener() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let result = try Tool.run("release", "9527", "--yes")
      #expect(result.exitCode == 0)
      #expect(result.output.contains("nothing to end"))
      #expect(result.output.contains("1 LISTEN"))
      #expect(try states(onPort: 9527) == ["listen"])
      #expect(try Tool.run("release", "9527", "--yes", "--json").json["plain_bind"].isNull)
    }
  }

  @Test(.needs(.endOfMinisockets)) func finWait2OnlyIfAskedFor() throws {
    try withNetworkNamespace { lab in
      try lab.finWait2Minisocket(port: 9527)
      let without = try Tool.run("release", "9527", "--yes")
      #expect(without.exitCode == 0)
      #expect(without.output.contains("--include-fin-wait-2"))
      #expect(try states(onPort: 9527) == ["finWait2"])
      let with = try Tool.run("release", "9527", "--yes", "--include-fin-wait-2")
      #expect(with.exitCode == 0)
      #expect(with.output.contains("Ended 1 FIN_WAIT2 without a process"))
      #expect(try states(onPort: 9527).isEmpty)
    }
  }

  /// A FIN_WAIT2 that a process still has is no minisocket.
  @Test func aFinWait2WithAProcessStays() throws {
    try withNetworkNamespace { lab in
      try lab.finWait2(port: 9527)
      #expect(try Tool.run("release", "9527", "--yes", "--include-fin-wait-2").exitCode == 0)
      #expect(try states(onPort: 9527) == ["finWait2"])
    }
  }

  @Test(.needs(.endOfMinisockets), .needs(.ipv6)) func oneFamily() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, Self.reuse)
      try lab.timeWait(via: .ipv6, port: 9527, Self.reuse)
      let result = try Tool.run("release", "9527", "--yes", "-6", "--json")
      #expect(result.exitCode == 0)
      let json = try result.json
      #expect(json["released"].array?.map { $0["family"].string } == ["ipv6"])
      #expect(json["left"].array?.map { $0["family"].string } == ["ipv4"])
      #expect(json["plain_bind"]["v6_only"].bool == true)
      #expect(json["plain_bind"]["bind"].string == "ok", "IPv4 is not in the way of IPv6 alone")
    }
  }

  /// Its cookie names the open socket as well.
  @Test func aSocketThatIsStillOpenIsSpared() throws {
    try withNetworkNamespace { lab in
      let connection = try lab.connect(clientPort: 9527)
      _ = try Tool.run("port", "9527", "--all")
      try connection.client.shutdownWriting()
      connection.child.close()
      try lab.wait(for: .timeWait, local: connection.client.localAddress, peer: connection.local)
      let json = try Tool.run("release", "9527", "--yes", "--json").json
      #expect(json["released"].count == 0)
      #expect(json["left"].count == 2)
    }
  }

  // MARK: Formats

  @Test(.needs(.endOfMinisockets), arguments: [true, false])
  func document(isDryRun: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, keepListener: true)
      let result = try Tool.run("release", "9527", isDryRun ? "--dry-run" : "--yes", "--json")
      #expect(result.exitCode == 0)
      let json = try result.json
      #expect(
        json.keys == [
          "schema_version", "command", "tool_version", "observed_at", "host", "source", "target", "dry_run",
          "released", "would_release", "vanished", "left", "plain_bind", "error",
        ])
      #expect(json["command"].string == "release")
      #expect(json["dry_run"].bool == isDryRun)
      #expect(
        json[isDryRun ? "would_release" : "released"].array?.map { $0["state"].string } == ["time-wait"])
      #expect(json[isDryRun ? "released" : "would_release"].count == 0)
      #expect(json["left"].array?.map { $0["state"].string } == ["listen"])
      #expect(json["plain_bind"]["bind"].string == (isDryRun ? nil : "EADDRINUSE"))
      #expect(json["error"].isNull)
      #expect(try states(onPort: 9527) == (isDryRun ? ["listen", "timeWait"] : ["listen"]))
    }
  }

  @Test(.needs(.endOfMinisockets)) func linesAndPlain() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527)
      let lines = try Tool.run("release", "9527", "--dry-run", "--output", "jsonl")
      #expect(try lines.jsonLines.map { $0["would_release"].count } == [2])
      #expect(try lines.jsonLines.map { $0["type"].string } == ["answer"])
      let dry = try Tool.run("release", "9527", "--dry-run", "--output", "plain", "--header").lines
      let port = try Tool.run("port", "9527", "--output", "plain", "--header").lines
      #expect(dry.first == port.first)
      #expect(dry.count == port.count)
      let plain = try Tool.run("release", "9527", "--yes", "--output", "plain").lines
      #expect(plain.count == 3)
      #expect(plain[0].hasPrefix("time-wait\tipv4\t127.0.0.1\t9527\t127.0.0.1\t"))
    }
  }

  // MARK: Asking

  private func ask(_ answer: String, _ arguments: [String] = []) throws -> CommandResult {
    var command = try Tool.command(["release", "9527"] + arguments)
    command.terminal = (rows: 24, columns: 80)
    let running = try command.start()
    try running.waitForOutput(containing: "[y/N]")
    running.write(answer)
    return try running.finish()
  }

  @Test(.needs(.endOfMinisockets), arguments: ["y\n", "Y\n", " yes \n", "YES\n"])
  func yes(answer: String) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try ask(answer)
      #expect(result.exitCode == 0)
      #expect(result.output.contains("End 1 TIME_WAIT on port 9527? [y/N]"))
      #expect(try states(onPort: 9527).isEmpty)
    }
  }

  /// Everything else: the end of input (Ctrl-D) as well.
  @Test(arguments: [
    "\n", "n\n", "no\n", "yess\n", "\u{4}", "ja\n", String(repeating: "y", count: 500) + "\n",
  ])
  func no(answer: String) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try ask(answer)
      #expect(result.exitCode == 1)
      #expect(result.output.contains("Nothing was ended."))
      #expect(try states(onPort: 9527) == ["timeWait"])
      #expect(try Tool.run("trybind", "9527", "-q").exitCode == 1)
    }
  }

  @Test func interrupted() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try ask("\u{3}")
      #expect(result.status == .signalled(SIGINT))
      #expect(try states(onPort: 9527) == ["timeWait"])
    }
  }

  /// While the question stands there, the entry goes and the listener stays.
  @Test(.needs(.endOfMinisockets)) func gonePriorToTheAnswer() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, keepListener: true)
      var command = try Tool.command(["release", "9527"])
      command.terminal = (rows: 24, columns: 80)
      let running = try command.start()
      try running.waitForOutput(containing: "[y/N]")
      #expect(try Tool.run("release", "9527", "--yes", "-q").exitCode == 0)
      running.write("y\n")
      let result = try running.finish()
      #expect(result.exitCode == 0)
      #expect(result.output.contains("Nothing was ended.\r\n1 had ended by itself before that."))
      #expect(try states(onPort: 9527) == ["listen"])
    }
  }

  /// What came after the list was shown was not agreed to.
  @Test(.needs(.endOfMinisockets)) func newOnesAreLeft() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, Self.reuse)
      var command = try Tool.command(["release", "9527", "--json"])
      command.terminal = (rows: 24, columns: 80)
      let running = try command.start()
      try running.waitForOutput(containing: "[y/N]")
      try lab.timeWait(port: 9527, Self.reuse)
      running.write("y\n")
      let result = try running.finish()
      #expect(result.exitCode == 0)
      #expect(result.output.contains("\"vanished\": 0"))
      #expect(try states(onPort: 9527) == ["timeWait"])
    }
  }

  @Test func nobodyToAsk() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      for arguments in [[], ["--json"], ["-q"], ["--output", "plain"]] {
        let result = try Tool.run(["release", "9527"] + arguments, stdin: .text("y\n"))
        #expect(result.exitCode == 64)
        #expect(result.output == "")
        #expect(result.errors.contains("--yes"))
      }
      #expect(try states(onPort: 9527) == ["timeWait"])
    }
  }

  // MARK: Refusals

  @Test(.needs(.otherUsers)) func notPermitted() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try Tool.run("release", "9527", "--yes", asUser: 65_534)
      #expect(result.exitCode == 77)
      #expect(result.errors.contains("CAP_NET_ADMIN"))
      #expect(result.errors.split(separator: "\n").count == 1)
      #expect(try Tool.run("release", "9527", "--dry-run", asUser: 65_534).exitCode == 0)
      #expect(try states(onPort: 9527) == ["timeWait"])
    }
  }

  /// Root of a user namespace that does not own this network namespace: only the kernel can tell.
  @Test(.needs(.userNamespaces)) func rootOfAnotherUserNamespace() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let tool = try Tool.path.get()
      let result = try Command(
        "/usr/bin/unshare", ["--user", "--map-root-user", tool, "release", "9527", "--yes", "--json"]
      ).run()
      #expect(result.exitCode == 77)
      #expect(result.errors.contains("CAP_NET_ADMIN"))
      let json = try result.json
      #expect(json["released"].count == 0)
      #expect(json["left"].count == 1)
      #expect(json["error"].string?.contains("CAP_NET_ADMIN") == true)
      #expect(try states(onPort: 9527) == ["timeWait"])
    }
  }

  @Test func onlyByNetlink() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let proc = try Tool.run("release", "9527", "--yes", "--source", "proc")
      #expect(proc.exitCode == 69)
      #expect(proc.errors.contains("/proc shows no cookies"))
      var command = try Tool.command(["release", "9527", "--yes"])
      command.denials = [.socket(AF_NETLINK, EPERM)]
      let denied = try command.run()
      #expect(denied.exitCode == 69)
      #expect(denied.output == "")
      #expect(try states(onPort: 9527) == ["timeWait"])
    }
  }

  @Test(.needs(.endOfMinisockets)) func withoutIPv6() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var command = try Tool.command(["release", "9527", "--yes"])
      command.denials = [.socket(AF_INET6, EAFNOSUPPORT)]
      let result = try command.run()
      #expect(result.exitCode == 0)
      #expect(result.output.contains("A plain bind to 0.0.0.0:9527 works now."))
    }
  }

  /// Many take no time to speak of: one request and one answer each.
  @Test(.needs(.endOfMinisockets)) func many() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 1000, port: 9527)
      let result = try Tool.run("release", "9527", "--yes", "--json")
      #expect(result.exitCode == 0)
      #expect(try result.json["released"].count == 1000)
      #expect(result.duration < .seconds(5))
      #expect(try states(onPort: 9527).isEmpty)
    }
  }
}

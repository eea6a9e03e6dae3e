import Glibc
import TestSupport
import Testing

/// `--netns`: the answer is of another network namespace, in every part of it.
@Suite(.needs(.networkNamespaces))
struct NetworkNamespaceTests {
  /// Runs the tool here, with the lab's namespace kept by a process that lives in it.
  private func withResident(_ body: (Lab, RunningCommand) throws -> Void) throws {
    try withNetworkNamespace { lab in
      let resident = try Command("/bin/sleep", ["30"]).start()
      try body(lab, resident)
    }
  }

  private func elsewhere(_ arguments: [String], asUser user: uid_t? = nil) throws -> CommandResult {
    // In a third namespace, so that neither the tests' nor the lab's is the right one by chance.
    try withNetworkNamespace { _ in try Tool.run(arguments, asUser: user) }
  }

  @Test func everyPartIsOfTheOtherNamespace() throws {
    try withResident { lab, resident in
      try lab.listener(port: 9527)
      try lab.timeWait(port: 9528, .init(device: "lo"))
      try lab.sysctl("net.ipv4.ip_local_port_range", "9000 9999")
      for name in ["pid:\(resident.pid)", lab.path] {
        for source in ["netlink", "proc"] {
          let port = try elsewhere(["port", "9527", "--all", "--json", "--netns", name, "--source", source])
          #expect(try port.json["host"]["netns_inode"].int == Int(lab.inode), "\(port)")
          #expect(try port.json["counts"]["by_state"] == .object(["listen": .int(1)]))
        }
        let device = try elsewhere(["port", "9528", "--json", "--netns", name]).json["sockets"][0]
        #expect(device["interface"].string == "lo")
        let trybind = try elsewhere(["trybind", "9527", "--json", "--netns", name])
        #expect(trybind.exitCode == 1)
        let slugs = try trybind.json.slugs
        #expect(slugs == ["listener-alive", "wildcard-overlaps-specific", "port-in-ephemeral-range"])
        #expect(try trybind.json["holders"][0]["owners"][0]["pid"].int == Int(getpid()))
      }
      #expect(try elsewhere(["trybind", "9527"]).exitCode == 0)
    }
  }

  @Test func commandsLeadToTheNamespace() throws {
    try withResident { lab, resident in
      try lab.listener(port: 9527)
      let json = try elsewhere([
        "trybind", "9527", "--address", "::", "--json", "--netns", "pid:\(resident.pid)",
      ]).json
      let commands = json["findings"].array?.flatMap { $0["remedies"].array ?? [] }.compactMap {
        $0["command"].string
      }
      #expect(commands?.contains("tw-inspect port 9527 --all --netns pid:\(resident.pid)") == true)
      let text = try elsewhere(["port", "9527", "--netns", "pid:\(resident.pid)"]).output
      #expect(text.contains("tw-inspect port 9527 --all --netns pid:\(resident.pid)"))
    }
  }

  /// The hints of a watch led back to where it was started.
  @Test func hintsOfAWatchLeadToTheNamespace() throws {
    try withResident { lab, resident in
      try lab.listener(port: 9527)
      let options = ["--netns", "pid:\(resident.pid)"]
      let hints = try withNetworkNamespace { _ in
        let watch = try Tool.command(["port", "9527", "--watch", "--interval", "100ms"] + options).start()
        // The second look is the first whole one for sure.
        try watch.waitForOutput { $0.matches(of: /port 9527, every/).count > 2 }
        return watch.output.matches(of: /tw-inspect [a-z]+ [^\n]*/).map { String($0.output) }
      }
      #expect(!hints.isEmpty)
      for hint in hints { #expect(hint.hasSuffix(options.joined(separator: " ")), "\(hint)") }
    }
  }

  @Test(.needs(.otherUsers), .needs(.program("ip"))) func namesOfIpNetns() throws {
    let name = "tw-inspect-\(getpid())"
    let ip = "/usr/bin/ip"
    let added = try Command(ip, ["netns", "add", name]).run()
    try #require(added.exitCode == 0, "\(added)")
    defer { _ = try? Command(ip, ["netns", "del", name]).run() }
    let result = try Tool.run("port", "9527", "--json", "--netns", name)
    #expect(result.exitCode == 0)
    var status = stat()
    #expect(stat("/run/netns/\(name)", &status) == 0)
    #expect(try result.json["host"]["netns_inode"].int == Int(status.st_ino))
  }

  @Test(arguments: [
    "nope", "pid:999999999", "pid:", "pid:x", "pid:0", "pid:-1", "/etc/passwd", "/nope/nope", "", ".", "..",
    "pid:99999999999", "/proc/self/ns/pid", "a\u{1b}[31m", "/dev/null",
  ])
  func namesOfNone(name: String) throws {
    for command in ["port", "trybind"] {
      let result = try Tool.run(command, "9527", "--netns", name)
      // What can be no name at all is a mistake in the command; a namespace that is not there may have been.
      let isName = name.contains("/") || ["nope", "pid:999999999", "a\u{1b}[31m"].contains(name)
      #expect(result.exitCode == (isName ? 69 : 64), "\(result)")
      #expect(result.errors.hasPrefix("could not look: ") == isName)
      #expect(result.output == "")
      #expect(result.errors.split(separator: "\n").count == 1)
      #expect(!result.errors.contains("\u{1b}"))
    }
  }

  // MARK: Without the permission

  @Test(.needs(.otherUsers)) func notPermitted() throws {
    try withResident { lab, resident in
      try lab.listener(port: 9527)
      let trybind = try elsewhere(["trybind", "9527", "--netns", "pid:\(resident.pid)"], asUser: 65_534)
      #expect(trybind.exitCode == 77)
      #expect(trybind.errors.contains("CAP_SYS_ADMIN"))
      let strict = try elsewhere(
        ["port", "9527", "--netns", "pid:\(resident.pid)", "--source", "netlink"], asUser: 65_534)
      #expect(strict.exitCode == 77)
      // The table is there for everybody.
      let port = try elsewhere(
        ["port", "9527", "--all", "--json", "--netns", "pid:\(resident.pid)"], asUser: 65_534)
      #expect(port.exitCode == 0, "\(port)")
      #expect(try port.json["source"]["kind"].string == "proc")
      #expect(try port.json["host"]["netns_inode"].isNull)
      #expect(try port.json["counts"]["by_state"] == .object(["listen": .int(1)]))
      #expect(port.errors.contains("/proc/\(resident.pid)/net/tcp"))
    }
  }

  @Test(.needs(.otherUsers)) func theOwnNamespaceNeedsNoPermission() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      var resident = Command("/bin/sleep", ["30"])
      resident.user = 65_534
      let running = try resident.start()
      let result = try Tool.run(
        "port", "9527", "--all", "--json", "--netns", "pid:\(running.pid)", asUser: 65_534)
      #expect(try result.json["source"]["kind"].string == "netlink")
      #expect(try result.json["host"]["netns_inode"].int == Int(lab.inode))
    }
  }

  // MARK: Others

  /// `port` named any process of any namespace, and `trybind` none, where a server elsewhere has the port.
  @Test func theNamespaceThatHoldsThePortIsNamed() throws {
    try withNetworkNamespace { _ in
      // A process that is not the test's own, so that its namespace is not the test's.
      let server = try Perl("our $s = server(9631);").start()
      let hint = "perl (pid \(server.pid)): 1 LISTEN"
      try withNetworkNamespace { lab in
        // Looking there ends after 200 ms, which can be too short while many tests run.
        let wanted = "Held in another network namespace:\n  \(hint)  tw-inspect port 9631 --netns pid:"
        var port = ""
        try waitUntil("the other namespace is named: \(port)") {
          port = try Tool.run("port", "9631").output
          return port.contains(wanted)
        }
        expectNarrow(port)
        #expect(try !Tool.run("port", "9631", "--side", "peer").output.contains("another network namespace"))
        #expect(try !Tool.run("port", "9632").output.contains("another network namespace"))

        var finding = JSON.missing
        try waitUntil("trybind names it") {
          finding = try Tool.run("trybind", "9631", "--json").json["findings"][0]
          return finding != .missing
        }
        #expect(finding["slug"].string == "held-in-other-namespace" && finding["severity"].string == "info")
        #expect(finding["title"].string?.contains(hint) == true)
        let command = try #require(finding["remedies"][0]["command"].string)
        #expect(command.hasSuffix("tw-inspect trybind 9631 --netns pid:\(server.pid)"))
        #expect(try Tool.run("trybind", "9631", "--netns", "pid:\(server.pid)").exitCode == 1)

        // Who has something here was not thinking of another namespace.
        try lab.listener(port: 9631)
        #expect(try !Tool.run("port", "9631").output.contains("another network namespace"))
        #expect(try !Tool.run("trybind", "9631").output.contains("held-in-other-namespace"))
      }
      try server.send(signal: SIGKILL)
      _ = try server.finish()
    }
  }
}

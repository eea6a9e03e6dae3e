import Glibc
import TestSupport
import Testing

/// Who has a socket open, live.
@Suite(.needs(.networkNamespaces))
struct OwnerTests {
  private static let nobody: uid_t = 65_534

  /// Whether this process may look into every other: a policy can keep even root from it.
  private func trybind(_ arguments: String..., asUser user: uid_t? = nil) throws -> JSON {
    try Tool.run(["trybind", "9527", "--json"] + arguments, asUser: user).json
  }

  private func slugs(_ json: JSON) -> [String] {
    json.slugs
  }

  private func pids(_ json: JSON) -> [Int] {
    json["holders"][0]["owners"].array?.compactMap { $0["pid"].int } ?? []
  }

  @Test func thisProcess() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      let json = try trybind()
      let holder = json["holders"][0]
      let owner = holder["owners"][0]
      #expect(pids(json) == [Int(getpid())])
      #expect(owner["fd"].int == Int(listener.subject?.descriptor ?? -1))
      let name = String(decoding: try readFile("/proc/self/comm").dropLast(), as: UTF8.self)
      #expect(owner["command"].string == name)
      #expect(owner["user"].string == (geteuid() == 0 ? "root" : nil) || geteuid() != 0)
      #expect(owner.keys == ["pid", "command", "fd", "user", "unit", "container", "started_at"])
      #expect(holder["owner_visibility"].string == "visible")
      #expect(holder["owners_complete"].bool == Requirement.everyProcess.isMet())
      let title = json["findings"][0]["title"].string ?? ""
      #expect(title.contains("\(name) (pid \(getpid())), which listens on 127.0.0.1:9527"))
      #expect(slugs(json) == ["listener-alive", "wildcard-overlaps-specific"])
    }
  }

  @Test func theQuickLookStopsAtTheFirst() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      var child = Command("/bin/sleep", ["30"])
      child.inherited = [try #require(listener.subject).descriptor]
      let running = try child.start()
      defer { withExtendedLifetime(running) {} }
      for format in ["json", "jsonl"] {
        let result = try Tool.run("port", "9527", "--all", "--owners", "--output", format)
        let rows = try format == "json" ? result.json["sockets"].array ?? [] : result.jsonLines
        let row = try #require(rows.first { $0["state"].string == "listen" })
        #expect(row["owners"].array?.count == 1)
        #expect(row["owners_complete"].bool == false)
        #expect(row["owner_visibility"].string == "visible")
      }
      let table = try Tool.run("port", "9527", "--all", "--owners")
      #expect(table.output.contains("  pid ") && table.output.contains(", fd "))
      expectNarrow(table.output)
      let plain = try Tool.run("port", "9527", "--all", "--owners", "--output", "plain")
      #expect(plain.exitCode == 0 && plain.lines[0].contains("\t\(getpid())\t"), "\(plain)")
      #expect(try Tool.run("port", "9527", "--flags", "live", "--output", "plain").exitCode == 64)
      // Without the option nobody looks.
      let row = try Tool.run("port", "9527", "--all", "--json").json["sockets"][0]
      #expect(row["owners"].isNull && row["owners_complete"].isNull)
    }
  }

  /// A row of a socket that no process can have says so once owners were looked for.
  @Test func minisocketsHaveNone() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      for row in [
        try Tool.run("port", "9527", "--owners", "--json").json["sockets"][0], try trybind()["holders"][0],
      ] {
        #expect(row["owners"].array?.isEmpty == true)
        #expect(row["owners_complete"].bool == true)
        #expect(row["owner_visibility"].string == "none")
      }
    }
  }

  // MARK: Several holders

  @Test func aChildOfAnotherProgram() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(via: .ipv4Wildcard, port: 9527)
      var child = Command("/bin/sleep", ["30"])
      child.inherited = [try #require(listener.subject).descriptor]
      let running = try child.start()
      let json = try trybind("--address", "0.0.0.0")
      #expect(Set(pids(json)) == [Int(getpid()), Int(running.pid)])
      #expect(slugs(json) == ["listener-alive", "listener-inherited"])
      let finding = json["findings"][1]
      #expect(finding["certainty"].string == "likely")
      #expect(finding["evidence"].array?.contains { $0.string?.contains("sleep") == true } == true)
      #expect(
        json["findings"][0]["remedies"].array?.contains { $0["command"].string?.hasPrefix("kill ") == true }
          == true)
    }
  }

  /// Workers of one program: nothing to remark.
  @Test func childrenOfOneProgram() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(via: .ipv4Wildcard, port: 9527)
      var child = Command("/bin/sleep", ["30"])
      child.inherited = [try #require(listener.subject).descriptor]
      let workers = [try child.start(), try child.start()]
      listener.subject?.close()
      let json = try trybind("--address", "0.0.0.0")
      #expect(Set(pids(json)) == Set(workers.map { Int($0.pid) }))
      #expect(slugs(json) == ["listener-alive"])
    }
  }

  @Test(.needs(.otherUsers)) func aChildOfAnotherUser() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(via: .ipv4Wildcard, port: 9527)
      var child = Command("/bin/sleep", ["30"])
      child.inherited = [try #require(listener.subject).descriptor]
      child.user = Self.nobody
      let running = try child.start()
      listener.subject?.close()
      let json = try trybind("--address", "0.0.0.0")
      #expect(pids(json) == [Int(running.pid)])
      #expect(json["holders"][0]["owners"][0]["user"].string == "nobody")
      // Its user sees it without privilege, and knows that there may be others.
      let own = try trybind("--address", "0.0.0.0", asUser: Self.nobody)
      #expect(pids(own) == [Int(running.pid)])
      #expect(own["holders"][0]["owners_complete"].bool == false)
    }
  }

  /// What could not be opened for want of descriptors was said to be held by the kernel itself, or kept hidden by a
  /// security policy.
  @Test func tooFewDescriptorsToLook() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      for limit in 4...10 {
        var command = try Tool.command(["trybind", "9527", "--json"])
        command.descriptorLimit = limit
        let result = try command.run()
        guard result.exitCode == 1 else { continue }
        let json = try result.json
        #expect(slugs(json) == ["listener-alive"], "\(limit)")
        let holder = json["holders"][0]
        let isSeen = holder["owners"].array?.isEmpty == false
        #expect(isSeen || holder["owner_visibility"].string == "unknown", "\(limit)")
        #expect(isSeen || holder["owners_complete"].bool == false, "\(limit)")
      }
    }
  }

  // MARK: Hidden

  @Test(.needs(.otherUsers)) func anotherUsersProcess() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      let json = try trybind("--address", "0.0.0.0", asUser: Self.nobody)
      #expect(json["holders"][0]["owner_visibility"].string == "hidden")
      #expect(json["holders"][0]["owners"].array?.isEmpty == true)
      #expect(json["holders"][0]["owners_complete"].bool == false)
      #expect(slugs(json) == ["listener-alive", "owner-hidden"])
      #expect(json["findings"][1]["because"].string?.contains("CAP_SYS_PTRACE") == true)
      let table = try Tool.run("port", "9527", "--all", "--owners", asUser: Self.nobody)
      #expect(table.output.contains("process hidden"))
      #expect(table.output.contains("CAP_DAC_READ_SEARCH"))
    }
  }

  /// What the answer says would show more, does, and no less does.
  @Test(
    .needs(.otherUsers), .needs(.program("setpriv")),
    arguments: [
      ("", "hidden"), ("+sys_ptrace", "hidden"), ("+dac_read_search", "hidden"),
      ("+sys_ptrace,+dac_read_search", "visible"),
    ])
  func privilege(capabilities: String, visibility: String) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let path = try Tool.path.get()
      let binary = open(path, O_RDONLY | O_CLOEXEC)
      defer { close(binary) }
      let more = capabilities.isEmpty ? [] : ["--inh-caps", capabilities, "--ambient-caps", capabilities]
      // By a descriptor: that user may not get to where the binary lies.
      var command = Command(
        "/usr/bin/setpriv",
        ["--reuid", "65534", "--clear-groups"] + more + ["/proc/self/fd/3", "trybind", "9527", "--json"])
      command.inherited = [binary]
      let json = try command.run().json
      #expect(json["holders"][0]["owner_visibility"].string == visibility)
    }
  }

  /// /proc with hidepid, in a mount namespace.
  @Test(.needs(.otherUsers), .needs(.program("setpriv")))
  func hidepid() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      let binary = open(try Tool.path.get(), O_RDONLY | O_CLOEXEC)
      defer { close(binary) }
      var command = Command(
        "/usr/bin/unshare",
        [
          "--mount", "sh", "-c",
          """
          mount -t proc -o hidepid=invisible proc /proc || exit 99
          exec setpriv --reuid 65534 --clear-groups /proc/self/fd/3 trybind 9527 --address 0.0.0.0 --json
          """,
        ])
      command.inherited = [binary]
      let result = try command.run()
      try #require(result.exitCode == 1, "\(result)")
      let json = try result.json
      #expect(json["holders"][0]["owner_visibility"].string == "hidden")
      #expect(slugs(json) == ["listener-alive", "owner-hidden"])
      #expect(json["findings"][1]["because"].string?.contains("hidepid") == true)
    }
  }

  @Test(.needs(.otherUsers)) func fromAnotherPIDNamespace() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      let result = try Command(
        "/usr/bin/unshare",
        [
          "--pid", "--fork", "--mount-proc", try Tool.path.get(), "trybind", "9527", "--address", "0.0.0.0",
          "--json",
        ]
      ).run()
      let json = try result.json
      #expect(json["holders"][0]["owner_visibility"].string == "hidden", "\(result)")
      #expect(slugs(json) == ["listener-alive", "owner-hidden"])
      #expect(json["findings"][1]["because"].string?.contains("PID namespace") == true)
    }
  }

  /// Without /proc there is an answer all the same, and none about owners.
  @Test(.needs(.hiddenProc)) func withoutProc() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      var command = try Tool.command(["trybind", "9527", "--address", "0.0.0.0", "--json"])
      command.hidesProc = true
      let result = try command.run()
      #expect(result.exitCode == 1, "\(result)")
      let holder = try result.json["holders"][0]
      #expect(holder["owner_visibility"].string == "hidden")
      #expect(holder["owners"].array?.isEmpty == true)
      #expect(holder["owners_complete"].bool == false)
    }
  }
}

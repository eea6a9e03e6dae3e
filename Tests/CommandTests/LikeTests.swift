import Glibc
import KernelSupport
import TestSupport
import Testing

/// `--like`: the server is taken from one that runs. Most of the servers here are of the process of the tests.
@Suite(.needs(.networkNamespaces))
struct LikeTests {
  static let all: [SocketOptions] = [
    .none, .init(reuseAddress: true), .init(reusePort: true), .init(reuseAddress: true, reusePort: true),
  ]
  private static let own = "\(getpid())"
  private static let nobody: uid_t = 65_534

  private func trybind(_ arguments: String..., asUser user: uid_t? = nil) throws -> CommandResult {
    try Tool.run(["trybind", "9527"] + arguments, asUser: user)
  }

  /// Its output without line breaks.
  private static func words(_ result: CommandResult) -> String {
    result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: What is taken

  @Test(.needs(.boundSockets), .needs(.ipv6), arguments: Route.allCases)
  func addressAndOptions(route: Route) throws {
    for options in Self.all {
      try withNetworkNamespace { lab in
        let listener = try lab.makeListener(via: route, port: 9527, options)
        let result = try trybind("--like", Self.own, "--json")
        let json = try result.json
        let target = json["target"]
        let comment = Comment(rawValue: "\(route) \(options): \(result)")
        #expect(target["addresses"] == .array([.string(route.listenAddress)]), comment)
        #expect(target["reuse"].bool == options.reuseAddress, comment)
        #expect(target["reuse_port"].bool == options.reusePort, comment)
        #expect(target["v6_only"].bool == (route == .ipv6OnlyWildcard), comment)
        #expect(target["as_uid"].int == Int(geteuid()) && target["interface"].isNull, comment)
        #expect(target["taken_from"]["pid"].int == Int(getpid()), comment)
        #expect(target["taken_from"]["mptcp"].bool == false, comment)
        // A second one beside it can share the port by SO_REUSEPORT alone.
        #expect(result.exitCode == (options.reusePort ? 0 : 1), comment)
        #expect(try trybind("--like", Self.own, "--after-stop", "-q").exitCode == 0, comment)
        listener.close()
      }
    }
  }

  /// An option that is set after bind() reads as set, and is what the next connections have.
  @Test func setAfterBind() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.makeListener(port: 9527)
      #expect(try trybind("--like", Self.own, "--json").json["target"]["reuse"].bool == false)
      try listener.setReuseAddress(true)
      #expect(try trybind("--like", Self.own, "--json").json["target"]["reuse"].bool == true)
    }
  }

  @Test func tiedToADevice() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(via: .ipv4Wildcard, port: 9527, .init(device: "lo"))
      let result = try trybind("--like", Self.own, "--json")
      #expect(try result.json["target"]["interface"].string == "lo", "\(result)")
      #expect(try Self.words(trybind("--like", Self.own)).contains("without SO_REUSEADDR, on lo, as "))
    }
  }

  @Test(.needs(.mptcp), .needs(.ipv6)) func multipath() throws {
    for (family, address, options) in [
      (.ipv4, "127.0.0.1", .init(reuseAddress: true, multipath: true)),
      (.ipv6, "::", .init(v6Only: false, multipath: true)),
    ] as [(AddressFamily, String, SocketOptions)] {
      try withNetworkNamespace { lab in
        let socket = lab.keep(try TCPSocket(family, options))
        try socket.bind(address, port: 9527)
        try socket.listen()
        let result = try trybind("--like", Self.own, "--json")
        let target = try result.json["target"]
        #expect(target["taken_from"]["mptcp"].bool == true, "\(result)")
        #expect(target["reuse"].bool == options.reuseAddress && target["v6_only"].bool == false, "\(result)")
        #expect(target["addresses"] == .array([.string(address)]), "\(result)")
        let text = try trybind("--like", Self.own)
        #expect(Self.words(text).contains("Multipath TCP, as "))
        #expect(Self.words(text).contains("beneath Multipath TCP"))
        #expect(try trybind("--like", Self.own, "--after-stop", "-q").exitCode == 0)
      }
    }
  }

  /// Each worker has a socket of its own there.
  @Test(.needs(.ipv6)) func severalSockets() throws {
    try withNetworkNamespace { lab in
      for route in [Route.ipv4Wildcard, .ipv4Wildcard, .ipv6OnlyWildcard] {
        _ = try lab.makeListener(via: route, port: 9527, .init(reusePort: true))
      }
      let result = try trybind("--like", Self.own)
      #expect(result.exitCode == 0, "\(result)")
      let line = "Like \(try Self.name()) (pid \(Self.own)): 0.0.0.0:9527 and [::]:9527 (IPV6_V6ONLY),"
      #expect(result.lines.contains { $0.hasPrefix(line) }, "\(result)")
      expectNarrow(result.output)
      #expect(
        try trybind("--like", Self.own, "--json").json["target"]["addresses"]
          == .array([.string("0.0.0.0"), .string("::")]))
      let wait = try Tool.run("wait", "9527", "--like", Self.own, "--json")
      #expect(try wait.exitCode == 0 && wait.json["target"]["taken_from"]["pid"].int == Int(getpid()))
      #expect(wait.errors.hasPrefix("tw-inspect: \(line) SO_REUSEPORT, as "), "\(wait)")
      #expect(
        try Tool.run("---completion", "trybind", "9527", "--like", "").output.hasPrefix("\(Self.own)\t"))
      #expect(try Tool.run("---completion", "trybind", "9528", "--like", "").output == "")
    }
  }

  private static func name() throws -> String {
    String(decoding: try readFile("/proc/self/comm").dropLast(), as: UTF8.self)
  }

  // MARK: Who made the sockets

  /// As nginx does: root makes the socket, and the workers are somebody else's.
  @Test(.needs(.boundSockets), .needs(.otherUsers), .needs(.program("perl"))) func whoDropsItsPrivileges()
    throws
  {
    try withNetworkNamespace { lab in
      let server = try Perl("our $s = server(80); $) = '65534 65534'; $( = 65534; $< = $> = 65534;").start()
      let result = try Tool.run("trybind", "80", "--like", "\(server.pid)")
      #expect(
        result.exitCode == 1 && Self.words(result).contains("without SO_REUSEADDR, as root."), "\(result)")
      #expect(try Tool.run("trybind", "80", "--like", "\(server.pid)", "--after-stop", "-q").exitCode == 0)
    }
  }

  /// A service manager has given it CAP_NET_BIND_SERVICE, and will do so again.
  @Test(.needs(.boundSockets), .needs(.otherUsers)) func anotherUsersPrivilegedPort() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 80, .init(reusePort: true, owner: Self.nobody))
      let result = try Tool.run("trybind", "80", "--like", Self.own, "--json")
      #expect(result.exitCode == 0, "\(result)")
      #expect(try result.json["target"]["as_uid"].int == Int(Self.nobody))
      // Root would not share the port.
      #expect(try Tool.run("trybind", "80", "--like", Self.own, "--as-user", "0", "-q").exitCode == 1)
      #expect(try Tool.run("trybind", "80", "--like", Self.own, "--after-stop", "-q").exitCode == 0)
      #expect(try Tool.run("wait", "80", "--like", Self.own, "-q").exitCode == 0)
    }
  }

  // MARK: Units

  @Test(.needs(.boundSockets), .needs(.cgroup2), .needs(.program("perl"))) func aUnit() throws {
    let name = "tw-inspect-like-\(getpid())"
    let group = try TestCgroup("\(name).service")
    defer { group.remove() }
    try withNetworkNamespace { lab in
      let script = "enter($ARGV[0]); our $s = server(9527); our $worker = fork;"
      let server = try Perl(script, arguments: [group.directory]).command.start()
      try server.waitForOutput { $0.split(separator: "\n").count == 2 }
      for word in [name, "\(name).service"] {
        let result = try trybind("--like", word, "--json")
        #expect(result.exitCode == 1, "\(result)")
        let taken = try result.json["target"]["taken_from"]
        #expect(taken["pid"].int == Int(server.pid) && taken["unit"].string == "\(name).service", "\(taken)")
      }
      #expect(try trybind("--like", "\(name).scope").exitCode == 69)
      // What is advised works.
      let advised = try trybind("--json").json["findings"][0]["remedies"].array?.compactMap {
        $0["command"].string
      }
      let command = try #require(advised?.first { $0.contains("--like") })
      #expect(command == "tw-inspect trybind 9527 --like \(name).service --after-stop")
      #expect(try Tool.run(command.split(separator: " ").dropFirst().map(String.init)).exitCode == 0)
      #expect(
        try Tool.run("---completion", "trybind", "9527", "--like", "tw-").output.hasPrefix(
          "\(name).service\t"))
    }
  }

  // MARK: What cannot be taken

  /// The exit status, and what is said.
  private func expectFailure(
    _ status: Int32, _ words: String..., like typed: String, more: [String] = [], asUser user: uid_t? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for command in ["trybind", "wait"] {
      let result = try Tool.run([command, "9527", "--like", typed] + more, asUser: user)
      #expect(result.exitCode == status && result.output == "", "\(result)", sourceLocation: sourceLocation)
      for word in words {
        #expect(result.errors.contains(word), "\(word): \(result)", sourceLocation: sourceLocation)
      }
      #expect(result.errors.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
    }
  }

  @Test(.needs(.program("perl"))) func nothingThere() throws {
    try withNetworkNamespace { lab in
      try expectFailure(69, "could not look: --like 999999999: there is no such process", like: "999999999")
      let idle = try Perl("").start()
      try expectFailure(64, "listens on no TCP port", like: "\(idle.pid)")
      for port in [9528, 9530] as [UInt16] { _ = try lab.makeListener(port: port) }
      try expectFailure(64, "does not listen on this port, but on 9528, 9530", like: Self.own)
      try expectFailure(69, "no process is in a unit of that name", like: "tw-inspect-none")
      // Another process listens on the port.
      let server = try Perl("name('web'); our $s = server(9527);").start()
      try expectFailure(64, "9528, 9530", like: Self.own)
      try expectFailure(69, "on the port listens web: --like \(server.pid)", like: "web")
    }
  }

  @Test func elsewhere() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527)
      let inside = lab.path
      let child = try Command("/bin/sleep", ["30"]).start()
      try withNetworkNamespace { _ in
        try expectFailure(
          64, "it is in another network namespace; add --netns pid:\(child.pid)", like: "\(child.pid)")
        let result = try trybind("--like", Self.own, "--netns", inside)
        #expect(result.exitCode == 1, "\(result)")
      }
    }
  }

  @Test(.needs(.boundSockets)) func differentOptions() throws {
    try withNetworkNamespace { lab in
      let first = lab.keep(try TCPSocket(.ipv4, .init(reuseAddress: true)))
      try first.bind("127.0.0.1", port: 9527)
      try first.listen()
      let second = lab.keep(try TCPSocket(.ipv4))
      try second.bind("127.0.0.2", port: 9527)
      try second.listen()
      try expectFailure(
        64, "127.0.0.1 SO_REUSEADDR, uid", "127.0.0.2 no option, uid", "--address and options", like: Self.own
      )
      let after = try trybind("--after-stop")
      #expect(after.exitCode == 0 && Self.words(after).contains("were set up differently"), "\(after)")
    }
  }

  @Test func contradictions() throws {
    for (option, name) in [
      (["--reuse"], "--reuse"), (["--reuse-port"], "--reuse-port"), (["--address", "::1"], "--address"),
      (["--v6-only"], "--v6-only"), (["--interface", "lo"], "--interface"), (["-4"], "-4"), (["-6"], "-6"),
    ] {
      try expectFailure(64, "--like with \(name): ", like: "1", more: option)
    }
    for typed in ["", "0", "99999999999", "a/b", "-x", "a b", "\u{1b}[1m"] {
      let result = try trybind("--like=\(typed)")
      #expect(result.exitCode == 64 && !result.errors.contains("\u{1b}"), "\(result)")
    }
    #expect(try Tool.run("trybind", "127.0.0.1:9527", "--like", "1").exitCode == 64)
    #expect(try Tool.run("trybind", "0", "--like", "1").exitCode == 64)
  }

  /// Of a thread it is the process that has the sockets.
  @Test func aThread() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527)
      // "812/task/813"
      var link = [CChar](repeating: 0, count: 64)
      let count = readlink("/proc/thread-self", &link, link.count)
      let bytes = link.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
      let thread = try #require(bytes.split(separator: UInt8(ascii: "/")).last)
      let result = try trybind("--like", String(decoding: thread, as: UTF8.self), "--json")
      #expect(try result.json["target"]["taken_from"]["pid"].int == Int(getpid()), "\(result)")
    }
  }

  // MARK: Not permitted

  @Test(.needs(.boundSockets), .needs(.otherUsers), .needs(.program("perl"))) func notPermitted() throws {
    try withNetworkNamespace { lab in
      let root = try Perl("our $s = server(9527);").start()
      try expectFailure(
        77, "process \(root.pid) is root's; run as root", like: "\(root.pid)", asUser: Self.nobody)
      // Its options are unknown: what a restart meets is told as before, with what would tell more.
      let after = try trybind("--after-stop", asUser: Self.nobody)
      #expect(after.exitCode == 0, "\(after)")
      #expect(Self.words(after).contains("Root can read them: sudo tw-inspect trybind"), "\(after)")
      let json = try trybind("--after-stop", "--json", asUser: Self.nobody)
      #expect(try json.json["target"]["taken_from"].isNull)
      #expect(json.errors.hasPrefix("tw-inspect: The options of what listens could not be read"))
      // Whoever has a privileged port was permitted to bind it.
      _ = try lab.makeListener(port: 80)
      #expect(try Tool.run("trybind", "80", "--after-stop", "-q", asUser: Self.nobody).exitCode == 0)
    }
  }

  /// PR_SET_DUMPABLE 0, of the same user.
  @Test(.needs(.otherUsers), .needs(.program("perl"))) func notDumpable() throws {
    try withNetworkNamespace { lab in
      var command = Perl("our $s = server(9527); syscall(157, 4, 0, 0, 0, 0);").command
      command.user = Self.nobody
      let server = try command.start()
      try server.waitForOutput(containing: "ready\n")
      try expectFailure(77, "not dumpable", like: "\(server.pid)", asUser: Self.nobody)
      #expect(try trybind("--like", "\(server.pid)").exitCode == 1)
    }
  }

  /// A process that ends while its sockets are read.
  @Test(.needs(.program("perl"))) func thatEnds() throws {
    try withNetworkNamespace { lab in
      for _ in 0..<8 {
        let server = try Perl("our $s = server(9527);").start()
        let looks = try (0..<3).map { _ in
          try Tool.command(["trybind", "9527", "--like", "\(server.pid)", "-q"]).start()
        }
        try server.send(signal: SIGKILL)
        let statuses = try looks.map { try $0.finish().exitCode ?? -1 }
        _ = try server.finish()
        // Yes where it has ended between the reading and the trial.
        for status in statuses { #expect([0, 1, 69].contains(status)) }
      }
    }
  }

  @Test(.needs(.otherUsers)) func fromAnotherPIDNamespace() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(port: 9527)
      let result = try Command(
        "/usr/bin/unshare",
        ["--pid", "--fork", "--mount-proc", try Tool.path.get(), "trybind", "9527", "--like", Self.own]
      ).run()
      #expect(result.exitCode == 69 && result.errors.contains("there is no such process"), "\(result)")
    }
  }
}

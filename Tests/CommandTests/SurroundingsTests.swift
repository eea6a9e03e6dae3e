import Glibc
import TestSupport
import Testing

/// Hosts, containers and limits in which something that is taken for granted is missing.
@Suite(.needs(.networkNamespaces))
struct SurroundingsTests {
  /// The tool below a shell that changes the surroundings first, with `$0` as its path and "$@" as its arguments.
  private func run(
    _ preparation: String, _ arguments: [String], unsharing: [String] = [], asUser user: uid_t? = nil
  ) throws -> CommandResult {
    let tool = try Tool.path.get()
    let shell = ["/bin/bash", "-c", "\(preparation) && exec \"$0\" \"$@\"", tool] + arguments
    var command =
      unsharing.isEmpty
      ? Command(shell[0], Array(shell.dropFirst())) : Command("/usr/bin/unshare", unsharing + shell)
    command.user = user
    return try command.run()
  }

  static let questions = [["port", "9527", "--all", "--owners", "--json"], ["trybind", "9527", "--json"]]

  /// Whose process holds the port is hidden, which is said; the rest is answered as ever.
  @Test(.needs(.hidepid), .needs(.otherUsers), arguments: questions)
  func hidepid(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let hide = "mount -t proc -o hidepid=2 proc /proc"
      let asRoot = try run(hide, arguments, unsharing: ["--mount"])
      let sockets = try asRoot.json["sockets"].array ?? asRoot.json["holders"].array
      #expect(sockets?.first?["owner_visibility"].string == "visible")
      let setpriv = "\(hide) && exec setpriv --reuid 65534 --regid 65534 --clear-groups"
      let asNobody = try run("\(setpriv) \"$0\" \"$@\"; true", arguments, unsharing: ["--mount"])
      let seen = try asNobody.json["sockets"].array ?? asNobody.json["holders"].array
      #expect(seen?.count == 1)
      #expect(seen?.first?["owner_visibility"].string == "hidden")
    }
  }

  @Test(.needs(.hidepid), arguments: questions)
  func noDeviceFiles(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let result = try run("mount -t tmpfs none /dev", arguments, unsharing: ["--mount"])
      #expect(result.exitCode == (arguments[0] == "port" ? 0 : 1))
      #expect(result.errors == "")
      #expect(try result.json["host"]["netns_inode"].int != nil)
    }
  }

  @Test(.needs(.hidepid), arguments: questions)
  func readOnlyFileSystems(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let result = try run("mount -o remount,bind,ro / ; true", arguments, unsharing: ["--mount"])
      #expect(result.exitCode == (arguments[0] == "port" ? 0 : 1))
      #expect(result.errors == "")
    }
  }

  /// From hardly enough to load the program up to enough: the right answer, or 71 with one sentence, or 69 where the
  /// look cannot be made; and owners that could not be looked for are not "none".
  @Test(arguments: questions, [5, 6, 7, 8, 10, 12, 16])
  func fewDescriptors(_ arguments: [String], limit: Int) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      var command = try Tool.command(arguments)
      command.descriptorLimit = limit
      let result = try command.run()
      switch result.exitCode {
      case 0, 1:
        let sockets = try result.json["sockets"].array ?? result.json["holders"].array
        #expect(sockets?.count == 1)
        let visibility = sockets?.first?["owner_visibility"].string
        #expect(visibility == "visible" || visibility == "unknown", "\(result)")
        if visibility == "unknown" { #expect(result.errors.contains("not every process"), "\(result)") }
        #expect(try !result.json.slugs.contains("kernel-owned-socket"))
      case 69, 71: #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
      default: Issue.record("\(result)")
      }
    }
  }

  /// Out of memory: one sentence and 71, not SIGABRT without a word.
  @Test(.needs(.realTime)) func littleMemory() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 500, port: 9527, .init(reuseAddress: true))
      var ends: Set<Int32> = []
      // From more than enough down to less than the loader needs; in the debug build the libraries alone are large.
      for kibibytes in stride(from: 400_000, through: 4_000, by: -12_000) {
        let result = try run("ulimit -v \(kibibytes)", ["port", "9527", "--json"])
        guard let code = result.exitCode else {
          // The loader's own end, before the program begins.
          #expect(result.output == "" && !result.errors.contains("tw-inspect:"), "\(kibibytes): \(result)")
          #expect(result.status != .signalled(SIGABRT))
          continue
        }
        ends.insert(code)
        switch code {
        case 0: #expect(try result.json["sockets"].count == 500)
        case 71: #expect(result.errors.contains("tw-inspect: out of memory"), "\(result)")
        default: #expect(code == 127 || code == 126 || code == 1, "\(kibibytes): \(result)")
        }
      }
      #expect(ends.contains(0))
    }
  }

  @Test func withoutIPv6() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let off = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; true"
      let no = try run(off, ["trybind", "9527", "--json"])
      #expect(no.exitCode == 1)
      #expect(try no.json.slugs.first == "listener-alive")
      let yes = try run(off, ["trybind", "9528", "--json"])
      #expect(yes.exitCode == 0)
    }
  }

  /// A name that could clear the screen, or be taken for another line, is shown escaped in every format.
  @Test(
    .needs(.program("perl")),
    arguments: ["\u{1b}[2J\u{7}", "a\nb", "\"}],", "\u{202e}gnp", "%s%n", "'; reboot"])
  func namesWithEscapes(_ name: String) throws {
    try withNetworkNamespace { _ in
      var perl = Perl("name($ARGV[0]); my $s = server(9527);", arguments: [name])
      perl.script = perl.script.replacing(
        "name($ARGV[0])", with: "shift @ARGV if $ARGV[0] eq '--'; name($ARGV[0])")
      let server = try perl.start()
      defer { withExtendedLifetime(server) {} }
      let text = try Tool.run("trybind", "9527")
      #expect(!text.output.contains("\u{1b}") && !text.output.contains("\u{7}"))
      #expect(!text.output.contains("\u{202e}"))
      let owner = try Tool.run("trybind", "9527", "--json").json["holders"][0]["owners"][0]
      #expect(owner["command"].string == String(decoding: Array(name.utf8).prefix(15), as: UTF8.self))
    }
  }

  /// The first thread has ended, as in `<defunct>`, and another one serves.
  @Test(.needs(.program("perl")), .needs(.otherUsers), arguments: [nil, 65_534] as [uid_t?])
  func firstThreadHasEnded(user: uid_t?) throws {
    try withNetworkNamespace { _ in
      // exit(2) of this thread alone: 60 on x86-64, 93 elsewhere.
      let script = """
        use threads; my $s = server(9527); threads->create(sub { print "ready\\n"; sleep 60; });
        syscall(`uname -m` =~ /x86_64/ ? 60 : 93, 0);
        """
      var command = Perl(script).command
      command.user = user
      let server = try command.start()
      try server.waitForOutput(containing: "ready\n")
      try waitUntilDefunct(server.pid)
      for asking in [nil, user] {
        let json = try Tool.run(["trybind", "9527", "--json"], asUser: asking).json
        let holder = json["holders"][0]
        #expect(holder["owner_visibility"].string == "visible")
        #expect(holder["owners"].array?.compactMap { $0["pid"].int } == [Int(server.pid)])
        #expect(json.slugs.first == "listener-alive")
      }
    }
  }

  private func waitUntilDefunct(_ pid: pid_t) throws {
    for _ in 0..<500 {
      let stat = String(decoding: try readFile("/proc/\(pid)/stat"), as: UTF8.self)
      if stat.contains(") Z ") { return }
      pause(milliseconds: 10)
    }
    throw SystemCallError("exit", ETIMEDOUT, "the first thread of \(pid) still runs")
  }

  /// Whoever can write beside the program must not get it to load something, as root may run it.
  @Test func plantedLibraries() throws {
    let tool = try Tool.path.get()
    // The debug build looks beside itself, for the libraries that are built with it.
    let isRelease = try !Command("/usr/bin/readelf", ["-d", tool]).run().output.contains("$ORIGIN")
    try Requirement("release-build", "TW_INSPECT_BIN is no release build", isMet: { isRelease }).orSkip()
    var template = Array("/tmp/tw-inspect-planted.XXXXXX".utf8CString)
    let directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    defer { _ = try? Command("/bin/rm", ["-r", directory]).run() }
    try #require(try Command("/bin/cp", [tool, directory + "/tw-inspect"]).run().exitCode == 0)
    for name in ["libmnl.so.0", "libc.so.6", "libm.so.6"] {
      try #require(try Command("/usr/bin/touch", ["\(directory)/\(name)"]).run().exitCode == 0)
    }
    var command = Command(directory + "/tw-inspect", ["explain", "time-wait", "-q"])
    command.arguments = ["explain", "time-wait"]
    command.directory = directory
    let result = try command.run()
    #expect(result.exitCode == 0, "\(result)")
  }
}

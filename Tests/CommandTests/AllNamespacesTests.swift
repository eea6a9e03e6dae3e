import Glibc
import TestSupport
import Testing

/// `port --all-netns`: every network namespace of the host, and whose each is.
@Suite(.needs(.networkNamespaces), .needs(.namespaceStages), .needs(.program("perl")))
struct AllNamespacesTests {
  private static let all = ["port", "9527", "--all-netns"]
  /// A server in a namespace with a name, one in one without, TIME_WAIT in one that no process is in, and two with nothing.
  private static let servers = """
    named blue left idle
    serve 9527 nsenter --net=/run/netns/blue
    serve 9527 unshare --net
    LEAVES=1 serve 9527 nsenter --net=/run/netns/left
    unshare --net sleep 60 &
    while [ "$(readlink /proc/$!/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
    """

  @Test func everyNamespaceIsAskedOnce() throws {
    let answers = try NamespaceStage(Self.servers).run(
      Self.all + ["--all", "--json"], Self.all + ["--json"], Self.all + ["--output", "jsonl"])
    for answer in answers { #expect(answer.exitCode == 0 && answer.errors == "", "\(answer)") }
    let json = try answers[0].json
    let own = json["host"]["netns_inode"].int
    #expect(own != nil)
    #expect(json["source"]["complete"].bool == true)
    #expect(json["namespaces"]["looked_at"].int == 6 && json["namespaces"]["not_looked_at"].int == 0)
    #expect(json["namespaces"]["not_seen"].count == 1)
    #expect(json["counts"]["by_state"] == .object(["listen": .int(2), "time-wait": .int(9)]))
    let rows = json["sockets"].array ?? []
    var ofNamespace: [Int: [JSON]] = [:]
    for row in rows { ofNamespace[row["namespace"]["inode"].int ?? 0, default: []].append(row) }
    #expect(ofNamespace.count == 3 && ofNamespace[own ?? 0] == nil)
    for rows in ofNamespace.values {
      let namespace = rows[0]["namespace"]
      #expect(rows.allSatisfy { $0["namespace"] == namespace })
      #expect(namespace["unit"].isNull && namespace["container"].isNull)
      switch namespace["name"].string {
      case "left": #expect(rows.count == 3 && namespace["pid"].isNull)
      case "blue": #expect(rows.count == 4 && namespace["pid"].int != nil)
      case nil: #expect(rows.count == 4 && namespace["pid"].int != nil)
      default: Issue.record("\(namespace)")
      }
    }
    #expect(try answers[1].json["counts"]["listed"].int == 9)
    let lines = try answers[2].jsonLines
    #expect(lines.count == 11 && lines[0]["type"].string == "snapshot")
    #expect(lines[10]["complete"].bool == true && lines[10]["namespaces"]["looked_at"].int == 6)
    #expect(Set(lines[1...9].map { $0["namespace"]["inode"].int }).count == 3)
  }

  /// Where nobody has a socket no look is made: that may hide none, of a process or without one.
  @Test func theSameAsAskedOneByOne() throws {
    let stage = NamespaceStage(
      Self.servers + """

        named bound
        nsenter --net=/run/netns/bound sh -c 'ip link set lo up; exec perl -e "$0"' '
          use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in(9527, INADDR_LOOPBACK)) or die;
          $| = 1; print "ready\\n"; sleep 60' > /run/bound &
        while ! [ -s /run/bound ]; do sleep 0.01; done
        """)
    let names = ["blue", "left", "idle", "bound"]
    let one = names.map { ["port", "9527", "--all", "--json", "--netns", $0] }
    let answers = try stage.run(Self.all + ["--all", "--json"], one[0], one[1], one[2], one[3])
    func cookies(_ json: JSON, of name: String? = nil) -> Set<String> {
      let rows = (json["sockets"].array ?? []).filter {
        name == nil || $0["namespace"]["name"].string == name
      }
      return Set(rows.compactMap { $0["cookie"].string })
    }
    let all = try answers[0].json
    // Linux before 6.8 does not list it, which is said. Alone it is looked for in the processes.
    let isBlind = all["source"]["blind_spots"].array?.contains(.string("bound-not-listening")) == true
    for (number, name) in names.enumerated() {
      let alone = try answers[number + 1].json
      if name != "bound" || !isBlind { #expect(cookies(all, of: name) == cookies(alone), "\(name)") }
      #expect(cookies(alone).count == ["blue": 4, "left": 3, "bound": 1][name] ?? 0, "\(name)")
    }
  }

  @Test func ofOneNamespaceNothingIsSaid() throws {
    let answers = try NamespaceStage("serve 9527 env").run(
      ["port", "9527", "--json"], ["port", "9527", "--output", "jsonl"])
    let json = try answers[0].json
    #expect(json["namespaces"].isNull && json["sockets"][0]["namespace"].isNull)
    #expect(try answers[1].jsonLines.last?["namespaces"].isNull == true)
  }

  @Test func tableAndPlain() throws {
    let answers = try NamespaceStage(Self.servers).run(
      Self.all, Self.all + ["--output", "plain", "--header"],
      Self.all + ["--all", "--owners", "--flags", "live"],
      Self.all + ["--limit", "2", "--sort", "peer"], ["port", "9528,80", "--all-netns"],
      Self.all + ["--output", "plain", "--sort", "time"])
    for answer in answers { #expect(answer.exitCode == 0 && answer.errors == "", "\(answer)") }
    let table = answers[0].lines
    #expect(table[0].hasSuffix("  NAMESPACE"))
    #expect(table[1...9].count { $0.hasSuffix("  left") } == 3)
    #expect(table[1...9].count { $0.hasSuffix("  blue") } == 3)
    #expect(table.contains { $0.hasPrefix("here ") && $0.hasSuffix("  nothing") })
    let left = try #require(table.first { $0.hasPrefix("left ") })
    let time = try #require(left.firstMatch(of: /\b3 TIME_WAIT, the last for (\d+)\.\d s/)?.1)
    #expect((50...60).contains(Int(time) ?? 0), "\(left)")
    let blue = table.first { $0.hasPrefix("blue ") } ?? ""
    #expect(
      blue.contains("  perl (pid ") && blue.contains(") listens on 127.0.0.1:9527; 3 TIME_WAIT, the last"))
    #expect(table.contains("2 other namespaces: nothing"))
    #expect(answers[0].output.contains("Not seen: namespaces that only an open file"))
    #expect(
      table.contains {
        $0.hasPrefix("Can one start in ") && $0.contains("?  tw-inspect trybind 9527 --netns pid:")
      })
    for line in table { #expect(line.count <= 79, "\(line)") }

    let plain = answers[1].lines.dropLast().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(plain.count == 10 && plain.allSatisfy { $0.count == 18 })
    #expect(
      plain[0].suffix(5).elementsEqual(
        ["namespace_inode", "namespace_name", "namespace_unit", "namespace_container", "namespace_pid"]))
    #expect(plain.dropFirst().count { $0[14] == "left" && $0[17] == "-" } == 3)
    #expect(answers[5].lines.count == 10)

    #expect(answers[2].output.contains("SO_REUSEADDR on, SO_REUSEPORT off"))
    // Two servers of the same address in two namespaces share nothing.
    #expect(!answers[2].output.contains("share"))
    #expect(answers[3].output.contains("and 7 more (--limit 0: all)"))
    #expect(answers[4].output.hasPrefix("here  nothing\n5 other namespaces: nothing\n"))
  }

  @Test func quietAndExpected() throws {
    let answers = try NamespaceStage(Self.servers).run(
      Self.all + ["-q"], Self.all + ["-q", "--expect", "none"], Self.all + ["-q", "--expect", "some"],
      ["port", "9528", "--all-netns", "-q", "--expect", "none"],
      Self.all + ["--source", "proc", "--all", "--json"])
    #expect(answers.map(\.exitCode) == [0, 1, 0, 0, 0])
    for answer in answers[..<4] { #expect(answer.output == "" && answer.errors == "") }
    let json = try answers[4].json
    #expect(json["source"]["kind"].string == "proc" && json["counts"]["by_state"]["listen"].int == 2)
    #expect(json["namespaces"]["looked_at"].int == 6)
  }

  @Test(arguments: [["--netns", "pid:1"], ["--watch"]]) func contradictions(_ more: [String]) throws {
    let result = try Tool.run(Self.all + more)
    #expect(result.exitCode == 64 && result.output == "")
    #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("--all-netns"))
  }

  @Test(.needs(.otherUsers), arguments: [[], ["-q"], ["--output", "jsonl"]]) func forRootOnly(
    _ more: [String]
  ) throws {
    let result = try Tool.run(Self.all + more, asUser: 65_534)
    #expect(result.exitCode == 77 && result.output == "")
    #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("CAP_SYS_ADMIN"))
  }

  @Test(.needs(.hiddenProc)) func withoutProc() throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(Self.all)
      command.hidesProc = true
      let result = try command.run()
      #expect(result.exitCode == 69 && result.output == "", "\(result)")
      #expect(result.errors.hasPrefix("could not look: open /proc/thread-self/ns/net: No such file"))
    }
  }

  // MARK: Who it is

  /// Of its first process, whatever others there are.
  @Test(.needs(.cgroup2)) func unitsAndContainers() throws {
    let id = String(repeating: "0123456789abcdef", count: 4)
    let name = "docker-\(id).scope"
    let group = try TestCgroup(name)
    defer { group.remove() }
    let stage = NamespaceStage(
      """
      echo 0 > \(group.directory)/cgroup.procs 2>/dev/null || echo $$ > \(group.directory)/cgroup.procs
      serve 9527 unshare --net
      """)
    let answers = try stage.run(Self.all + ["--json"], Self.all)
    let namespace = try answers[0].json["sockets"][0]["namespace"]
    #expect(namespace["container"].string == id, "\(answers[0])")
    #expect(namespace["unit"].string == name)
    #expect(answers[1].output.contains("container 0123456789ab  perl (pid "), "\(answers[1])")
  }

  /// Names reach a terminal harmless, and no command.
  @Test(.needs(.realTime)) func hostileNames() throws {
    let names = [
      "$'a\\nb'", "$'\\e[31mred'", "'; reboot #'", "'$(reboot)'", "-rf", "$'\\xff\\xfe'",
      "$'\\xe2\\x80\\xaeback'",
      "' '", "\(String(repeating: "n", count: 255))",
    ]
    // `ip` refuses most of them.
    let stage = NamespaceStage(
      """
      enter() { local name=$1; shift; unshare --net="/run/netns/$name" "$@"; }
      for name in \(names.joined(separator: " ")); do
        touch -- "/run/netns/$name"; LEAVES=1 serve 9527 enter "$name"
      done
      """)
    let answers = try stage.run(
      Self.all, Self.all + ["--json"], Self.all + ["--output", "plain"], Self.all + ["--output", "jsonl"])
    for answer in answers {
      #expect(answer.exitCode == 0 && answer.errors == "", "\(answer)")
      let isHarmless = answer.output.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0.value != 0x7f || $0 == "\n" || $0 == "\t"
      }
      #expect(isHarmless)
    }
    #expect(!answers[0].output.unicodeScalars.contains("\u{202e}"))
    #expect(!answers[0].output.contains("tw-inspect trybind"))
    for line in answers[0].lines { #expect(line.unicodeScalars.count <= 79, "\(line)") }
    #expect(answers[2].lines.count == names.count * 3 + 1)
    let found = Set(try answers[1].json["sockets"].array?.compactMap { $0["namespace"]["name"].string } ?? [])
    #expect(found.count == names.count)
    #expect(
      found.isSuperset(of: ["a\nb", "\u{1b}[31mred", "; reboot #", "$(reboot)", "-rf", " ", "\u{202e}back"]))
  }

  /// Files that look like namespaces with a name.
  @Test func whatIsNoNetworkNamespace() throws {
    let stage = NamespaceStage(
      """
      named blue; serve 9527 nsenter --net=/run/netns/blue
      touch /run/netns/stale /run/netns/host; mkdir /run/netns/directory; ln -s /nowhere /run/netns/link
      mount --bind /proc/self/ns/uts /run/netns/host
      """)
    let answers = try stage.run(Self.all + ["--json"])
    #expect(answers[0].exitCode == 0 && answers[0].errors == "", "\(answers[0])")
    #expect(try answers[0].json["namespaces"]["looked_at"].int == 2)
  }

  // MARK: Not all of them

  @Test func moreThanAreLookedAt() throws {
    let stage = NamespaceStage(
      """
      for number in $(seq 600); do echo "netns add n$number"; done > /run/batch; ip -batch /run/batch
      LEAVES=1 serve 9527 env
      """)
    let answers = try stage.run(
      Self.all + ["--json"], Self.all, Self.all + ["--output", "jsonl"], Self.all + ["-q"],
      timeout: .seconds(60))
    for answer in answers {
      #expect(answer.exitCode == 69)
      #expect(
        answer.errors.contains("89 network namespaces were not looked at (there are more than 512)"),
        "\(answer)")
      #expect(answer.errors.split(separator: "\n").count == 1)
    }
    let json = try answers[0].json
    #expect(json["source"]["complete"].bool == false && json["sockets"].count == 3)
    #expect(json["namespaces"]["looked_at"].int == 512 && json["namespaces"]["not_looked_at"].int == 89)
    #expect(answers[1].output.contains("89 namespaces were not looked at."))
    #expect(answers[1].output.contains("511 other namespaces: nothing was seen"))
    let end = try answers[2].jsonLines.last
    #expect(end?["complete"].bool == false && end?["error"].string?.contains("89 network") == true)
  }

  private func failing(_ injection: String, at path: String? = nil, _ script: String) -> NamespaceStage {
    var stage = NamespaceStage(script)
    stage.prefix = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none"]
    if let path { stage.prefix += ["-P", path] }
    stage.prefix += ["-e", "inject=\(injection)"]
    return stage
  }

  /// One that cannot be entered makes no answer that looks whole.
  @Test(
    .needs(.program("strace")),
    arguments: [
      ("setns:error=ENOMEM:when=1", "setns"), ("setns:error=EPERM:when=2", "setns"),
      ("setns:error=EINVAL:when=1", "setns"),
    ])
  func oneThatCannotBeEntered(_ injection: String, _ call: String) throws {
    let answers = try failing(injection, "named blue red").run(
      Self.all + ["--json"], Self.all, Self.all + ["-q"])
    for answer in answers {
      #expect(answer.exitCode == 69, "\(answer)")
      #expect(answer.errors.contains("1 network namespace was not looked at (\(call) "), "\(answer)")
    }
    #expect(try answers[0].json["namespaces"]["not_looked_at"].int == 1)
    #expect(answers[1].output.contains("1 namespace was not looked at."))
  }

  /// Each takes two seconds, and only as many are waited for as begin within five.
  @Test(.needs(.realTime), .needs(.program("strace"))) func noTimeForAll() throws {
    let stage = failing("setns:delay_enter=2s", "named a b c d e; serve 9527 env")
    let answer = try stage.run(Self.all + ["--json"])[0]
    #expect(answer.exitCode == 69, "\(answer)")
    #expect(
      answer.errors.contains(
        "2 network namespaces were not looked at (there was no time for more after 5 s)"),
      "\(answer)")
    #expect(try answer.json["sockets"].count == 3 && answer.json["namespaces"]["looked_at"].int == 4)
  }

  @Test(.needs(.program("strace"))) func noWayBack() throws {
    let answers = try failing("setns:error=ENOMEM:when=3", "named blue red").run(Self.all)
    #expect(answers[0].exitCode == 71 && answers[0].output == "", "\(answers[0])")
    #expect(answers[0].errors.contains("setns back to the own network namespace"))
  }

  /// It had been listed, and is gone when its turn comes.
  @Test(.needs(.program("strace"))) func oneThatIsGoneMeanwhile() throws {
    let stage = failing("open,openat:error=ENOENT", at: "/run/netns/blue", "named blue red")
    let answers = try stage.run(Self.all + ["--json"], Self.all)
    for answer in answers { #expect(answer.exitCode == 0 && answer.errors == "", "\(answer)") }
    #expect(try answers[0].json["namespaces"]["looked_at"].int == 2)
  }

  /// The process by which it was found is gone, and another one is still in it.
  @Test(.needs(.program("strace"))) func anotherWayIn() throws {
    let script = """
      unshare --net sh -c 'ip link set lo up; sleep 60 & exec sleep 61' & first=$!
      while ! grep -qs . /proc/$first/task/$first/children; do sleep 0.01; done
      LEAVES=1 serve 9527 nsenter --target $first --net
      """
    // In the next stage the same process has the same number.
    let answers = try NamespaceStage(script).run(Self.all + ["--json"])
    let first = try #require(try answers[0].json["sockets"][0]["namespace"]["pid"].int)
    let again = try failing("open,openat:error=ENOENT", at: "/proc/\(first)/ns/net", script).run(
      Self.all + ["--json"])
    #expect(again[0].exitCode == 0, "\(again[0])")
    #expect(try again[0].json["sockets"].count == 3)
  }
}

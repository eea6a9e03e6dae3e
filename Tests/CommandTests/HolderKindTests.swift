import Glibc
import TestSupport
import Testing

/// What holds the port when it is no ordinary server, live.
@Suite(.needs(.networkNamespaces), .needs(.program("perl")))
struct HolderKindTests {
  private func trybind(_ arguments: String..., asUser user: uid_t? = nil) throws -> JSON {
    try Tool.run(["trybind", "9527", "--address", "127.0.0.1", "--json"] + arguments, asUser: user).json
  }

  private func slugs(_ json: JSON) -> [String] {
    json.slugs
  }

  private func commands(_ json: JSON) -> [String?] {
    json["findings"][0]["remedies"].array?.map { $0["command"].string } ?? []
  }

  // MARK: Units and containers

  private static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

  /// The cgroup names the unit, to those who may not see its processes as well.
  @Test(.needs(.cgroup2))
  func aServiceOfItsOwn() throws {
    let group = try TestCgroup("tw-inspect-\(getpid()).service")
    defer { group.remove() }
    try withNetworkNamespace { lab in
      let server = try Perl(#"enter($ARGV[0]); our $s = server(9527);"#, arguments: [group.directory]).start()
      let unit = "tw-inspect-\(getpid()).service"
      let json = try trybind()
      let holder = json["holders"][0]
      #expect(holder["cgroup"].string?.hasSuffix("/" + unit) == true)
      #expect(holder["owners"].array?.map { $0["pid"].int } == [Int(server.pid)])
      #expect(holder["owners"][0]["unit"].string == unit)
      #expect(slugs(json) == ["listener-alive"])
      #expect(
        commands(json) == [
          "systemctl stop \(unit)", "systemctl status \(unit)",
          "tw-inspect trybind 9527 --like \(unit) --after-stop",
        ])
    }
  }

  @Test(.needs(.cgroup2), .needs(.otherUsers)) func aServiceThatIsHidden() throws {
    let group = try TestCgroup("tw-inspect-\(getpid())-hidden.service")
    defer { group.remove() }
    try withNetworkNamespace { lab in
      let server = try Perl(#"enter($ARGV[0]); our $s = server(9527);"#, arguments: [group.directory]).start()
      let unit = "tw-inspect-\(getpid())-hidden.service"
      let hidden = try trybind(asUser: 65_534)
      #expect(hidden["holders"][0]["cgroup"].string?.hasSuffix("/" + unit) == true)
      #expect(slugs(hidden) == ["listener-alive", "owner-hidden"])
      let because = hidden["findings"][1]["because"].string ?? ""
      #expect(because.contains("made in \(unit)") && because.contains("perl (pid \(server.pid))"))
      #expect(
        commands(hidden) == ["systemctl status \(unit)", "sudo tw-inspect trybind 9527 --address 127.0.0.1"])
    }
  }

  @Test(.needs(.cgroup2))
  func aContainer() throws {
    let group = try TestCgroup("docker-\(Self.id).scope")
    defer { group.remove() }
    try withNetworkNamespace { lab in
      let server = try Perl("enter($ARGV[0]); our $s = server(9527);", arguments: [group.directory]).start()
      let json = try trybind()
      #expect(json["holders"][0]["owners"][0]["container"].string == Self.id)
      #expect(
        commands(json) == [
          "docker stop 0123456789ab", "docker ps --filter id=0123456789ab",
          "tw-inspect trybind 9527 --like \(server.pid) --after-stop",
        ])
    }
  }

  /// What is left of a service runs elsewhere.
  @Test(.needs(.cgroup2))
  func aHolderOutsideOfTheSocketsCgroup() throws {
    let group = try TestCgroup("tw-inspect-left-\(getpid()).service")
    let other = try TestCgroup("tw-inspect-went-\(getpid()).service")
    defer { for group in [group, other] { group.remove() } }
    try withNetworkNamespace { lab in
      let server = try Perl(
        "enter($ARGV[0]); our $s = server(9527); enter($ARGV[1]);",
        arguments: [group.directory, other.directory]
      ).start()
      let json = try trybind()
      #expect(json["holders"][0]["owners"][0]["unit"].string == "tw-inspect-went-\(getpid()).service")
      #expect(slugs(json) == ["listener-alive", "listener-inherited"])
      #expect(json["findings"][1]["title"].string?.contains("tw-inspect-left-\(getpid()).service") == true)
      withExtendedLifetime(server) {}
    }
  }

  /// A cgroup that is gone names nothing.
  @Test(.needs(.cgroup2))
  func aCgroupThatIsGone() throws {
    let group = try TestCgroup("tw-inspect-gone-\(getpid()).service")
    let mount = try #require(TestCgroup.mount)
    try withNetworkNamespace { lab in
      let server = try Perl(
        "enter($ARGV[0]); our $s = server(9527); enter($ARGV[1]);", arguments: [group.directory, mount]
      ).start()
      group.remove()
      let json = try trybind()
      #expect(json["holders"][0]["cgroup"].isNull)
      #expect(json["holders"][0]["owners"][0]["pid"].int == Int(server.pid))
      #expect(slugs(json) == ["listener-alive"])
    }
  }

  // MARK: Hostile names

  @Test(.needs(.cgroup2))
  func hostileUnits() throws {
    let name = "tw\u{1b}[31m;reboot \u{202e}$(id).service"
    let group = try TestCgroup(name)
    defer { group.remove() }
    try withNetworkNamespace { lab in
      let server = try Perl("enter($ARGV[0]); our $s = server(9527);", arguments: [group.directory]).start()
      let json = try trybind()
      #expect(json["holders"][0]["cgroup"].string?.hasSuffix("/" + name) == true)
      #expect(json["holders"][0]["owners"][0]["unit"].isNull)
      #expect(commands(json).allSatisfy { $0?.contains("reboot") != true })
      for arguments in [["trybind", "9527"], ["port", "9527", "--all", "--owners"]] {
        let text = try Tool.run(arguments).output
        #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}"))
      }
      withExtendedLifetime(server) {}
    }
  }

  @Test(arguments: [
    #"\e]0;x\a"#, #"a\nb"#, #"\xff\xfe"#, #"\"}],"#, #") 1 2 3"#, #"\xe2\x80\xae"#, #"a b  c"#,
  ])
  func hostileProcessNames(name: String) throws {
    try withNetworkNamespace { lab in
      let server = try Perl("name(\"\(name)\"); our $s = server(9527);").start()
      let json = try trybind()
      let owner = json["holders"][0]["owners"][0]
      #expect(owner["pid"].int == Int(server.pid))
      #expect(owner["command"].string?.isEmpty == false)
      #expect(owner["started_at"].string?.hasSuffix("Z") == true)
      #expect(json["findings"][0]["title"].string?.contains("(pid \(server.pid))") == true)
      for arguments in [["trybind", "9527"], ["port", "9527", "--all", "--owners"]] {
        expectNarrow(try Tool.run(arguments).output)
      }
    }
  }

  // MARK: Special holders

  @Test(.needs(.mptcp)) func aMultipathListener() throws {
    try withNetworkNamespace { _ in
      let server = try Perl("our $s = server(9527, 262);").start()
      let json = try trybind()
      #expect(json["holders"][0]["owners"][0]["pid"].int == Int(server.pid))
      #expect(slugs(json) == ["listener-alive", "mptcp-holder"])
    }
  }

  /// A stand-in by its name: no container runtime is needed, and none is asked.
  @Test(arguments: [
    (
      "docker-proxy", ["-proto", "tcp", "-container-ip", "172.17.0.2", "-container-port", "80"],
      "172.17.0.2:80"
    ),
    ("conmon", ["-c", "0123", "-n", "web"], "container web"), ("rootlesskit", [], "a container"),
  ])
  func aContainersProxy(name: String, arguments: [String], container: String) throws {
    try withNetworkNamespace { lab in
      let server = try Perl("name(\"\(name)\"); our $s = server(9527);", arguments: arguments).start()
      let json = try trybind()
      #expect(slugs(json) == ["container-proxy"])
      #expect(json["findings"][0]["certainty"].string == "likely")
      let title = json["findings"][0]["title"].string ?? ""
      #expect(title.contains(container) && title.contains("\(name) (pid \(server.pid))"), "\(title)")
    }
  }

  /// To an ordinary user the process was hidden, and root was to stop docker.service; a name and a command line are for
  /// everybody to read.
  @Test(.needs(.otherUsers)) func aPublishedPortAsAnOrdinaryUserSeesIt() throws {
    try withNetworkNamespace { lab in
      let arguments = [
        "-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", "9527", "-container-ip", "172.17.0.2",
        "-container-port", "80",
      ]
      let server = try Perl("name(\"docker-proxy\"); our $s = server(9527);", arguments: arguments).start()
      let json = try trybind(asUser: 65_534)
      #expect(slugs(json) == ["container-proxy"])
      #expect(
        json["findings"][0]["title"].string?.contains("docker-proxy (pid \(server.pid))") == true,
        "\(json["findings"][0])")
      #expect(
        commands(json) == [
          "sudo docker stop $(sudo docker ps -q --filter publish=9527)",
          "docker ps --filter publish=9527",
        ])
    }
  }

  /// A stand-in for the service manager: process 1 of a PID namespace of its own, by the name of systemd.
  @Test(.needs(.otherUsers)) func socketActivation() throws {
    try withNetworkNamespace { lab in
      var perl = Perl(
        """
        name("systemd"); our $s = server(9527);
        system("mount", "-t", "proc", "proc", "/proc") == 0 or exit 99;
        system($ARGV[0], "trybind", "9527", "--address", "127.0.0.1", "--json"); exit 0;
        """)
      perl.arguments = [try Tool.path.get()]
      let result = try Command(
        "/usr/bin/unshare",
        ["--pid", "--mount", "--fork", "/usr/bin/perl", "-e", perl.script] + perl.arguments
      ).run()
      let json = try result.json
      #expect(slugs(json) == ["socket-activation"], "\(result)")
      #expect(json["holders"][0]["owners"][0]["pid"].int == 1)
      #expect(commands(json).last == "systemctl list-sockets")
      #expect(commands(json).allSatisfy { $0?.hasPrefix("kill") != true })
    }
  }

  /// A stand-in for a socket of the kernel's own: one that no process has open, because it is on its way through a Unix
  /// socket.
  @Test(
    .needs(.everyProcess))
  func aSocketOfNobody() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      var ends: [Int32] = [-1, -1]
      #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      defer { for end in ends { close(end) } }
      try #require(listener.subject).send(through: ends[0])
      listener.subject?.close()
      let json = try trybind()
      #expect(slugs(json) == ["kernel-owned-socket"])
      #expect(json["holders"][0]["owner_visibility"].string == "none")
    }
  }

  // MARK: Connections

  @Test func aLeakedConnection() throws {
    try withNetworkNamespace { lab in
      try lab.established(port: 9527, .init(reuseAddress: true))
      let json = try trybind()
      #expect(slugs(json) == ["leaked-connection"])
      #expect(json["findings"][0]["title"].string?.contains("(pid \(getpid())), which still runs") == true)
      #expect(commands(json).contains("kill \(getpid()); tw-inspect wait 9527 --address 127.0.0.1"))
    }
  }
}

import Diagnosis
import RecordSupport
import Reports
import SocketTable
import Testing

/// What is said of the processes that hold a port, and the commands that are made of their names.
@Suite struct OwnerWordingTests {
  private func texts(
    _ details: SocketDetails, in namespace: NamespaceReference? = nil
  ) throws -> [FindingText] {
    try OwnerCases.diagnosis(details, in: namespace).texts
  }

  @Test func aServerWithAName() throws {
    let finding = try #require(try texts(.seen(OwnerCases.nginx, OwnerCases.worker)).first)
    #expect(
      finding.title.plain == """
        Port 9527 is in use by nginx (pid 812) and nginx (pid 813), which listen on 0.0.0.0:9527. \
        Waiting will not free it, and SO_REUSEADDR does not get past a listener.
        """)
    #expect(
      finding.evidence.map(\.plain) == [
        """
        0.0.0.0:9527  LISTEN  nginx  pid 812, fd 6  user www-data  unit nginx.service  running for 2 h 14 min  \
        and 1 more process
        """
      ])
    #expect(
      finding.remedies.map(\.command) == ["systemctl stop nginx.service", "systemctl status nginx.service"])
  }

  @Test func oneAddressOfManyListeners() throws {
    let finding = try #require(try OwnerCases.listeners(8).texts.first)
    #expect(
      finding.title.plain.hasPrefix("Port 9527 is in use by nginx (pid 812), which listens on 0.0.0.0:9527. ")
    )
    #expect(finding.evidence.count == 8)
  }

  @Test func socketActivation() throws {
    var details = SocketDetails.seen(
      OwnerCases.systemd, OwnerCases.nginx, cgroup: CgroupPath("/init.scope"))
    let unnamed = try #require(try texts(details).first)
    #expect(unnamed.remedies.last?.command == "systemctl list-sockets")
    #expect(unnamed.because.plain.contains("nginx"))
    details.socketUnit = "nginx.socket"
    let named = try #require(try texts(details).first)
    #expect(named.title.plain.contains("nginx.socket"))
    #expect(
      named.remedies.map(\.command) == ["systemctl stop nginx.socket", nil, "systemctl status nginx.socket"])
    details.socketUnit = "a\\x2db.socket"
    #expect(try texts(details).first?.remedies.map(\.command) == [nil, nil, "systemctl list-sockets"])
  }

  @Test(
    arguments: [
      (.permission, "CAP_DAC_READ_SEARCH", "sudo tw-inspect trybind 9527 --address 0.0.0.0"),
      (.hidepid, "hidepid", "sudo tw-inspect trybind 9527 --address 0.0.0.0"),
      (.pidNamespace, "PID namespace", nil),
      (.userNamespace, "user namespace", nil), (.policy, "Landlock", nil), (.noProc, "not mounted", nil),
      ([.permission, .pidNamespace], "PID namespace", nil),
    ] as [(Concealment, String, String?)])
  func hidden(concealment: Concealment, word: String, command: String?) throws {
    let texts = try texts(.hidden(concealment))
    let because = try #require(texts.last).because.plain
    #expect(because.contains(word), "\(because)")
    #expect(because.contains("made in nginx.service") && because.contains("nginx (pid 812)"))
    #expect(texts.last?.remedies.map(\.command) == [command])
    #expect(texts.first?.title.plain.contains("nginx") == false, "it may have it, and may not")
  }

  // MARK: Commands

  @Test(arguments: OwnerCases.cgroups)
  func commands(case it: OwnerCases.Cgroup) throws {
    var owner = OwnerCases.nginx
    owner.cgroup = CgroupPath(it.path)
    owner.service = CgroupPath(it.path)
    #expect(try texts(.seen(owner, cgroup: owner.cgroup)).first?.remedies.map(\.command) == it.commands)
  }

  @Test func commandsInAnotherNamespace() throws {
    func commands(_ namespace: NamespaceReference) throws -> [String?]? {
      try texts(SocketDetails(), in: namespace).first?.remedies.map(\.command)
    }
    #expect(try commands(.named("web")) == [nil, "sudo ip netns exec web ss -tanp 'sport = :9527'"])
    #expect(try commands(.process(12)) == [nil, "sudo nsenter --target 12 --net ss -tanp 'sport = :9527'"])
    #expect(try commands(.path("/run/x")) == [nil, nil])
    #expect(try commands(.named("$(reboot)")) == [nil, nil])
  }

  /// More than four had better be looked at first.
  @Test func manyProcessesAreNotKilledByOneCommand() throws {
    for (count, command) in [(4, "kill 2 3 4 5"), (5, nil)] as [(Int, String?)] {
      var details = SocketDetails.seen(cgroup: nil)
      details.owners = (0..<count).map { SocketOwner(pid: Int32($0 + 2), command: "x") }
      #expect(try texts(details).first?.remedies.first?.command == command)
    }
  }

  // MARK: Names from others

  @Test func hostileNames() throws {
    let name = "\u{1b}[31m\u{7}\u{1f}\u{202e}\n"
    var owner = SocketOwner(
      pid: 5, command: name, user: name, cgroup: CgroupPath("/docker/x/" + name), executable: nil)
    owner.arguments = ["docker-proxy", "-container-ip", name]
    for command in [name, "docker-proxy", "conmon"] {
      owner.command = command
      for finding in try texts(.seen(owner, cgroup: owner.cgroup)) {
        for text in finding.everyText {
          #expect(text.plain.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202e }, "\(text)")
        }
      }
    }
  }
}

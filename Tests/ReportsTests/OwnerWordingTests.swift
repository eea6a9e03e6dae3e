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
        Waiting does not free it, and SO_REUSEADDR does not help against a listener.
        """)
    #expect(
      finding.evidence.map(\.plain) == [
        """
        0.0.0.0:9527  LISTEN  nginx  pid 812, fd 6  user www-data  unit nginx.service  running for 2 h 14 min  \
        and 1 more process
        """
      ])
    #expect(
      finding.remedies.map(\.command) == [
        "sudo systemctl stop nginx.service", "systemctl status nginx.service",
        "sudo tw-inspect trybind 9527 --like nginx.service --after-stop",
      ])
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
      named.remedies.map(\.command) == [
        "sudo systemctl stop nginx.socket nginx.service", nil, "systemctl status nginx.socket",
      ])
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
    #expect(try commands(.named("web")) == ["sudo tw-inspect trybind 9527 --address 0.0.0.0 --netns web"])
    #expect(try commands(.process(12)) == ["sudo tw-inspect trybind 9527 --address 0.0.0.0 --netns pid:12"])
    #expect(try commands(.path("/run/x")) == [nil])
    #expect(try commands(.named("$(reboot)")) == [nil])
  }

  /// More than four had better be looked at first.
  @Test func manyProcessesAreNotKilledByOneCommand() throws {
    for (count, command) in [(4, "kill 2 3 4 5"), (5, nil)] as [(Int, String?)] {
      var details = SocketDetails.seen(cgroup: nil)
      details.owners = (0..<count).map { SocketOwner(pid: Int32($0 + 2), command: "x") }
      #expect(try texts(details).first?.remedies.first?.command == command)
    }
  }

  /// Root needs no sudo, and neither does who ends processes of its own.
  @Test func sudo() throws {
    func commands(_ details: SocketDetails, _ uid: UInt32) throws -> [String?]? {
      try OwnerCases.diagnosis(details, caller: Caller(uid: uid)).texts.first?.remedies.map(\.command)
    }
    #expect(
      try commands(.seen(OwnerCases.nginx), 0) == [
        "systemctl stop nginx.service", "systemctl status nginx.service",
        "tw-inspect trybind 9527 --like nginx.service --after-stop",
      ])
    #expect(try commands(SocketDetails(), 0) == ["tw-inspect port 9527 --all --owners"])
    #expect(try commands(SocketDetails(), 33) == ["sudo tw-inspect trybind 9527 --address 0.0.0.0"])
    var owner = OwnerCases.nginx
    owner.service = OwnerCases.elsewhere
    for (uid, command) in [(0, "kill 812"), (33, "kill 812"), (1000, "sudo kill 812")] as [(UInt32, String)] {
      #expect(try commands(.seen(owner), uid)?.first == command)
    }
  }

  @Test func severalHolders() throws {
    var (owner, other) = (OwnerCases.nginx, OwnerCases.worker)
    (owner.service, other.service) = (nil, nil)
    let commands = try texts(.seen(owner, other)).first?.remedies.map(\.command)
    #expect(
      commands == [
        "sudo kill 812 813", "ps -o pid,user,lstart,args -p 812,813",
        "sudo tw-inspect trybind 9527 --like 812 --after-stop",
      ])
    other.pid = 1
    let withFirst = try texts(.seen(owner, other)).first?.remedies.map(\.command)
    #expect(withFirst == [nil, nil, "ps -o pid,user,lstart,args -p 812"])
  }

  @Test func stopped() throws {
    var owner = OwnerCases.nginx
    owner.service = nil
    for (activity, end, go) in [
      (.stopped, "sudo kill 812; sudo kill -CONT 812", "sudo kill -CONT 812"),
      (.traced, "sudo kill -KILL 812", nil),
    ] as [(SocketOwner.Activity, String, String?)] {
      owner.activity = activity
      let text = try #require(try texts(.seen(owner)).first)
      #expect(text.remedies.map(\.command) == [end, go, "ps -o pid,user,lstart,args -p 812"])
      #expect(text.title.plain.contains("is stopped"))
      #expect(text.evidence.first?.plain.contains("  stopped") == true)
    }
  }

  /// What a listener's connections leave is waited for.
  @Test func connectionsThatStay() throws {
    var diagnosing = Diagnosing(
      [Holder(OwnerCases.listener), Holder(.on(.loopback, 9527, .established, inode: 12, cookie: 3))],
      .server(on: [.anyIPv4]))
    diagnosing.details[OwnerCases.listener] = .seen(OwnerCases.nginx)
    let command = try diagnosing.result().texts.first?.remedies.first?.command
    #expect(command == "sudo systemctl stop nginx.service; tw-inspect wait 9527 --address 0.0.0.0")
    diagnosing.namespace = .named("web")
    let placed = try diagnosing.result().texts.first?.remedies.first?.command
    #expect(placed == "sudo systemctl stop nginx.service; tw-inspect wait 9527 --address 0.0.0.0 --netns web")
  }

  /// Containers that do not belong to root are their user's, and so are the commands about them.
  @Test func containersWithoutRoot() throws {
    func commands(_ proxy: SocketOwner, _ uid: UInt32) throws -> [String?]? {
      try OwnerCases.diagnosis(.seen(proxy), caller: Caller(uid: uid)).texts.first?.remedies.map(\.command)
    }
    let docker = SocketOwner(pid: 9, command: "docker-proxy", uid: 0)
    #expect(
      try commands(docker, 0) == [
        "docker stop $(docker ps -q --filter publish=9527)", "docker ps --filter publish=9527",
      ])
    #expect(try commands(docker, 7)?.first == "sudo docker stop $(sudo docker ps -q --filter publish=9527)")
    var conmon = SocketOwner(pid: 9, command: "conmon", uid: 7, user: "alice")
    conmon.arguments = ["conmon", "-n", "web"]
    let environment = "env XDG_RUNTIME_DIR=/run/user/7"
    #expect(try commands(conmon, 7) == ["podman stop web", "podman port web"])
    #expect(
      try commands(conmon, 0) == [
        "runuser -u alice -- \(environment) podman stop web",
        "runuser -u alice -- \(environment) podman port web",
      ])
    #expect(try commands(conmon, 8)?.first == "sudo -u alice \(environment) podman stop web")
    conmon.user = "-x"
    #expect(try commands(conmon, 0) == [nil, nil])
    let rootlesskit = SocketOwner(pid: 9, command: "rootlesskit", uid: 7, user: "alice")
    #expect(
      try commands(rootlesskit, 7)?.last
        == "docker --host unix:///run/user/7/docker.sock ps --filter publish=9527")
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

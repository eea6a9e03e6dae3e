import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// Findings about the processes that hold a port: each from the facts it needs, and from no fewer.
@Suite struct OwnerFindingTests {
  private static let listener = SocketRecord.on(.anyIPv4, 9527, .listen, uid: 0, inode: 77, cookie: 7)
  private static let unit = CgroupPath("/system.slice/nginx.service")
  private static let elsewhere = CgroupPath("/user.slice/user-1000.slice/session-3.scope")
  private static let nginx = SocketOwner(
    pid: 812, command: "nginx", descriptor: 6, uid: 33, user: "www-data", cgroup: unit,
    executable: .init(device: 1, inode: 1), startedAt: 1000)
  private static let worker = SocketOwner(
    pid: 813, command: "nginx", descriptor: 6, uid: 33, user: "www-data", cgroup: unit,
    executable: .init(device: 1, inode: 1))
  private static let script = SocketOwner(
    pid: 814, command: "sh", descriptor: 6, cgroup: unit, executable: .init(device: 1, inode: 2))

  private func diagnosis(
    _ details: SocketDetails, of record: SocketRecord = listener,
    _ target: BindTarget = .server(on: [.anyIPv4]), settings: HostSettings = HostSettings()
  ) throws -> BindDiagnosis {
    var diagnosing = Diagnosing([Holder(record)], target, settings: settings)
    diagnosing.details[record] = details
    diagnosing.details.observedAt = 8_041_000
    return try diagnosing.result()
  }

  private func slugs(_ diagnosis: BindDiagnosis) -> String {
    diagnosis.findings.map(\.slug.rawValue).joined(separator: " ")
  }

  private func seen(_ owners: SocketOwner..., cgroup: CgroupPath? = unit) -> SocketDetails {
    SocketDetails(cgroup: cgroup, owners: owners, isOwnersComplete: true, visibility: .visible)
  }

  @Test func aServerWithAName() throws {
    let finding = try #require(try diagnosis(seen(Self.nginx, Self.worker)).findings.first)
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
      finding.remedies.map(\.command) == ["systemctl status nginx.service", "systemctl stop nginx.service"])
  }

  @Test func findings() throws {
    #expect(slugs(try diagnosis(seen(Self.nginx))) == "listener-alive")
    #expect(slugs(try diagnosis(seen(Self.nginx, Self.worker))) == "listener-alive")
    #expect(slugs(try diagnosis(seen(Self.nginx, Self.script))) == "listener-alive listener-inherited")
    // A process that could not be told apart is not another one.
    var unknown = Self.script
    unknown.executable = nil
    #expect(slugs(try diagnosis(seen(Self.nginx, unknown))) == "listener-alive")
    var stray = Self.nginx
    stray.cgroup = Self.elsewhere
    #expect(slugs(try diagnosis(seen(stray))) == "listener-alive listener-inherited")
    stray.cgroup = CgroupPath("/system.slice/nginx.service/workers")
    #expect(slugs(try diagnosis(seen(stray))) == "listener-alive")
    stray.cgroup = CgroupPath("/system.slice/nginx.service-not")
    #expect(slugs(try diagnosis(seen(stray))) == "listener-alive listener-inherited")
    stray.cgroup = nil
    #expect(slugs(try diagnosis(seen(stray))) == "listener-alive")
    #expect(slugs(try diagnosis(seen(stray, cgroup: nil))) == "listener-alive")
    #expect(slugs(try diagnosis(seen(Self.nginx, cgroup: CgroupPath("/")))) == "listener-alive")

    var multipath = seen(Self.nginx)
    multipath.isMultipath = true
    #expect(slugs(try diagnosis(multipath)) == "listener-alive mptcp-holder")
  }

  // MARK: Service manager

  private static let systemd = SocketOwner(
    pid: 1, command: "systemd", descriptor: 30, uid: 0, user: "root", cgroup: CgroupPath("/init.scope"),
    executable: .init(device: 1, inode: 9))

  @Test func socketActivation() throws {
    var details = seen(Self.systemd, Self.nginx, cgroup: CgroupPath("/init.scope"))
    #expect(slugs(try diagnosis(details)) == "socket-activation")
    let unnamed = try diagnosis(details).findings[0]
    #expect(unnamed.remedies[0].command == "systemctl list-sockets")
    #expect(unnamed.because.contains("nginx"))
    details.socketUnit = "nginx.socket"
    let named = try diagnosis(details).findings[0]
    #expect(named.title.contains("nginx.socket"))
    #expect(
      named.remedies.map(\.command) == ["systemctl status nginx.socket", nil, "systemctl stop nginx.socket"])
    details.socketUnit = "a\\x2db.socket"
    #expect(
      try diagnosis(details).findings[0].remedies.map(\.command) == ["systemctl list-sockets", nil, nil])
  }

  /// In a container the server itself can be process 1.
  @Test func processOneNeedNotBeTheServiceManager() throws {
    var first = Self.nginx
    first.pid = 1
    let diagnosis = try diagnosis(seen(first, cgroup: Self.elsewhere))
    #expect(slugs(diagnosis) == "listener-alive")
    #expect(diagnosis.findings[0].remedies.allSatisfy { $0.command?.hasPrefix("kill") != true })
    var other = Self.nginx
    other.command = "systemd"
    #expect(slugs(try self.diagnosis(seen(other))) == "listener-alive")
  }

  // MARK: Not seen

  @Test func kernelOwned() throws {
    let none = SocketDetails(owners: [], isOwnersComplete: true, visibility: .none)
    let diagnosis = try diagnosis(none)
    #expect(slugs(diagnosis) == "kernel-owned-socket")
    #expect(diagnosis.findings[0].certainty == .likely)
    for details in [
      SocketDetails(owners: [], isOwnersComplete: true, visibility: .unknown),
      SocketDetails(owners: [], isOwnersComplete: false, visibility: .none),
      SocketDetails(visibility: .none), SocketDetails(),
    ] {
      #expect(slugs(try self.diagnosis(details)) == "listener-alive", "\(details)")
    }
  }

  @Test(
    arguments: [
      (Concealment.permission, "CAP_DAC_READ_SEARCH", "sudo tw-inspect trybind 9527 --address 0.0.0.0"),
      (.hidepid, "hidepid", "sudo tw-inspect trybind 9527 --address 0.0.0.0"),
      (.pidNamespace, "PID namespace", nil),
      (.userNamespace, "user namespace", nil), (.policy, "Landlock", nil), (.noProc, "not mounted", nil),
      ([.permission, .pidNamespace], "PID namespace", nil),
    ] as [(Concealment, String, String?)])
  func hidden(concealment: Concealment, word: String, command: String?) throws {
    var details = SocketDetails(cgroup: Self.unit, owners: [], isOwnersComplete: false, visibility: .hidden)
    details.concealment = concealment
    details.suspects = [Self.nginx]
    let diagnosis = try diagnosis(details)
    #expect(slugs(diagnosis) == "listener-alive owner-hidden")
    let finding = diagnosis.findings[1]
    #expect(finding.because.contains(word), "\(finding.because)")
    #expect(
      finding.because.contains("made in nginx.service") && finding.because.plain.contains("nginx (pid 812)"))
    #expect(finding.remedies.map(\.command) == [command])
    #expect(diagnosis.findings[0].remedies[0].command == "systemctl status nginx.service")
    #expect(!diagnosis.findings[0].title.contains("nginx"), "it may have it, and may not")
  }

  /// Sockets that share a port were listed as if they were on several addresses: "0.0.0.0:9527, 0.0.0.0:9527 and 6 more".
  @Test func oneAddressOfManyListeners() throws {
    var diagnosing = Diagnosing([], .server(on: [.anyIPv4]))
    for inode in 1...8 {
      let record = SocketRecord.on(
        .anyIPv4, 9527, .listen, uid: 0, inode: UInt32(inode), cookie: UInt64(inode))
      diagnosing.holders.append(Holder(record))
      diagnosing.details[record] = seen(Self.nginx)
    }
    let finding = try #require(try diagnosing.result().findings.first)
    #expect(
      finding.title.plain.hasPrefix("Port 9527 is in use by nginx (pid 812), which listens on 0.0.0.0:9527. ")
    )
  }

  // MARK: Commands

  @Test(
    arguments: [
      ("/system.slice/nginx.service", "systemctl status nginx.service", "systemctl stop nginx.service"),
      ("/system.slice/a\\x2db.service", nil, nil),
      ("/user.slice/user-1000.slice/session-3.scope", "ps -o pid,user,lstart,args -p 812", "kill 812"),
      ("/init.scope", "ps -o pid,user,lstart,args -p 812", "kill 812"),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
        "systemctl --user status x.service",
        "systemctl --user stop x.service"
      ),
      ("/user.slice/user-1000.slice/user@1000.service", "ps -o pid,user,lstart,args -p 812", "kill 812"),
      ("/lxc/-rf", nil, nil), ("/lxc/$(reboot)", nil, nil), ("/lxc/web", "lxc-info web", "lxc-stop web"),
      ("/", "ps -o pid,user,lstart,args -p 812", "kill 812"),
    ] as [(String, String?, String?)])
  func commands(cgroup: String, identify: String?, stop: String?) throws {
    var owner = Self.nginx
    owner.cgroup = CgroupPath(cgroup)
    owner.service = CgroupPath(cgroup)
    let remedies = try diagnosis(seen(owner, cgroup: owner.cgroup)).findings[0].remedies
    #expect(remedies.map(\.command) == [identify, stop])
  }

  @Test func commandsInAnotherNamespace() throws {
    func commands(_ namespace: NamespaceReference) throws -> [String?] {
      var diagnosing = Diagnosing([Holder(Self.listener)], .server(on: [.anyIPv4]))
      diagnosing.namespace = namespace
      return try diagnosing.result().findings[0].remedies.map(\.command)
    }
    #expect(try commands(.named("web")) == ["sudo ip netns exec web ss -tanp 'sport = :9527'", nil])
    #expect(try commands(.process(12)) == ["sudo nsenter --target 12 --net ss -tanp 'sport = :9527'", nil])
    #expect(try commands(.path("/run/x")) == [nil, nil])
    #expect(try commands(.named("$(reboot)")) == [nil, nil])
  }

  // MARK: Names from others

  @Test func hostileNames() throws {
    let name = "\u{1b}[31m\u{7}\u{1f}\u{202e}\n"
    var owner = SocketOwner(
      pid: 5, command: name, user: name, cgroup: CgroupPath("/docker/x/" + name), executable: nil)
    owner.arguments = ["docker-proxy", "-container-ip", name]
    for command in [name, "docker-proxy", "conmon"] {
      owner.command = command
      for finding in try diagnosis(seen(owner, cgroup: owner.cgroup)).findings {
        for text in [finding.title, finding.because] + finding.evidence + finding.remedies.map(\.action) {
          #expect(text.plain.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202e }, "\(text)")
        }
      }
    }
  }
}

@Suite struct ContainerProxyTests {
  private func proxy(_ command: String, _ arguments: [String] = []) -> ContainerProxy? {
    var owner = SocketOwner(pid: 9, command: command)
    owner.arguments = arguments
    return ContainerProxy(owner)
  }

  @Test func programs() {
    for name in ["nginx", "docker", "dockerd", "proxy", "", "docker-proxy2"] { #expect(proxy(name) == nil) }
    #expect(proxy("docker-proxy")?.runtime == .docker)
    #expect(proxy("pasta.avx2")?.program == "pasta")
    #expect(proxy("rootlessport")?.runtime == .podman)
    #expect(ContainerProxy.isOne("slirp4netns") && !ContainerProxy.isOne("nginx"))
  }

  @Test func targets() {
    let arguments = [
      "/usr/bin/docker-proxy", "-proto", "tcp", "-container-ip", "172.17.0.2", "-container-port", "80",
    ]
    #expect(proxy("docker-proxy", arguments)?.target == "172.17.0.2:80")
    #expect(
      proxy("docker-proxy", ["-container-ip", "fd00::2", "-container-port", "80"])?.target == "[fd00::2]:80")
    #expect(proxy("docker-proxy", ["-container-ip"])?.target == nil)
    #expect(proxy("docker-proxy", ["-container-ip", ""])?.target == nil)
    #expect(proxy("docker-proxy")?.target == nil)
    #expect(proxy("conmon", ["conmon", "-c", "0123", "-n", "web"])?.container == "web")
    #expect(proxy("conmon", ["conmon", "-c", "0123"])?.container == "0123")
    #expect(proxy("conmon", ["conmon"])?.container == nil)
  }
}

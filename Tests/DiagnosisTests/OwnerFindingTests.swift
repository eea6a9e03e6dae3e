import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// Findings about the processes that hold a port: each from the facts it needs, and from no fewer.
@Suite struct OwnerFindingTests {
  private static let listener = OwnerCases.listener
  private static let nginx = OwnerCases.nginx
  private static let places = Finding.Places([listener])
  private static let shown = Finding.Exhibit.sockets(SocketSample([listener], of: 1))

  private func findings(_ details: SocketDetails) throws -> [Finding] {
    try OwnerCases.diagnosis(details).findings
  }

  private func slugs(_ details: SocketDetails) throws -> String {
    try findings(details).map(\.slug.rawValue).joined(separator: " ")
  }

  private func alive(_ owners: [SocketOwner]?) -> Finding.Kind {
    .listenerAlive(
      Finding.Listeners(count: 1, places: Self.places, owners: owners), remaining: StateCounts())
  }

  @Test func aServerWithAName() throws {
    let findings = try findings(.seen(Self.nginx, OwnerCases.worker))
    #expect(findings.map(\.kind) == [alive([Self.nginx, OwnerCases.worker])])
    #expect(findings.map(\.evidence) == [Self.shown])
    #expect(
      findings.first?.remedies == [
        .stopUnit("nginx.service", .service), .look(.unit("nginx.service")),
        .look(.restart([Self.nginx, OwnerCases.worker], unit: "nginx.service")),
      ])
    #expect(findings.first?.unseen.first == .listenersService)
  }

  @Test func inherited() throws {
    #expect(try slugs(.seen(Self.nginx)) == "listener-alive")
    #expect(try slugs(.seen(Self.nginx, OwnerCases.worker)) == "listener-alive")
    let script = try findings(.seen(Self.nginx, OwnerCases.script))
    #expect(
      script.map(\.kind) == [
        alive([Self.nginx, OwnerCases.script]),
        .listenerInherited(by: [Self.nginx, OwnerCases.script], madeIn: "nginx.service"),
      ])
    #expect(script.last?.evidence == .processes([Self.nginx, OwnerCases.script]))
    #expect(
      script.last?.remedies == [
        .signalHeirs([Self.nginx, OwnerCases.script], areAll: true), .setOption(.closeOnExec),
      ])
    // A process that could not be told apart is not another one.
    var unknown = OwnerCases.script
    unknown.executable = nil
    #expect(try slugs(.seen(Self.nginx, unknown)) == "listener-alive")
    var stray = Self.nginx
    stray.cgroup = OwnerCases.elsewhere
    let strayed = try findings(.seen(stray))
    #expect(
      strayed.map(\.kind) == [alive([stray]), .listenerInherited(by: [stray], madeIn: "nginx.service")])
    #expect(strayed.last?.remedies == [.signalHeirs([stray], areAll: true), .setOption(.closeOnExec)])
    stray.cgroup = CgroupPath("/system.slice/nginx.service/workers")
    #expect(try slugs(.seen(stray)) == "listener-alive")
    stray.cgroup = CgroupPath("/system.slice/nginx.service-not")
    #expect(try slugs(.seen(stray)) == "listener-alive listener-inherited")
    stray.cgroup = nil
    #expect(try slugs(.seen(stray)) == "listener-alive")
    #expect(try slugs(.seen(stray, cgroup: nil)) == "listener-alive")
    #expect(try slugs(.seen(Self.nginx, cgroup: CgroupPath("/"))) == "listener-alive")
  }

  @Test func multipath() throws {
    var details = SocketDetails.seen(Self.nginx)
    details.isMultipath = true
    #expect(try findings(details).map(\.kind) == [alive([Self.nginx]), .mptcpHolder])
  }

  /// Sockets that share a port were listed as if they were on several addresses: "0.0.0.0:9527, 0.0.0.0:9527 and 6 more".
  @Test func oneAddressOfManyListeners() throws {
    let finding = try #require(try OwnerCases.listeners(8).findings.first)
    #expect(
      finding.kind
        == .listenerAlive(
          Finding.Listeners(count: 8, places: Self.places, owners: [Self.nginx]), remaining: StateCounts()))
  }

  // MARK: Service manager, container runtime

  @Test func socketActivation() throws {
    var details = SocketDetails.seen(OwnerCases.systemd, Self.nginx, cgroup: CgroupPath("/init.scope"))
    func expect(_ unit: String?, unseen: Unseen) throws {
      let findings = try findings(details)
      #expect(findings.map(\.kind) == [.socketActivation(Self.places, unit: unit, services: [Self.nginx])])
      #expect(
        findings.first?.remedies == [
          .stopSocketUnit(unit, services: ["nginx.service"]), .restartOrder(.bySocketUnit),
          .look(.socketUnit(unit)),
        ])
      #expect(findings.first?.unseen.first == unseen)
    }
    try expect(nil, unseen: .socketUnit)
    details.socketUnit = "nginx.socket"
    try expect("nginx.socket", unseen: .dropInFiles)
  }

  @Test func containerProxies() throws {
    var owner = SocketOwner(pid: 9, command: "conmon")
    owner.arguments = ["conmon", "-n", "web"]
    let proxy = try #require(ContainerProxy(owner))
    let findings = try findings(.seen(Self.nginx, owner, cgroup: nil))
    #expect(findings.map(\.kind) == [.containerProxy(Self.places, by: owner, proxy)])
    #expect(
      findings.first?.remedies == [.stopPublishedContainer(proxy), .look(.publishedContainer(proxy))])
  }

  /// In a container the server itself can be process 1.
  @Test func processOneNeedNotBeTheServiceManager() throws {
    var first = Self.nginx
    first.pid = 1
    let findings = try findings(.seen(first, cgroup: OwnerCases.elsewhere))
    #expect(findings.map(\.kind) == [alive([first])])
    #expect(findings.first?.remedies.prefix(2) == [.otherAddress(.anotherPort), .stopFromOutside])
    var other = Self.nginx
    other.command = "systemd"
    #expect(try slugs(.seen(other)) == "listener-alive")
  }

  // MARK: Not seen

  @Test func kernelOwned() throws {
    let none = SocketDetails(owners: [], isOwnersComplete: true, visibility: .none)
    let findings = try findings(none)
    #expect(findings.map(\.kind) == [.kernelOwnedSocket(Self.places)])
    #expect(findings.first?.certainty == .likely)
    for details in [
      SocketDetails(owners: [], isOwnersComplete: true, visibility: .unknown),
      SocketDetails(owners: [], isOwnersComplete: false, visibility: .none),
      SocketDetails(visibility: .none), SocketDetails(),
    ] {
      #expect(try slugs(details) == "listener-alive", "\(details)")
    }
  }

  @Test(
    arguments: [
      (.permission, .ownersAsRoot), (.hidepid, .ownersAsRoot), (.pidNamespace, .ownersFromHost),
      (.userNamespace, .ownersFromHost), (.policy, .ownersFromHost), (.noProc, .ownersFromHost),
      ([.permission, .pidNamespace], .ownersFromHost),
    ] as [(Concealment, Remedy.Sight)])
  func hidden(concealment: Concealment, sight: Remedy.Sight) throws {
    let findings = try findings(.hidden(concealment))
    #expect(
      findings.map(\.kind) == [
        // A suspect may have it, and may not.
        alive(nil),
        .ownerHidden(Self.places, concealment, madeIn: "nginx.service", suspects: [Self.nginx]),
      ])
    #expect(findings.last?.remedies == [.look(sight)])
    #expect(findings.first?.remedies == [.look(.unit("nginx.service")), .look(sight)])
  }

  // MARK: Whom to stop

  @Test(arguments: OwnerCases.cgroups)
  func identifyingAndStopping(case it: OwnerCases.Cgroup) throws {
    var owner = Self.nginx
    owner.cgroup = CgroupPath(it.path)
    owner.service = CgroupPath(it.path)
    #expect(
      try findings(.seen(owner, cgroup: owner.cgroup)).first?.remedies == [
        it.stop, it.look, .look(.restart([owner], unit: it.unit)),
      ])
  }

  /// The user's own session, and containers, would end with the holder: something milder comes first.
  @Test func whatElseWouldEnd() throws {
    func remedies(_ path: String, _ caller: Caller) throws -> [Remedy]? {
      var owner = Self.nginx
      owner.cgroup = CgroupPath(path)
      owner.service = owner.cgroup
      return try OwnerCases.diagnosis(.seen(owner), caller: caller).findings.first?.remedies.filter {
        $0.effect == .frees
      }
    }
    func loss(_ besides: Remedy.Loss.Besides) -> Remedy.Loss {
      var loss = Remedy.Loss.service
      loss.besides = besides
      return loss
    }
    let milder = Remedy.otherAddress(.anotherPort)
    for unit in ["ssh.service", "sshd.service", "tmux.service"] {
      #expect(
        try remedies("/system.slice/\(unit)", Caller(units: ["tmux.service"])) == [
          milder, .stopUnit(unit, loss(.ownSession)),
        ])
    }
    #expect(
      try remedies("/system.slice/docker.service", Caller()) == [
        milder, .stopUnit("docker.service", loss(.containers)),
      ])
    let session = try remedies("/user.slice/user-1000.slice/session-3.scope", Caller(ancestors: [812, 1]))
    #expect(session?.first == milder)
    #expect(session?.last?.parameters.pids == [812])
    #expect(
      try remedies("/user.slice/user-1000.slice/session-3.scope", Caller(ancestors: [813, 1]))?.count == 1)
  }

  @Test func stoppedProcesses() throws {
    var (stopped, other) = (Self.nginx, Self.nginx)
    (stopped.activity, stopped.service) = (.stopped, OwnerCases.elsewhere)
    (other.pid, other.service) = (900, OwnerCases.elsewhere)
    let findings = try findings(.seen(stopped))
    #expect(findings.map(\.kind) == [.holderStopped(Self.places, owners: [stopped], isListening: true)])
    #expect(
      findings.first?.remedies == [
        .signal([stopped], .service), .resume([stopped]), .look(.processes([812])),
      ])
    // One that still runs answers for the others.
    #expect(try slugs(.seen(stopped, other)) == "listener-alive")
  }

  /// A proxy that nobody may look into is known by its command line; one without a daemon is left over.
  @Test func proxiesOfDocker() throws {
    var proxy = SocketOwner(pid: 9, command: "docker-proxy", uid: 0)
    proxy.arguments = [
      "docker-proxy", "-host-ip", "0.0.0.0", "-host-port", "9527", "-container-ip", "172.17.0.2",
    ]
    var details = SocketDetails.hidden(.permission)
    details.proxy = proxy
    #expect(try slugs(details) == "container-proxy")
    proxy.parent = .init(pid: 800, command: "dockerd")
    #expect(try slugs(.seen(proxy)) == "container-proxy")
    proxy.parent = .init(pid: 1, command: "systemd")
    let leftover = try findings(.seen(proxy))
    #expect(leftover.map(\.kind) == [.leftoverProxy(Self.places, by: proxy)])
    #expect(leftover.first?.remedies.first == .signal([proxy], .nothing))
    // In a container the daemon can be process 1.
    proxy.parent = .init(pid: 1, command: "dockerd")
    #expect(try slugs(.seen(proxy)) == "container-proxy")
  }

  @Test func ownersOfSeveralServices() throws {
    var other = Self.nginx
    other.pid = 900
    other.service = OwnerCases.elsewhere
    #expect(
      try findings(.seen(Self.nginx, other)).first?.remedies.first == .signal([Self.nginx, other], .service))
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

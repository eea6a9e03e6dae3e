import Diagnosis
import SocketTable

/// A listener on 0.0.0.0:9527, and what may be known of who has it.
package enum OwnerCases {
  package static let listener = SocketRecord.on(.anyIPv4, 9527, .listen, uid: 0, inode: 77, cookie: 7)
  package static let unit = CgroupPath("/system.slice/nginx.service")
  package static let elsewhere = CgroupPath("/user.slice/user-1000.slice/session-3.scope")
  package static let nginx = SocketOwner(
    pid: 812, command: "nginx", descriptor: 6, uid: 33, user: "www-data", cgroup: unit,
    executable: .init(device: 1, inode: 1), startedAt: 1000)
  package static let worker = SocketOwner(
    pid: 813, command: "nginx", descriptor: 6, uid: 33, user: "www-data", cgroup: unit,
    executable: .init(device: 1, inode: 1))
  package static let script = SocketOwner(
    pid: 814, command: "sh", descriptor: 6, cgroup: unit, executable: .init(device: 1, inode: 2))
  package static let systemd = SocketOwner(
    pid: 1, command: "systemd", descriptor: 30, uid: 0, user: "root", cgroup: CgroupPath("/init.scope"),
    executable: .init(device: 1, inode: 9))

  /// A UDP socket on the same number.
  package static let udp: OtherProtocols = {
    let record = SocketRecord.on(.anyIPv4, 9527, .close, uid: 33, inode: 78, cookie: 8, transport: .udp)
    var details = SocketDetailsTable()
    details[record] = .seen(nginx)
    return OtherProtocols([record], details)
  }()

  /// Of a server on 0.0.0.0.
  package static func diagnosis(
    _ details: SocketDetails, in namespace: NamespaceReference? = nil, caller: Caller = Caller()
  ) throws -> BindDiagnosis {
    var diagnosing = Diagnosing([Holder(listener)], .server(on: [.anyIPv4]))
    diagnosing.settings.caller = caller
    diagnosing.namespace = namespace
    diagnosing.details[listener] = details
    diagnosing.details.observedAt = 8_041_000
    return try diagnosing.result()
  }

  /// Several of nginx, which share the port.
  package static func listeners(_ count: Int) throws -> BindDiagnosis {
    var diagnosing = Diagnosing([], .server(on: [.anyIPv4]))
    for number in 1...count {
      let record = SocketRecord.on(
        .anyIPv4, 9527, .listen, uid: 0, inode: UInt32(number), cookie: UInt64(number))
      diagnosing.holders.append(Holder(record))
      diagnosing.details[record] = .seen(nginx)
    }
    return try diagnosing.result()
  }

  /// Where somebody may have a port in mind that is not held here.
  package static let otherNamespaces: [OtherNamespace] = (1...5).map { number in
    OtherNamespace(
      inode: UInt64(number), sockets: StateCounts([listener]),
      process: .init(pid: Int32(number), command: "nginx"))
  }

  /// What to look at and whom to stop, by the cgroup of process 812; and the commands for it.
  package struct Cgroup: Sendable {
    package let path: String
    package let look: Remedy
    package let stop: Remedy
    /// Those for `look` and `stop`.
    package let ownCommands: [String?]

    package init(path: String, look: Remedy, stop: Remedy, commands: [String?]) {
      self.path = path
      self.look = look
      self.stop = stop
      ownCommands = commands
    }

    /// The unit that it names, and no other, is asked about by its name.
    package var unit: String? { if case .look(.unit(let name)) = look { name } else { nil } }

    package var commands: [String?] {
      let name = unit ?? "812"
      let isSafe = !name.contains("\\")
      return ownCommands + [isSafe ? "sudo tw-inspect trybind 9527 --like \(name) --after-stop" : nil]
    }
  }

  package static let cgroups: [Cgroup] = [
    unit("/system.slice/nginx.service", "nginx.service"),
    Cgroup(
      path: "/system.slice/a\\x2db.service", look: .look(.unit("a\\x2db.service")),
      stop: .stopUnit("a\\x2db.service", .service), commands: [nil, nil]),
    process("/user.slice/user-1000.slice/session-3.scope"), process("/init.scope"), process("/"),
    // Names that the system's service manager or a runtime did not choose.
    process("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service"),
    process("/user.slice/user-1000.slice/user@1000.service"),
    process("/user.slice/user-1000.slice/user@1000.service/machine-.host.scope"),
    process("/user.slice/user-1000.slice/user@1000.service/docker-\(id).scope"),
    process("/user.slice/user-1000.slice/docker-\(id).scope"),
    unit("/system.slice/web.service/sub/ssh.service", "web.service"),
    unit("/system.slice/web.service/docker-\(id).scope", "web.service"),
    unit("/system.slice/web.service/user@0.service/ssh.service", "web.service"),
    process("/web/ssh.service"), process("/docker/\(id)/docker/\(id)"),
    process("/system.slice/containerd.service/kubepods-pod\(uid).slice:cri-containerd:\(id)"),

    container(
      "/docker/\(id)/system.slice/ssh.service", id, .docker, "docker stop", "docker ps --filter id=",
      sudo: false),
    container(
      "/machine.slice/libpod-\(id).scope/container", id, .podman, "podman stop", "podman ps --filter id="),
    container("/default/\(id)", id, .containerd, "nerdctl stop", "nerdctl ps --filter id="),
    Cgroup(
      path: "/kubepods/besteffort/pod\(uid)/\(id)", look: .look(.container(podContainer)),
      stop: .stopContainer(podContainer, restarting),
      commands: [
        "sudo crictl stop 0123456789ab",
        "sudo crictl pods --label io.kubernetes.pod.uid=6ba7b810-9dad-11d1-80b4-00c04fd430c8",
      ]),
    Cgroup(
      path: "/lxc/-rf", look: .look(.container(CgroupPath.Container(id: "-rf", runtime: .lxc))),
      stop: .stopContainer(CgroupPath.Container(id: "-rf", runtime: .lxc), .service), commands: [nil, nil]),
    Cgroup(
      path: "/lxc/.web", look: .look(.container(CgroupPath.Container(id: ".web", runtime: .lxc))),
      stop: .stopContainer(CgroupPath.Container(id: ".web", runtime: .lxc), .service), commands: [nil, nil]),
    Cgroup(
      path: "/lxc/$(reboot)", look: .look(.container(CgroupPath.Container(id: "$(reboot)", runtime: .lxc))),
      stop: .stopContainer(CgroupPath.Container(id: "$(reboot)", runtime: .lxc), .service),
      commands: [nil, nil]),
    container("/lxc/web", "web", .lxc, "lxc-stop", "lxc-info "),
  ]

  private static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  private static let uid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
  private static let podContainer = CgroupPath.Container(id: id, runtime: .unknown, pod: uid)
  private static let restarting: Remedy.Loss = {
    var loss = Remedy.Loss.service
    loss.besides = .restarts
    return loss
  }()

  private static func unit(_ path: String, _ name: String) -> Cgroup {
    Cgroup(
      path: path, look: .look(.unit(name)), stop: .stopUnit(name, .service),
      commands: ["sudo systemctl stop \(name)", "systemctl status \(name)"])
  }

  /// The process runs as another user than the one who asks.
  private static func process(_ path: String) -> Cgroup {
    var owner = nginx
    owner.cgroup = CgroupPath(path)
    owner.service = owner.cgroup
    return Cgroup(
      path: path, look: .look(.processes([812])), stop: .signal([owner], .service),
      commands: ["sudo kill 812", "ps -o pid,user,lstart,args -p 812"])
  }

  private static func container(
    _ path: String, _ name: String, _ runtime: CgroupPath.Container.Runtime, _ stop: String, _ look: String,
    sudo: Bool = true
  ) -> Cgroup {
    let container = CgroupPath.Container(id: name, runtime: runtime)
    return Cgroup(
      path: path, look: .look(.container(container)), stop: .stopContainer(container, .service),
      commands: [
        "sudo \(stop) \(container.shortID)", "\(sudo ? "sudo " : "")\(look)\(container.shortID)",
      ])
  }
}

extension SocketDetails {
  package static func seen(_ owners: SocketOwner..., cgroup: CgroupPath? = OwnerCases.unit) -> SocketDetails {
    SocketDetails(cgroup: cgroup, owners: owners, isOwnersComplete: true, visibility: .visible)
  }

  /// Of which nginx is suspected.
  package static func hidden(_ concealment: Concealment) -> SocketDetails {
    var details = SocketDetails(
      cgroup: OwnerCases.unit, owners: [], isOwnersComplete: false, visibility: .hidden)
    details.concealment = concealment
    details.suspects = [OwnerCases.nginx]
    return details
  }
}

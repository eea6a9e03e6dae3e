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

  /// Of a server on 0.0.0.0.
  package static func diagnosis(
    _ details: SocketDetails, in namespace: NamespaceReference? = nil
  ) throws -> BindDiagnosis {
    var diagnosing = Diagnosing([Holder(listener)], .server(on: [.anyIPv4]))
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
    package let commands: [String?]
  }

  package static let cgroups: [Cgroup] = [
    Cgroup(
      path: "/system.slice/nginx.service", look: .look(.unit("nginx.service", isUser: false)),
      stop: .stopUnit("nginx.service", isUser: false, .service),
      commands: ["systemctl stop nginx.service", "systemctl status nginx.service"]),
    Cgroup(
      path: "/system.slice/a\\x2db.service", look: .look(.unit("a\\x2db.service", isUser: false)),
      stop: .stopUnit("a\\x2db.service", isUser: false, .service), commands: [nil, nil]),
    process("/user.slice/user-1000.slice/session-3.scope"), process("/init.scope"),
    Cgroup(
      path: "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
      look: .look(.unit("x.service", isUser: true)), stop: .stopUnit("x.service", isUser: true, .service),
      commands: ["systemctl --user stop x.service", "systemctl --user status x.service"]),
    process("/user.slice/user-1000.slice/user@1000.service"),
    container("/lxc/-rf", "-rf", [nil, nil]), container("/lxc/$(reboot)", "$(reboot)", [nil, nil]),
    container("/lxc/web", "web", ["lxc-stop web", "lxc-info web"]), process("/"),
  ]

  private static func process(_ path: String) -> Cgroup {
    Cgroup(
      path: path, look: .look(.process(812)), stop: .signal(pids: [812], .service),
      commands: ["kill 812", "ps -o pid,user,lstart,args -p 812"])
  }

  private static func container(_ path: String, _ name: String, _ commands: [String?]) -> Cgroup {
    let container = CgroupPath.Container(id: name, runtime: .lxc)
    return Cgroup(
      path: path, look: .look(.container(container)), stop: .stopContainer(container, .service),
      commands: commands)
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

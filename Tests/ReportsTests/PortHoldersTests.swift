import RecordSupport
@testable import Reports
import SocketTable
import Testing

/// Who holds a port, by name, below the table of `port`.
@Suite struct PortHoldersTests {
  private static let nginx = SocketOwner(
    pid: 812, command: "nginx", descriptor: 6, cgroup: CgroupPath("/system.slice/nginx.service"))
  private static let java = SocketOwner(
    pid: 2210, command: "java", cgroup: CgroupPath("/user.slice/user-1000.slice/session-3.scope"))
  private static let inContainer = SocketOwner(
    pid: 99, command: "redis",
    cgroup: CgroupPath("/system.slice/docker-\(String(repeating: "0123456789abcdef", count: 4)).scope"))

  /// A record with the details that a quick look found.
  private typealias Seen = (record: SocketRecord, details: SocketDetails?)

  private static func seen(
    _ address: IPAddress, _ state: TCPState = .listen, port: UInt16 = 8080, inode: UInt32 = 1,
    uid: UInt32? = 0,
    by owner: SocketOwner? = nil, visibility: OwnerVisibility = .visible, _ concealment: Concealment = []
  ) -> Seen {
    var details = SocketDetails(
      owners: owner.map { [$0] } ?? [], isOwnersComplete: false, visibility: visibility)
    details.concealment = concealment
    return (.on(address, port, state, uid: uid, inode: inode), details)
  }

  private func text(
    _ sockets: [Seen], others: [SocketRecord] = [], ports: PortSet = PortSet(8080), isRoot: Bool = false
  ) -> String {
    var details = SocketDetailsTable()
    details.observedAt = 0
    details.userNames[33] = "www-data"
    details.interfaceNames[2] = "lo"
    for socket in sockets { details[socket.record] = socket.details }
    var report = PortReport.of(sockets.map(\.record) + others, SocketFilter(ports: ports))
    report.holderDetails = details
    report.isRoot = isRoot
    return report.table()
  }

  @Test func aService() {
    let connections = (1...3).map { SocketRecord.on(.loopback, 8080, .established, peer: $0, inode: 9) }
    #expect(
      text([Self.seen(.anyIPv4, by: Self.nginx)], others: connections) == """
        nginx (pid 812, nginx.service) listens on 0.0.0.0:8080, with 3 connections.
        No TIME_WAIT.  Every socket:  tw-inspect port 8080 --all

        """)
    #expect(
      text([Self.seen(.anyIPv4, by: Self.java)]).hasPrefix("java (pid 2210) listens on 0.0.0.0:8080.\n"))
    #expect(
      text([Self.seen(.anyIPv4, by: Self.inContainer)]).hasPrefix(
        "redis (pid 99, container 0123456789ab) listens on 0.0.0.0:8080.\n"))
  }

  @Test func severalSocketsOfOne() {
    let both = [
      Self.seen(.anyIPv4, inode: 1, by: Self.nginx), Self.seen(.loopbackIPv6, inode: 2, by: Self.nginx),
    ]
    #expect(text(both).hasPrefix("nginx (pid 812, nginx.service) listens on 0.0.0.0:8080, [::1]:8080.\n"))
    let workers = (1...4).map { Self.seen(.anyIPv4, inode: $0, by: Self.nginx) }
    #expect(text(workers).contains("listens on 0.0.0.0:8080 with 4 sockets.\n"))
    #expect(!text(workers).contains("share"))
  }

  /// Each is given a part of the connections, and neither fails: it shows nowhere else.
  @Test func sharedByAccident() {
    let shared = [
      Self.seen(.loopback, inode: 1, by: Self.nginx), Self.seen(.loopback, inode: 2, by: Self.java),
    ]
    #expect(
      text(shared).contains(
        "They share 127.0.0.1:8080 by SO_REUSEPORT: each gets a part of the connections.\n"))
    let apart = [
      Self.seen(.loopback, inode: 1, by: Self.nginx), Self.seen(.loopbackIPv6, inode: 2, by: Self.java),
    ]
    #expect(!text(apart).contains("share"))
  }

  @Test func whoIsNotSeen() {
    let hidden = Self.seen(.anyIPv4, uid: 33, visibility: .hidden, .permission)
    let answer = text([hidden])
    #expect(answer.hasPrefix("A process of www-data, hidden from you, listens on 0.0.0.0:8080.\n"))
    #expect(answer.contains("\nWhose is it?  sudo tw-inspect port 8080\n"))
    #expect(!text([hidden], isRoot: true).contains("sudo"))
    // Nothing that root of this namespace could do would show it.
    #expect(!text([Self.seen(.anyIPv4, uid: 33, visibility: .hidden, .pidNamespace)]).contains("sudo"))
    #expect(
      text([Self.seen(.anyIPv4, visibility: .none)]).hasPrefix("The kernel itself listens on 0.0.0.0:8080.\n")
    )
    #expect(
      text([Self.seen(.anyIPv4, visibility: .unknown)]).hasPrefix("A process that was not found listens on"))
  }

  @Test func boundOnly() {
    #expect(
      text([Self.seen(.loopback, .bound, by: Self.java)]).hasPrefix(
        "java (pid 2210) is bound to 127.0.0.1:8080 and does not listen.\n"))
  }

  @Test func hostileNames() {
    let evil = SocketOwner(pid: 7, command: "\u{1b}[2J\u{202e}")
    let answer = text([Self.seen(.anyIPv4, by: evil)])
    #expect(!answer.contains("\u{1b}") && !answer.contains("\u{202e}"))
  }

  @Test func severalPorts() {
    let sockets = [
      Self.seen(.anyIPv4, port: 8080, inode: 1, by: Self.nginx),
      Self.seen(.loopback, .bound, port: 8085, inode: 2, by: Self.java),
      Self.seen(.loopback, port: 8086, inode: 3, by: Self.nginx),
      Self.seen(.loopback, port: 8086, inode: 4, by: Self.java),
    ]
    let timeWaits = [30_000, 44_100].map { SocketRecord.on(.loopback, 8081, expires: $0) }
    #expect(
      text(sockets, others: timeWaits, ports: PortSet([8080...8090])).hasSuffix(
        """

        8080  nginx (pid 812, nginx.service) listens on 0.0.0.0
        8081  2 TIME_WAIT, the last for 44.1 s
        8085  java (pid 2210) is bound to 127.0.0.1 and does not listen
        8086  nginx (pid 812, nginx.service) listens on 127.0.0.1; java (pid 2210)
              listens on 127.0.0.1; they share it by SO_REUSEPORT
        8082-8084, 8087-8090  nothing

        """))
    #expect(text([], ports: PortSet([8080...8090])) == "8080-8090  nothing\n")
  }
}

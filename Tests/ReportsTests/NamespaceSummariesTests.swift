import RecordSupport
import Reports
import SocketTable
import Testing

/// `port --all-netns`: whose each row is, and what is on the port in each network namespace.
@Suite struct NamespaceSummariesTests {
  private static let container = String(repeating: "0123456789abcdef", count: 4)

  private static func namespace(
    _ inode: UInt64, _ name: String? = nil, pid: Int32? = nil, cgroup: String? = nil
  )
    -> NamespaceIdentity
  {
    NamespaceIdentity(
      inode: inode, isOwn: inode == 1, name: name, pid: pid, service: cgroup.map(CgroupPath.init))
  }

  private static func report(
    _ found: [(NamespaceIdentity, [SocketRecord])], lookedAt: Int? = nil, notLookedAt: Int = 0,
    _ filter: SocketFilter = SocketFilter(ports: PortSet(9527)), interfaces: [UInt32: String] = [:]
  ) -> PortReport {
    var namespaces = NamespaceCoverage()
    namespaces.lookedAt = lookedAt ?? found.count
    namespaces.notLookedAt = notLookedAt
    if notLookedAt > 0 { namespaces.note(.tooMany(limit: 512)) }
    var coverage = Coverage(origin: .sockDiag, isComplete: true, blindSpots: [])
    coverage.take(namespaces)
    var parts = NamespaceParts()
    var records: [SocketRecord] = []
    for (namespace, some) in found {
      parts.append(
        .init(
          namespace: namespace, records: records.count..<(records.count + some.count),
          interfaceNames: interfaces))
      records += some
    }
    var report = PortReport.of(records, filter, coverage: coverage)
    report.parts = parts
    return report
  }

  @Test func aLineForEach() {
    let report = Self.report(
      [
        (Self.namespace(1, pid: 1), []),
        (
          Self.namespace(2, "blue"),
          [.on(.loopback, expires: 58_000), .on(.loopback, peer: 2, expires: 57_000)]
        ),
        (
          Self.namespace(3, pid: 99, cgroup: "/system.slice/docker-\(Self.container).scope"),
          [.on(.anyIPv4, 9527, .listen, inode: 5)]
        ),
      ], lookedAt: 201)
    #expect(
      report.table() == """
        TIME LEFT  STATE      LOCAL           PEER             NAMESPACE
           58.0 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:50000  blue
           57.0 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:2      blue

        here                    nothing
        blue                    2 TIME_WAIT, the last for 58.0 s
        container 0123456789ab  1 LISTEN
        198 other namespaces: nothing
        Not seen: namespaces that only an open file, a thread or a mount in another
        directory keeps.
        Can one start in container 0123456789ab?  tw-inspect trybind 9527 --netns pid:99

        """)
  }

  @Test func nothingAnywhere() {
    let text = Self.report([(Self.namespace(1), [])], lookedAt: 4).table()
    #expect(text.hasPrefix("here  nothing\n3 other namespaces: nothing\n"))
  }

  @Test func whatWasNotLookedAt() {
    let text = Self.report([(Self.namespace(1), [])], lookedAt: 512, notLookedAt: 88).table()
    #expect(text.hasPrefix("here  nothing was seen\n511 other namespaces: nothing was seen\n"))
    #expect(text.contains("88 namespaces were not looked at.\n"))
  }

  @Test(arguments: [
    (namespace(2, "web"), "web"), (namespace(2, "a\u{1b}[31m\nb", pid: 3), "a\\u{1b}[31m\\u{a}b"),
    (namespace(2, pid: 7, cgroup: "/system.slice/web.service"), "web.service"),
    (namespace(2, pid: 7, cgroup: "/user.slice/user-0.slice/session-3.scope"), "pid 7"),
    (namespace(2, pid: 7, cgroup: "/"), "pid 7"), (namespace(2), "namespace 2"),
    (namespace(1, "own"), "here"),
  ])
  func labels(_ namespace: NamespaceIdentity, _ label: String) {
    let table = Self.report([(namespace, [.on(.loopback)])]).table()
    #expect(table.contains("  \(label)\n"))
  }

  /// Docker names them by the first digits of a number that nothing else shows.
  @Test func dockersNamesComeLast() {
    var namespace = Self.namespace(2, "3b2c1f", pid: 7)
    namespace.isNamedByDocker = true
    #expect(Self.report([(namespace, [.on(.loopback)])]).table().contains("  pid 7\n"))
    namespace.pid = nil
    #expect(Self.report([(namespace, [.on(.loopback)])]).table().contains("  3b2c1f\n"))
  }

  @Test(arguments: [20, 40, 60, 64, 79]) func noLineOfOursIsTooWide(_ width: Int) {
    let name = String(repeating: "long", count: 60)
    let text = Self.report([
      (Self.namespace(1), []),
      (Self.namespace(2, name, pid: 5), [.on(.loopback), .on(.anyIPv4, 9527, .listen)]),
    ]).table(width: width)
    for line in text.split(separator: "\n")
    where !line.contains("tw-inspect ") && !line.contains("  127.0.0.1") {
      if line.hasPrefix("TIME LEFT") { continue }
      #expect(line.count <= width, "\(line)")
    }
    if width == 79 { #expect(text.contains("  longlonglonglonglongl...\n"), "\(text)") }
    if width == 60 { #expect(text.contains("...?\n  tw-inspect trybind 9527 --netns pid:5\n"), "\(text)") }
    // Below the row where it has no room beside it.
    if width == 60 { #expect(text.contains("127.0.0.1:50000\n           long"), "\(text)") }
  }

  /// The number of a device means another one in another namespace.
  @Test func devicesAreNamedInTheirNamespace() {
    let table = Self.report(
      [(Self.namespace(2, "blue"), [.on(.loopback, interface: 2)])], interfaces: [2: "veth7"]
    ).table()
    #expect(table.contains("PEER             INTERFACE  NAMESPACE\n"))
    #expect(table.contains("127.0.0.1:50000  veth7      blue\n"))
  }

  /// In two namespaces two servers have the same address without sharing it.
  @Test func nothingIsSharedAcrossNamespaces() {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    var report = Self.report(
      [
        (Self.namespace(2, "blue"), [.on(.anyIPv4, 9527, .listen, inode: 5)]),
        (Self.namespace(3, "red"), [.on(.anyIPv4, 9527, .listen, inode: 6)]),
      ], filter)
    report.holderDetails.observedAt = 0
    for (pid, record) in report.records.enumerated() {
      report.holderDetails[record] = SocketDetails(
        owners: [SocketOwner(pid: Int32(pid + 10), command: "web")], isOwnersComplete: false,
        visibility: .visible)
    }
    let text = report.table()
    #expect(text.contains("blue  web (pid 10) listens on 0.0.0.0:9527\nred   web (pid 11) listens"))
    #expect(!text.contains("SO_REUSEPORT"))
  }

  @Test func json() throws {
    let report = Self.report(
      [
        (Self.namespace(1), []),
        (
          Self.namespace(2, "a\nb", pid: 7, cgroup: "/system.slice/docker-\(Self.container).scope"),
          [.on(.loopback)]
        ),
      ], lookedAt: 512, notLookedAt: 3)
    let json = try JSONObject(report.document(.example(), interfaceName: interfaceName).text)
    let row = try json.objects("sockets")[0].object("namespace")
    #expect(row.keys == ["inode", "name", "unit", "container", "pid"])
    #expect(row.int("inode") == 2 && row.string("name") == "a\nb" && row.int("pid") == 7)
    #expect(
      row.string("container") == Self.container && row.string("unit") == "docker-\(Self.container).scope")
    let namespaces = try json.object("namespaces")
    #expect(namespaces.int("looked_at") == 512 && namespaces.int("not_looked_at") == 3)
    #expect(try json.object("source").bool("complete") == false)
    #expect(
      Reason.text(of: report.coverage.shortfall)
        == "3 network namespaces were not looked at (there are more than 512)")
  }
}

import Diagnosis
import RecordSupport
@testable import Reports
import SocketTable
import Testing

/// The lines of `audit` on terminals of several widths.
@Suite struct AuditTextTests {
  /// A server with a connection, and one whose process is hidden, of a user who is not root.
  private static func audit(of owner: SocketOwner) -> Audit {
    let records = [
      SocketRecord.on(.v4(192, 0, 2, 200), 50_051, .listen, uid: 0, inode: 11, cookie: 1),
      .on(.anyIPv6, 443, .listen, uid: 33, inode: 12, cookie: 2),
      .on(.v4(192, 0, 2, 200), 50_051, .established, uid: 0, inode: 13, cookie: 3),
    ]
    var details = SocketDetailsTable()
    details.observedAt = 8_041_000
    details[records[0]] = SocketDetails(
      reuseAddress: false, reusePort: false, owners: [owner], isOwnersComplete: true, visibility: .visible)
    details[records[1]] = SocketDetails(owners: [], visibility: .hidden)
    details[records[1]]?.concealment = .permission
    details.userNames[33] = "www-data"
    return Audit(
      AuditEvidence(
        Snapshot(records: records, coverage: .netlink), asked: [0, 1],
        sockets: [
          0: ServerSocket(
            address: BindAddress(.v4(192, 0, 2, 200)), settings: .init(options: [], uid: 0))
        ], details: details, settings: HostSettings(ephemeralRange: 32_768...60_999, timerSlack: 2000)))
  }

  private static func text(_ audit: Audit, width: Int, isWhole: Bool = false, limit: Int = .max) -> String {
    var text = StyledText(usesColor: false, width: width)
    AuditText(
      audit, AuditQuery(ports: nil, unit: nil, family: .any, readsOptions: true), limit: limit,
      isWhole: isWhole
    ) { "eth\($0)" }.write(to: &text)
    return text.buffer.text
  }

  private static let nginx = SocketOwner(
    pid: 812, command: "nginx", descriptor: 6, uid: 33, user: "www-data",
    cgroup: CgroupPath("/system.slice/nginx.service"))

  @Test func wide() {
    let lines = Self.text(Self.audit(of: Self.nginx), width: 79).split(separator: "\n")
    #expect(lines[0] == "1 of 2 listeners would not come back at once after a restart.")
    #expect(lines[1] == "Of 1 more it is not known.")
    #expect(lines[2].hasPrefix("PORT               SERVER         RESTART"))
    #expect(lines[3].hasPrefix("192.0.2.200:50051  nginx.service  no, up to 122.0 s"))
    #expect(lines.contains { $0.hasPrefix("443                user www-data  unknown") })
    #expect(lines.last == "Do     sudo tw-inspect trybind 50051 --after-stop")
  }

  @Test(arguments: [20, 30, 40, 60, 79], [false, true])
  func noLineIsWider(width: Int, isWhole: Bool) {
    let long = SocketOwner(
      pid: 4_000_000, command: "a-long-name-abc", descriptor: 6, uid: 33, user: "somebody-with-a-long-name",
      cgroup: CgroupPath("/system.slice/\(String(repeating: "unit-", count: 12))a.service"))
    for owner in [Self.nginx, long] {
      let text = Self.text(Self.audit(of: owner), width: width, isWhole: isWhole)
      for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
      #expect(text.contains("443") && text.contains("Do"), "\(text)")
    }
  }

  @Test func limited() {
    let text = Self.text(Self.audit(of: Self.nginx), width: 79, limit: 1)
    #expect(text.contains("and 1 more (--limit 0: all)") && !text.contains("www-data"))
  }

  /// A name that is chosen by others cannot write a line of its own.
  @Test func namesAreEscaped() {
    let bad = SocketOwner(pid: 1, command: "a\u{1b}[1m\nYes.", descriptor: 3)
    let text = Self.text(Self.audit(of: bad), width: 79, isWhole: true)
    #expect(!text.contains("\u{1b}") && !text.contains("\nYes."), "\(text)")
  }
}

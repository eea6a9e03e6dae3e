import Diagnosis
import Reports
import SocketTable
import Testing

/// What `release` chooses, and what it says of it.
@Suite struct ReleaseReportTests {
  private static func minisocket(
    _ cookie: UInt64, state: TCPState = .timeWait, expires: UInt32 = 30_000,
    address: IPAddress = IPAddress(ipv4: 0x7f00_0001)
  ) -> SocketRecord {
    SocketRecord(
      state: state, local: Endpoint(address: address, port: 9527),
      peer: Endpoint(address: address, port: 50_000), timer: .init(kind: .timeWait, expires: expires),
      cookie: cookie)
  }

  private static func other(_ state: TCPState, cookie: UInt64) -> SocketRecord {
    SocketRecord(
      state: state, local: Endpoint(address: IPAddress(ipv4: 0x7f00_0001), port: 9527), peer: nil, uid: 0,
      inode: 1, cookie: cookie)
  }

  private static func report(
    _ records: [SocketRecord], finWait2: Bool = false, dryRun: Bool = false, isComplete: Bool = true,
    _ family: SocketFilter.Family = .any
  ) -> ReleaseReport {
    let coverage = Coverage(origin: .sockDiag, isComplete: isComplete, blindSpots: [])
    return ReleaseReport(
      port: 9527, family: family, includesFinWait2: finWait2, isDryRun: dryRun,
      Snapshot(records: records, coverage: coverage))
  }

  private static func text(_ report: ReleaseReport, plan: Bool) -> String {
    var text = StyledText(usesColor: false, width: 80)
    let writer = ReleaseText(report) { "#\($0)" }
    if plan { writer.writePlan(to: &text) } else { writer.writeResult(to: &text) }
    return text.buffer.text
  }

  // MARK: What is chosen

  @Test func timeWaitAloneUnlessMoreIsAskedFor() {
    let records = [
      Self.other(.listen, cookie: 1), Self.minisocket(2, expires: 10), Self.minisocket(3, expires: 20),
      Self.minisocket(4, state: .finWait2),
    ]
    #expect(Self.report(records).chosen.map(\.cookie) == [3, 2], "longest left first")
    #expect(Self.report(records, finWait2: true).chosen.map(\.cookie) == [4, 3, 2])
    #expect(Self.report(Array(records.dropFirst().prefix(1))).left == [records[1]], "until it has been ended")
  }

  @Test func oneFamily() {
    let ipv6 = IPAddress(ipv6High: 0, low: 1)
    let mapped = IPAddress(ipv6High: 0, low: 0xffff_7f00_0001)
    let records = [
      Self.minisocket(1), Self.minisocket(2, address: ipv6), Self.minisocket(3, address: mapped),
    ]
    #expect(Self.report(records, .ipv4).chosen.map(\.cookie) == [1, 3])
    #expect(Self.report(records, .ipv6).chosen.map(\.cookie) == [2])
  }

  @Test func neverWithoutACookieOfItsOwn() {
    #expect(Self.report([Self.minisocket(0), Self.minisocket(.max)]).chosen.isEmpty)
    #expect(Self.report([Self.minisocket(5), Self.minisocket(5)]).chosen.count == 1, "a dump can repeat")
    for state in [TCPState.bound, .listen] {
      let shared = Self.report([Self.minisocket(5), Self.other(state, cookie: 5)])
      #expect(shared.chosen.isEmpty, "its cookie names a socket that is still open")
      #expect(shared.left.count == 2)
    }
  }

  @Test func aDryRun() {
    let report = Self.report([Self.minisocket(1), Self.other(.listen, cookie: 2)], dryRun: true)
    #expect(report.released.map(\.cookie) == [1])
    #expect(report.left.map(\.cookie) == [2])
    #expect(report.remaining.isEmpty)
  }

  // MARK: What is said

  @Test func plan() {
    let records = (1...12).map { Self.minisocket(UInt64($0)) } + [Self.other(.listen, cookie: 99)]
    let text = Self.text(Self.report(records), plan: true)
    #expect(text.contains("and 2 more  (tw-inspect port 9527)"))
    #expect(text.contains("To be ended: 12 TIME_WAIT on port 9527.\n"))
    #expect(text.contains("Left alone: 1 LISTEN.\n"))
    #expect(text.contains("RFC 1337"))
    #expect(Self.text(Self.report(records, dryRun: true), plan: true).contains("Would end 12 TIME_WAIT"))
  }

  @Test func nothingToEnd() {
    #expect(
      Self.text(Self.report([]), plan: true) == """
        No TIME_WAIT on port 9527: nothing to end.
        No socket that this kernel lists holds port 9527.

        """)
    #expect(
      Self.text(Self.report([Self.other(.listen, cookie: 1)]), plan: true) == """
        No TIME_WAIT on port 9527: nothing to end.
        But it is in use: 1 LISTEN. Sockets of processes are left alone.

        """)
    #expect(
      Self.text(Self.report([Self.minisocket(1, state: .finWait2)]), plan: true).contains(
        "--include-fin-wait-2"))
    #expect(
      Self.text(Self.report([], isComplete: false), plan: true).contains("list of sockets is incomplete"),
      "an incomplete look is no answer")
    #expect(Self.text(Self.report([]), plan: false) == "")
  }

  @Test func result() {
    let (first, second) = (Self.minisocket(1), Self.minisocket(2))
    var report = Self.report([first, second])
    report.released = [first]
    report.vanished = 1
    report.left = []
    report.plainBind = (BindAddress(.anyIPv6), .ok)
    #expect(
      Self.text(report, plan: false) == """

        Ended 1 TIME_WAIT on port 9527.
        1 had ended by itself before that.
        No socket that this kernel lists is left on port 9527.
        A plain bind to [::]:9527 works now.

        """)
    report.vanished = 0
    report.left = [second, Self.minisocket(3), Self.other(.listen, cookie: 9)]
    report.plainBind = (BindAddress(.anyIPv6), .refused(.bind, .addressInUse))
    #expect(report.remaining == [second], "the third came later")
    let text = Self.text(report, plan: false)
    #expect(text.contains("Not ended: 1 TIME_WAIT.\n"))
    #expect(text.contains("Left on port 9527: 1 LISTEN, 1 TIME_WAIT.\n"))
    #expect(text.contains("A plain bind to [::]:9527 is refused: Address already in use.\n"))
  }
}

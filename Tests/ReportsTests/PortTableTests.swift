import RecordSupport
import Reports
import SocketTable
import Testing

/// What people see, at 80 columns.
@Suite struct PortTableTests {
  private static let timeWaits: [SocketRecord] = [
    .on(.loopback, peer: 52_090, expires: 41_000), .on(.loopbackIPv6, peer: 40_112, expires: 900),
    .on(.loopback, peer: 52_114, expires: 58_400),
  ]
  private static let listener = SocketRecord.on(.anyIPv4, 9527, .listen, inode: 1)
  private static let established = SocketRecord.on(.loopback, 9527, .established, inode: 2)
  private static let finWait2 = SocketRecord.on(.loopback, 9527, .finWait2, timer: .timeWait, expires: 30_000)
  private static let incomplete = Coverage(origin: .sockDiag, isComplete: false, blindSpots: [])
  private static let everything = SocketFilter(ports: PortSet(9527), states: .states(.all))

  @Test func severalTimeWait() {
    #expect(
      PortReport.of(Self.timeWaits).table() == """
        TIME LEFT  STATE      LOCAL           PEER
           58.4 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:52114
           41.0 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:52090
            0.9 s  TIME_WAIT  [::1]:9527      [::1]:40112

        3 TIME_WAIT hold port 9527. The last ends in 58.4 s (60.4 s at the latest).
        No other socket holds it.
        Can a server start?  tw-inspect trybind 9527

        """)
  }

  @Test func oneThatIsEnding() {
    #expect(
      PortReport.of([.on(.loopback, expires: 0)]).table() == """
        TIME LEFT  STATE      LOCAL           PEER
           ending  TIME_WAIT  127.0.0.1:9527  127.0.0.1:50000

        1 TIME_WAIT holds port 9527. It is ending (2.0 s at the latest).
        No other socket holds it.
        Can a server start?  tw-inspect trybind 9527

        """)
  }

  @Test func aListenerHoldsItToo() {
    let text = PortReport.of(Self.timeWaits + [Self.listener, Self.established, Self.established]).table()
    #expect(!text.contains("0.0.0.0:9527"))
    #expect(text.contains("3 TIME_WAIT hold port 9527. The last ends in 58.4 s (60.4 s at the latest).\n"))
    #expect(text.contains("1 LISTEN, 2 ESTABLISHED hold it too."))
    #expect(!text.contains("No other socket"))
  }

  @Test func noneButAListener() {
    #expect(
      PortReport.of([Self.listener, Self.established, Self.established, Self.established]).table() == """
        No TIME_WAIT on port 9527, but it is in use: 1 LISTEN, 3 ESTABLISHED.
        Every socket:  tw-inspect port 9527 --all

        """)
  }

  @Test func noneAtAll() {
    #expect(
      PortReport.of([]).table() == """
        No TIME_WAIT on port 9527. No other socket holds it.

        """)
  }

  /// The command to go on with asked about both families.
  @Test func theHintKeepsTheFamily() {
    var report = PortReport.of([Self.timeWaits[0]])
    report.filter.family = .ipv4
    #expect(report.table().hasSuffix("Can a server start?  tw-inspect trybind 9527 -4\n"))
    report.filter.family = .ipv6
    #expect(report.table().hasSuffix("Can a server start?  tw-inspect trybind 9527 -6\n"))
  }

  @Test func finWait2Minisockets() {
    #expect(
      PortReport.of([Self.finWait2, Self.timeWaits[0]]).table() == """
        TIME LEFT  STATE      LOCAL           PEER
           41.0 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:52090
           30.0 s  FIN_WAIT2  127.0.0.1:9527  127.0.0.1:50000

        1 TIME_WAIT and 1 FIN_WAIT2 without a process hold port 9527. The last ends in
        41.0 s (103.0 s at the latest).
        A FIN_WAIT2 whose peer closes becomes a TIME_WAIT of 60 s.
        No other socket holds it.
        Can a server start?  tw-inspect trybind 9527

        """)
    // One that a process has is no minisocket, and is not listed.
    let both = PortReport.of([Self.finWait2, .on(.loopback, 9527, .finWait2, inode: 4)]).table()
    #expect(both.contains("1 FIN_WAIT2 without a process holds port 9527. It ends in 30.0 s"))
    #expect(both.contains("1 FIN_WAIT2 holds it too."))
  }

  @Test func peerSide() {
    let filter = SocketFilter(ports: PortSet(443), side: .peer)
    let records: [SocketRecord] = [
      .on(.loopback, 50_000, peer: 443), .on(.loopback, 50_001, .established, peer: 443, inode: 3),
    ]
    #expect(
      PortReport.of(records, filter).table() == """
        TIME LEFT  STATE      LOCAL            PEER
            1.0 s  TIME_WAIT  127.0.0.1:50000  127.0.0.1:443

        2 sockets here connected to port 443 of the other end: 1 ESTABLISHED,
        1 TIME_WAIT.
        They do not hold port 443 on this host.

        """)
    // It says nothing of who holds the port here.
    let none = PortReport.of([], filter).table()
    #expect(none == "No socket here is connected to another end's port 443.\n")
  }

  @Test func severalPorts() {
    let filter = SocketFilter(ports: PortSet([9000...9100, 443...443]))
    #expect(
      PortReport.of([.on(.loopback, 443), .on(.loopback, 9050)], filter).table() == """
        TIME LEFT  STATE      LOCAL           PEER
            1.0 s  TIME_WAIT  127.0.0.1:443   127.0.0.1:50000
            1.0 s  TIME_WAIT  127.0.0.1:9050  127.0.0.1:50000

        443   1 TIME_WAIT for 1.0 s
        9050  1 TIME_WAIT for 1.0 s
        9000-9049, 9051-9100  nothing

        """)
  }

  @Test func blindSpots() {
    let coverage = Coverage(origin: .procNet, isComplete: true, blindSpots: [.boundNotListening, .v6Only])
    for records in [[], Self.timeWaits, [Self.listener]] {
      let text = PortReport.of(records, coverage: coverage).table()
      #expect(text.contains("\nSockets that are bound and do not listen cannot be listed here.\n"))
    }
  }

  // MARK: Incomplete

  /// "Free" and "could not look" are different answers.
  @Test func anIncompleteLookIsNotFree() {
    let peers = SocketFilter(ports: PortSet(9527), side: .peer)
    let either = SocketFilter(ports: PortSet(9527), side: .any)
    for filter in [SocketFilter(ports: PortSet(9527)), Self.everything, peers, either] {
      for records in [[], Self.timeWaits] + (filter.states == .minisockets ? [] : [[Self.listener]]) {
        let text = PortReport.of(records, filter, coverage: Self.incomplete).table()
        #expect(text.contains("incomplete"), "\(text)")
        #expect(!text.contains("No other socket"), "\(text)")
        #expect(!PortReport.of(records, filter).table().contains("incomplete"))
      }
    }
  }

  /// Beside a listener as well, "No TIME_WAIT" and the list of what else is there are only what was seen.
  @Test func anIncompleteLookBesideAListener() {
    for records in [[Self.listener], Self.timeWaits + [Self.listener]] {
      let text = PortReport.of(records, coverage: Self.incomplete).table()
      #expect(text.contains("incomplete"), "\(text)")
    }
  }

  // MARK: Lists

  @Test func limit() {
    let text = PortReport.of(Self.timeWaits, limit: 1).table()
    #expect(
      text == """
        TIME LEFT  STATE      LOCAL           PEER
           58.4 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:52114

        and 2 more (--limit 0: all)
        3 TIME_WAIT hold port 9527. The last ends in 58.4 s (60.4 s at the latest).
        No other socket holds it.
        Can a server start?  tw-inspect trybind 9527

        """)
    #expect(PortReport.of(Self.timeWaits, limit: 0).table().hasPrefix("and 3 more (--limit 0: all)\n"))
    let many = PortReport.of([SocketRecord](repeating: Self.timeWaits[0], count: 12_480), limit: 1).table()
    #expect(many.contains("and 12,479 more (--limit 0: all)"))
    #expect(many.contains("12,480 TIME_WAIT hold"))
  }

  @Test func everyState() {
    let records = Self.timeWaits + [Self.listener, Self.established, .on(.loopback, 9527, .bound, inode: 2)]
    #expect(
      PortReport.of(records, Self.everything).table() == """
        TIME LEFT  STATE        LOCAL           PEER
                -  LISTEN       0.0.0.0:9527    -
                -  ESTABLISHED  127.0.0.1:9527  127.0.0.1:50000
                -  BOUND        127.0.0.1:9527  -
           58.4 s  TIME_WAIT    127.0.0.1:9527  127.0.0.1:52114
           41.0 s  TIME_WAIT    127.0.0.1:9527  127.0.0.1:52090
            0.9 s  TIME_WAIT    [::1]:9527      [::1]:40112

        6 sockets on port 9527: 1 LISTEN, 1 BOUND, 1 ESTABLISHED, 3 TIME_WAIT. The last
        timer ends in 58.4 s (60.4 s at the latest).

        """)
    #expect(PortReport.of([], Self.everything).table() == "No socket on port 9527.\n")
  }

  @Test func unknownStatesHaveOneTitle() {
    let text = PortReport.of([.on(.loopback, 9527, .unknown(14))], Self.everything).table()
    #expect(text.contains("1 STATE_14"))
    #expect(!text.contains("UNKNOWN"))
  }

  @Test func interfaces() {
    let records: [SocketRecord] = [
      .on(.loopback, interface: 2), .on(.loopback, 9527, .listen, interface: 9, inode: 1), .on(.loopback),
    ]
    #expect(
      PortReport.of(records, Self.everything).table().hasPrefix(
        """
        TIME LEFT  STATE      LOCAL           PEER             INTERFACE
                -  LISTEN     127.0.0.1:9527  -                #9
            1.0 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:50000  eth2
            1.0 s  TIME_WAIT  127.0.0.1:9527  127.0.0.1:50000  -

        """))
  }

  @Test func hostileInterfaceNames() {
    var text = StyledText(usesColor: false, width: 80)
    PortTable(.of([.on(.loopback, interface: 2)])) { _ in "e\u{1b}[2J\u{202e}" }.write(to: &text)
    let written = text.buffer.text
    #expect(!written.contains("\u{1b}") && !written.contains("\u{202e}"))
  }
}

@testable import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// What a restart would meet (`--after-stop`).
extension PredictionTests {
  @Test func aStopWithoutConnections() {
    let diagnosis = Self.afterStop([Self.listener])
    #expect(Self.answer(diagnosis) == "ok" && diagnosis.findings.isEmpty && diagnosis.holders.isEmpty)
    #expect(diagnosis.prediction?.certainty == .likely)
  }

  /// What each connection of a listener leaves behind: "stays", "TIME_WAIT" or "nothing".
  static let remains: [(SocketRecord, String)] = [
    (established, "TIME_WAIT"), (closeWait, "nothing"), (timeWait, "stays"), (finWait2, "stays"),
    (orphan, "stays"), (bound, "stays"),
    (.on(.loopback, 9527, .established, uid: 0, cookie: 20), "nothing"),
    (.on(.loopback, 9527, .closeWait, uid: 0, cookie: 21), "nothing"),
    (.on(.loopback, 9527, .synReceived, timer: .retransmit, cookie: 22), "nothing"),
    (.on(.loopback, 9527, .finWait1, uid: 0, inode: 23, cookie: 23), "TIME_WAIT"),
    (.on(.loopback, 9527, .finWait2, uid: 0, inode: 24, cookie: 24), "TIME_WAIT"),
    (.on(.loopback, 9527, .closing, uid: 0, inode: 25, cookie: 25), "TIME_WAIT"),
    (.on(.loopback, 9527, .finWait2, timer: .keepalive, uid: 0, cookie: 26), "stays"),
    (.on(.loopback, 9527, .closing, timer: .retransmit, uid: 0, cookie: 27), "stays"),
    (.on(.loopback, 9527, .lastAck, timer: .retransmit, uid: 0, cookie: 28), "stays"),
    (.on(.loopback, 9527, .synSent, timer: .retransmit, uid: 0, inode: 29, cookie: 29), "stays"),
    // Not the listener's: it cannot have accepted these.
    (.on(.mapped(127, 0, 0, 1), 9527, .established, inode: 30, cookie: 30), "stays"),
    (.on(.loopbackIPv6, 9527, .closeWait, inode: 31, cookie: 31), "stays"),
  ]

  @Test(arguments: remains)
  func whatIsLeft(record: SocketRecord, remains: String) throws {
    let records = [Self.listener, record]
    let view = SocketView(scenario: .afterStop(of: records, SocketDetailsTable()))
    #expect(view.socket(Self.listener) == nil)
    let left = view.socket(record)
    switch remains {
    case "nothing": #expect(left == nil)
    case "stays": #expect(left == ExistingSocket(record))
    default:
      let minisocket = try #require(left)
      #expect(minisocket.isMinisocket && !minisocket.isListening && minisocket.uid == nil)
      #expect(minisocket.address == record.local.address)
    }
    #expect(SocketView().socket(record) == ExistingSocket(record))
  }

  @Test func connectionsHaveTheirListenersFlags() {
    for old in Self.all {
      for new in Self.all {
        for record in [Self.established, Self.timeWait, Self.orphan] {
          let diagnosis = Self.afterStop([Self.listener, record], new, flags: [0: old])
          #expect(Self.answer(diagnosis) == (old.isDisjoint(with: new) ? "fails" : "ok"), "\(record.state)")
        }
        // Unless they were given their own.
        let changed = Self.afterStop([Self.listener, Self.established], new, flags: [0: Self.both, 1: old])
        #expect(Self.answer(changed) == (old.isDisjoint(with: new) ? "fails" : "ok"))
      }
    }
    let unknown = Self.afterStop([Self.listener, Self.established], .reuseAddress)
    #expect(Self.answer(unknown) == "depends SO_REUSEADDR")
    #expect(Self.slugs(unknown) == "time-wait-server-closed-first")
  }

  /// By inode, where the source has no cookies.
  @Test func connectionsHaveTheirListenersFlagsByProcToo() {
    let listener = SocketRecord.on(.anyIPv4, 9527, .listen, uid: 0, inode: 11)
    let established = SocketRecord.on(.loopback, 9527, .established, uid: 0, inode: 12)
    let ok = Self.afterStop(
      [listener, established], .reuseAddress, coverage: .proc, flags: [0: .reuseAddress])
    #expect(Self.answer(ok) == "depends bound-not-listening")
    let own = Self.afterStop(
      [listener, established], .reuseAddress, coverage: .proc, flags: [0: .reuseAddress, 1: []])
    #expect(Self.answer(own) == "fails")
  }

  @Test func severalListeners() {
    let other = SocketRecord.on(.anyIPv4, 9527, .listen, uid: 0, inode: 15, cookie: 8)
    let specific = SocketRecord.on(.loopback, 9527, .listen, uid: 0, inode: 16, cookie: 9)
    let records = [Self.listener, other, Self.established]
    #expect(
      Self.answer(Self.afterStop(records, .reuseAddress, flags: [0: Self.both, 1: Self.both])) == "ok")
    // They do not agree, and either can have accepted it.
    let split = Self.afterStop(records, .reuseAddress, flags: [0: Self.both, 1: .reusePort])
    #expect(Self.answer(split) == "depends SO_REUSEADDR")
    // The kernel hands a connection to the listener on the very address.
    let nearest = [Self.listener, specific, Self.established]
    #expect(
      Self.answer(Self.afterStop(nearest, .reuseAddress, flags: [0: .reusePort, 1: Self.both])) == "ok")
    #expect(
      Self.answer(Self.afterStop(nearest, .reuseAddress, flags: [0: Self.both, 1: .reusePort])) == "fails")
  }

  @Test func mappedConnectionsOfADualStackListener() {
    let dual = SocketRecord.on(.anyIPv6, 9527, .listen, inode: 11, cookie: 1, v6Only: false)
    let only = SocketRecord.on(.anyIPv6, 9527, .listen, inode: 11, cookie: 1, v6Only: true)
    let mapped = SocketRecord.on(.mapped(127, 0, 0, 1), 9527, .established, inode: 12, cookie: 2)
    let real = SocketRecord.on(.loopbackIPv6, 9527, .established, inode: 13, cookie: 3)
    for address in [BindAddress.anyIPv4, .loopback, .anyIPv6] {
      #expect(Self.answer(Self.afterStop([dual, mapped], on: [address], flags: [0: []])) == "fails")
      #expect(
        Self.answer(Self.afterStop([dual, mapped], .reuseAddress, on: [address], flags: [0: .reuseAddress]))
          == "ok")
    }
    #expect(Self.answer(Self.afterStop([dual, mapped], on: [.anyIPv6Only], flags: [0: []])) == "ok")
    // IPV6_V6ONLY is the listener's as well: 0.0.0.0 is compared with any socket that may speak IPv4.
    #expect(Self.answer(Self.afterStop([dual, real], flags: [0: []])) == "fails")
    #expect(Self.answer(Self.afterStop([only, real], flags: [0: []])) == "ok")
    #expect(Self.answer(Self.afterStop([dual, real], on: [.loopback], flags: [0: []])) == "ok")
    // A v4-mapped connection is none of a listener for IPv6 alone.
    #expect(
      Self.afterStop([only, mapped], on: [.loopback]).holders == [mapped],
      "it stays as it is, whoever has it")
  }

  /// They need not end with the listener's process.
  @Test func connectionsOfOtherProcessesStay() {
    let records = [Self.listener, Self.closeWait]
    #expect(Self.answer(Self.afterStop(records, owners: [0: [7], 1: [7]])) == "ok")
    #expect(Self.answer(Self.afterStop(records, owners: [0: [7], 1: [8, 7]])) == "ok")
    let kept = Self.afterStop(records, owners: [0: [7], 1: [8]])
    #expect(Self.answer(kept) == "fails" && Self.slugs(kept) == "leaked-connection" && kept.freeIn == nil)
    #expect(Self.answer(Self.afterStop(records, owners: [0: [7], 1: []])) == "ok")
  }

  /// A full socket is shared by SO_REUSEPORT with its own user only; a minisocket with all.
  @Test func theUserCountsOfWhatIsNotAMinisocket() {
    let records = [Self.listener, Self.established, Self.orphan]
    #expect(
      Self.answer(Self.afterStop([records[0], records[1]], .reusePort, flags: [0: .reusePort], uid: 33))
        == "ok")
    #expect(
      Self.answer(Self.afterStop([records[0], records[2]], .reusePort, flags: [0: .reusePort], uid: 33))
        == "fails")
  }

  @Test func whatAStopIsSaidToLeave() throws {
    let fails = Self.afterStop([Self.listener, Self.established], .reuseAddress, flags: [0: []])
    #expect(fails.findings.map(\.kind) == [.timeWaitHolderWithoutReuse(.afterStop)])
    #expect(fails.holders == [Self.established], "shown as it is now")
    #expect(
      fails.findings.map(\.evidence) == [.sockets(SocketSample([Self.established], of: 1))],
      "shown as it is now")
    // FIN_WAIT2 first, and TIME_WAIT when the client closes late.
    #expect(fails.freeIn == 60_000 && fails.freeLatest == 122_048)
    #expect(fails.prediction?.certainty == .likely)
    // A listener that is not there cannot stop.
    let idle = Self.afterStop([Self.timeWait])
    #expect(
      idle.findings.map(\.kind) == [
        .timeWaitServerClosedFirst(.unknown(StateCounts([Self.timeWait]), decides: false))
      ])
    #expect(idle.freeIn == 41_000)
  }
}

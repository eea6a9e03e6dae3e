import RecordSupport
import SocketTable
import Testing

@testable import Reports

@Suite struct StateListTests {
  private static let counts = StateCounts([
    .on(.loopback), .on(.loopback), .on(.loopback, 9527, .listen, inode: 1),
    .on(.loopback, 9527, .finWait2, timer: .timeWait), .on(.loopback, 9527, .finWait2, inode: 2),
  ])

  @Test func whatIsListed() {
    #expect(StateList(Self.counts).list.plain == "1 LISTEN, 2 FIN_WAIT2, 2 TIME_WAIT")
    #expect(StateList(Self.counts).phrase.plain == "1 LISTEN, 2 FIN_WAIT2 and 2 TIME_WAIT")
    #expect(
      StateList(minisocketsApartIn: Self.counts).list.plain
        == "1 LISTEN, 1 FIN_WAIT2, 1 FIN_WAIT2 without a process, 2 TIME_WAIT")
    #expect(
      StateList(minisocketsIn: Self.counts).phrase.plain == "2 TIME_WAIT and 1 FIN_WAIT2 without a process")
    #expect(StateList(withoutMinisocketsIn: Self.counts).list.plain == "1 LISTEN, 1 FIN_WAIT2")
  }

  @Test func nothing() {
    let none = StateCounts()
    for list in [
      StateList(none), StateList(minisocketsApartIn: none), StateList(minisocketsIn: none),
      StateList(withoutMinisocketsIn: none),
    ] {
      #expect(list.isEmpty && list.list.isEmpty && list.phrase.isEmpty)
    }
  }

  @Test func countsStayWithTheirStates() {
    #expect(StateList(Self.counts).list.lines(width: 1) == ["1 LISTEN,", "2 FIN_WAIT2,", "2 TIME_WAIT"])
  }
}

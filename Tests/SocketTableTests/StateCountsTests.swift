import SocketTable
import RecordSupport
import Testing

@Suite struct StateCountsTests {
  @Test func nothing() {
    let counts = StateCounts()
    #expect(counts.total == 0 && counts.minisockets == 0 && counts.finWait2Minisockets == 0)
    #expect(counts.longestMinisocket == nil)
    #expect(counts.states.isEmpty)
    for state in TCPState.known { #expect(counts[state] == 0) }
  }

  @Test func eachState() {
    for state in TCPState.known + [.unknown(14)] {
      let counts = StateCounts([.on(.loopback, 1, state), .on(.loopback, 2, state)])
      #expect(counts.total == 2)
      #expect(counts[state] == 2, "\(state)")
      #expect(counts.states.map(\.state) == [state])
      #expect(counts.states.map(\.count) == [2])
    }
  }

  @Test func minisockets() {
    let counts = StateCounts([
      .on(.loopback, 1, .timeWait, expires: 0), .on(.loopback, 2, .timeWait, expires: 58_400),
      .on(.loopback, 3, .finWait2, timer: .timeWait, expires: 59_000),
      .on(.loopback, 4, .finWait2, timer: .keepalive, expires: 99_000),
      .on(.loopback, 5, .finWait2, inode: 7),
      .on(.loopback, 6, .established, timer: .keepalive, expires: 7_200_000),
      .on(.loopback, 7, .listen, inode: 8),
    ])
    #expect(counts.total == 7)
    #expect(counts.minisockets == 3)
    #expect(counts[.finWait2] == 3)
    #expect(counts.finWait2Minisockets == 1)
    #expect(counts[.timeWait] == 2)
    // The keepalive timers end nothing.
    #expect(counts.longestMinisocket == 59_000)
    #expect(counts.states.map(\.state) == [.listen, .established, .finWait2, .timeWait])
  }

  @Test func oneThatIsEnding() {
    #expect(StateCounts([.on(.loopback, expires: 0)]).longestMinisocket == 0)
    #expect(
      StateCounts([.on(.loopback, expires: .max), .on(.loopback, expires: 1)]).longestMinisocket == .max)
  }

  @Test func unknownStatesComeLast() {
    let counts = StateCounts([
      .on(.loopback, 1, .unknown(15)), .on(.loopback, 1, .unknown(14)), .on(.loopback, 1, .close),
    ])
    #expect(counts.states.map(\.state) == [.close, .unknown(14), .unknown(15)])
  }
}

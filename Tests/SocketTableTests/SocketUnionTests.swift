import RecordSupport
import SocketTable
import Testing

@Suite struct SocketUnionTests {
  private func row(_ cookie: UInt64, _ state: TCPState = .timeWait, expires: UInt32 = 1000) -> SocketRecord {
    .on(.loopback, 9527, state, peer: UInt16(cookie), expires: expires, cookie: cookie)
  }

  @Test func equalReadingsAreOne() {
    var union = SocketUnion([row(1), row(2)])
    union.add([row(2, expires: 990), row(1, expires: 990)], elapsed: 10)
    #expect(union.records == [row(2, expires: 990), row(1, expires: 990)])
    #expect(!union.hasChanged)
  }

  @Test func whatOneReadingMissesIsKept() {
    var union = SocketUnion([row(1), row(2), row(3)])
    union.add([row(1), row(3)], elapsed: 10)
    union.add([row(3), row(4)], elapsed: 10)
    #expect(union.records.map(\.cookie) == [3, 4, 1, 2])
    #expect(union.records.map { $0.timer?.expires } == [1000, 1000, 990, 980])
    #expect(union.hasChanged)
  }

  @Test func whatIsRepeatedIsOneSocket() {
    var union = SocketUnion([row(1), row(2), row(1)])
    #expect(union.records.count == 2)
    union.add([row(1), row(2), row(2)], elapsed: 0)
    #expect(union.records.count == 2)
    #expect(!union.hasChanged)
  }

  @Test func whatATimerHasEndedSinceIsGone() {
    var union = SocketUnion([row(1, expires: 5), row(2, expires: 11)])
    union.add([], elapsed: 10)
    #expect(union.records == [row(2, expires: 1)])
    #expect(union.hasChanged)
  }

  /// A connection that closes keeps its cookie.
  @Test func theNewestStateCounts() {
    var union = SocketUnion([row(1, .established)])
    union.add([row(1)], elapsed: 10)
    #expect(union.records == [row(1)])
    #expect(!union.hasChanged)
  }

  /// /proc has no cookies: ends tell connections apart, and inodes those that have no other end.
  @Test func withoutCookies() {
    let listeners = [1, 2].map { SocketRecord.on(.loopback, 9527, .listen, inode: $0) }
    let connection = SocketRecord.on(.loopback, 9527, .established, peer: 7, inode: 3)
    let closed = SocketRecord.on(.loopback, 9527, .timeWait, peer: 7)
    var union = SocketUnion(listeners + [connection])
    union.add([closed, listeners[1]], elapsed: 10)
    #expect(union.records == [closed, listeners[1], listeners[0]])
  }
}

import RecordSupport
import SocketTable
import Testing

@Suite struct SortOrderTests {
  private func order(_ order: SortOrder, _ records: [SocketRecord]) -> [Int] {
    order.order(records) { _ in true }.map(Int.init)
  }

  @Test func longestFirstAndWhatNoTimerEndsBeforeAll() {
    let records: [SocketRecord] = [
      .on(.loopback, expires: 5), .on(.loopback, 9527, .listen, inode: 1), .on(.loopback, expires: 60_000),
      .on(.loopback, expires: 0), .on(.loopback, 9527, .established, timer: .keepalive, expires: 7, inode: 2),
      .on(.loopback, 9527, .finWait2, timer: .timeWait, expires: 30_000), .on(.loopback, expires: 5),
    ]
    #expect(order(.time, records) == [1, 4, 2, 5, 0, 6, 3])
    #expect(order(.none, records) == [0, 1, 2, 3, 4, 5, 6])
  }

  @Test func byTimeLikeAPlainSort() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for count in [0, 1, 2, 3, 100, 3000] {
      for limit: UInt32 in [1, 60, 1023, 1024, 60_000, 1_048_574] {
        let records = (0..<count).map { _ -> SocketRecord in
          Bool.random(using: &generator)
            ? .on(.loopback, expires: UInt32.random(in: 0...limit, using: &generator))
            : .on(.loopback, 9527, .established, timer: .keepalive, expires: 9, inode: 1)
        }
        func key(_ index: Int) -> UInt32 {
          records[index].isMinisocket ? records[index].timer?.expires ?? 0 : .max
        }
        // Stable: equal ones in the kernel's order.
        let expected = records.indices.sorted { (key($1), $0) < (key($0), $1) }
        if order(.time, records) != expected {
          Issue.record("\(count) records up to \(limit) ms, seed \(seed)")
        }
      }
    }
  }

  @Test func timersOfAnyLength() {
    let records = [
      SocketRecord.on(.loopback, expires: 60_000), .on(.loopback, expires: .max), .on(.loopback, expires: 0),
    ]
    #expect(order(.time, records) == [1, 0, 2])
  }

  @Test func byPeer() {
    let records: [SocketRecord] = [
      .on(.loopbackIPv6, peer: 1), .on(.loopback, peer: 10), .on(.loopback, 9527, .listen),
      .on(.loopback, peer: 2),
      .on(.v4(10, 0, 0, 1), peer: 60_000), .on(.anyIPv6, 9527, .bound),
    ]
    let found = order(.peer, records)
    #expect(Set(found.prefix(2)) == [2, 5])
    #expect(Array(found.dropFirst(2)) == [4, 3, 1, 0])
  }

  @Test(arguments: SortOrder.allCases) func onlyWhatIsChosen(order: SortOrder) {
    let times = (0..<100).map { (index: Int) -> UInt32 in UInt32(index * 13 % 100) }
    let records = times.enumerated().map { index, time -> SocketRecord in
      .on(.loopback, peer: UInt16(index * 7 % 100), expires: time)
    }
    let chosen = order.order(records) { ($0.timer?.expires ?? 0) % 3 == 0 }
    #expect(Set(chosen).count == chosen.count)
    let expected = times.indices.filter { times[$0] % 3 == 0 }
    #expect(Set(chosen.map(Int.init)) == Set(expected))
    #expect(order.order(records) { _ in false }.isEmpty)
    #expect(order.order([]) { _ in true }.isEmpty)
  }
}

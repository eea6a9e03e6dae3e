/// How many sockets are in each state.
package struct StateCounts: Equatable, Sendable {
  private var counts: [TCPState: Int] = [:]
  /// Those of FIN_WAIT2 that only a timer keeps.
  package private(set) var finWait2Minisockets = 0
  package private(set) var total = 0
  /// The longest time left among minisockets, in milliseconds; nil if there is none.
  package private(set) var longestMinisocket: UInt32?

  package init() {}

  package init(_ records: [SocketRecord]) {
    for record in records { add(record) }
  }

  // TIME_WAIT by the hundred thousand is what this has to be quick at.
  private var timeWaits = 0

  package mutating func add(_ record: SocketRecord) {
    total += 1
    if let timer = record.timer, timer.kind == .timeWait {
      longestMinisocket = max(longestMinisocket ?? 0, timer.expires)
      if record.state == .finWait2 { finWait2Minisockets += 1 }
    }
    if record.state == .timeWait { timeWaits += 1 } else { counts[record.state, default: 0] += 1 }
  }

  package subscript(_ state: TCPState) -> Int {
    state == .timeWait ? timeWaits : counts[state, default: 0]
  }

  /// The states that occur, in `TCPState.known`'s order, unknown ones last.
  package var states: [(state: TCPState, count: Int)] {
    let unknown = counts.keys.filter { !TCPState.known.contains($0) }
      .sorted { $0.name < $1.name }
    return (TCPState.known + unknown).map { ($0, self[$0]) }.filter { $0.1 > 0 }
  }

  package var minisockets: Int { timeWaits + finWait2Minisockets }
}

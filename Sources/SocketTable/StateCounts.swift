/// How many sockets are in each state.
package struct StateCounts: Equatable, Sendable {
  /// By the state's number.
  private var counts = [Int](repeating: 0, count: 256)
  /// Sockets in FIN_WAIT2 that only a timer keeps.
  package private(set) var finWait2Minisockets = 0
  package private(set) var total = 0
  /// The longest time left in TIME_WAIT, in milliseconds; nil if there is none.
  package private(set) var longestTimeWait: UInt32?
  /// The same of FIN_WAIT2 that only a timer keeps.
  private var longestFinWait2: UInt32?

  package init() {}

  package init(_ records: [SocketRecord]) {
    for record in records { add(record) }
  }

  /// Counts one socket more.
  package mutating func add(_ record: SocketRecord) {
    total += 1
    if let timer = record.timer, timer.kind == .timeWait {
      if record.state == .finWait2 {
        finWait2Minisockets += 1
        longestFinWait2 = max(longestFinWait2 ?? 0, timer.expires)
      } else {
        longestTimeWait = max(longestTimeWait ?? 0, timer.expires)
      }
    }
    counts[Int(record.state.wireValue)] += 1
  }

  /// The longest time left among minisockets, in milliseconds; nil if there is none.
  package var longestMinisocket: UInt32? {
    guard let longestTimeWait, let longestFinWait2 else { return longestTimeWait ?? longestFinWait2 }
    return max(longestTimeWait, longestFinWait2)
  }

  /// How many are in this state.
  package subscript(_ state: TCPState) -> Int { counts[Int(state.wireValue)] }

  /// The states that occur, in `TCPState.known`'s order, unknown ones last.
  package var states: [(state: TCPState, count: Int)] {
    let unknown = (0...UInt8.max).map(TCPState.init(wireValue:)).filter { !TCPState.known.contains($0) }
    return (TCPState.known + unknown).map { ($0, self[$0]) }.filter { $0.1 > 0 }
  }

  /// Sockets that only a timer keeps.
  package var minisockets: Int { self[.timeWait] + finWait2Minisockets }
}

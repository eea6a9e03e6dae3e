/// How many sockets are in each state.
package struct StateCounts: Equatable, Sendable {
  /// By the state's number.
  private var counts = [Int](repeating: 0, count: 256)
  /// Sockets in FIN_WAIT2 that only a timer keeps.
  package private(set) var finWait2Minisockets = 0
  package private(set) var total = 0
  /// The longest time left among minisockets, in milliseconds; nil if there is none.
  package private(set) var longestMinisocket: UInt32?

  package init() {}

  package init(_ records: [SocketRecord]) {
    for record in records { add(record) }
  }

  /// Counts one socket more.
  package mutating func add(_ record: SocketRecord) {
    total += 1
    if let timer = record.timer, timer.kind == .timeWait {
      longestMinisocket = max(longestMinisocket ?? 0, timer.expires)
      if record.state == .finWait2 { finWait2Minisockets += 1 }
    }
    counts[Int(record.state.wireValue)] += 1
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

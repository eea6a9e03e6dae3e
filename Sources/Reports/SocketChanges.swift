package import SocketTable

/// Which sockets have appeared and gone between the looks of a watch. Each is marked for a while. Times are milliseconds on
/// a monotonic clock.
package struct SocketChanges {
  enum Mark {
    case appeared
    case gone
  }

  private let markedFor: Int64
  /// The sockets of the last look, by their identity; nil before the first.
  private var present: [SocketRecord: SocketRecord]?
  private var appeared: [SocketRecord: Int64] = [:]
  private var left: [(record: SocketRecord, at: Int64)] = []
  /// When the timer of each minisocket ends, as it was seen first, by the socket's identity.
  private var ends: [SocketRecord: Int64] = [:]

  /// - Parameter milliseconds: the time after which a mark is removed.
  package init(markedFor milliseconds: Int64) { markedFor = milliseconds }

  /// The sockets that are marked as gone, the latest first.
  var gone: [SocketRecord] { left.reversed().map(\.record) }

  func mark(of record: SocketRecord) -> Mark? { appeared[record.identity] == nil ? nil : .appeared }

  /// Compares the next look with the last one. The first look marks nothing.
  package mutating func update(_ records: some Sequence<SocketRecord>, at now: Int64) {
    var next: [SocketRecord: SocketRecord] = [:]
    for record in records { next[record.identity] = record }
    appeared = appeared.filter { now - $0.value < markedFor && next[$0.key] != nil }
    left.removeAll { now - $0.at >= markedFor }
    if let present {
      for key in next.keys where present[key] == nil { appeared[key] = now }
      // A socket that has come back is not gone any more.
      left.removeAll { next[$0.record.identity] != nil }
      left += present.filter { next[$0.key] == nil }.map { ($0.value, now) }
        .sorted { ($0.record.peer?.port ?? 0) < ($1.record.peer?.port ?? 0) }
    }
    present = next
    ends = next.filter { $0.value.isMinisocket }.reduce(into: [:]) { ends, entry in
      let end = now + Int64(entry.value.timer?.expires ?? 0)
      // A few ms are the kernel's ticks; more is a timer that was started anew.
      ends[entry.key] = self.ends[entry.key].flatMap { abs($0 - end) < Self.rearmed ? $0 : nil } ?? end
    }
  }

  /// In milliseconds. A timer's remaining time is told to a tick, of 10 ms at most, and a look takes a while.
  private static let rearmed: Int64 = 500
  /// More rows than this do not fit on a screen, and keep the order that they have.
  private static let mostInOrder = 1_000

  /// The same sockets, those with the longest time first, then by address. By the times of each look alone, sockets with
  /// nearly the same time would change places.
  package func inSteadyOrder(_ records: some Collection<SocketRecord>) -> [SocketRecord] {
    let first = records.prefix(Self.mostInOrder).map { (record: $0, end: ends[$0.identity] ?? .max) }
      .sorted { left, right in
        if left.end != right.end { return left.end > right.end }
        if left.record.local != right.record.local { return left.record.local < right.record.local }
        switch (left.record.peer, right.record.peer) {
        case (let left?, let right?): return left < right
        case (nil, _?): return true
        case (_, nil): return false
        }
      }
    return first.map(\.record) + records.dropFirst(Self.mostInOrder)
  }
}

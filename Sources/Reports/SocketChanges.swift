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
  }
}

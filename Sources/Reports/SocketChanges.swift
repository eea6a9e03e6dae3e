package import SocketTable

/// Which sockets have come and gone between looks, for as long as that is worth a mark.
package struct SocketChanges {
  enum Mark {
    case appeared
    case gone
  }

  private let markedFor: Int64
  private var present: [SocketRecord: SocketRecord]?
  private var appeared: [SocketRecord: Int64] = [:]
  private var left: [(record: SocketRecord, at: Int64)] = []

  /// - Parameter milliseconds: how long a mark stays.
  package init(markedFor milliseconds: Int64) { markedFor = milliseconds }

  /// Those that are gone, the latest first.
  var gone: [SocketRecord] { left.reversed().map(\.record) }

  func mark(of record: SocketRecord) -> Mark? { appeared[record.identity] == nil ? nil : .appeared }

  /// Takes the next look, made at a time in milliseconds. The first marks nothing.
  package mutating func update(_ records: some Sequence<SocketRecord>, at now: Int64) {
    var next: [SocketRecord: SocketRecord] = [:]
    for record in records { next[record.identity] = record }
    appeared = appeared.filter { now - $0.value < markedFor && next[$0.key] != nil }
    left.removeAll { now - $0.at >= markedFor }
    if let present {
      for key in next.keys where present[key] == nil { appeared[key] = now }
      // What came back is not gone.
      left.removeAll { next[$0.record.identity] != nil }
      left += present.filter { next[$0.key] == nil }.map { ($0.value, now) }
        .sorted { ($0.record.peer?.port ?? 0) < ($1.record.peer?.port ?? 0) }
    }
    present = next
  }
}

/// In which order sockets are shown.
package enum SortOrder: String, CaseIterable, Sendable {
  /// Longest time left first; sockets that no timer ends come before all others.
  case time
  case peer
  /// As the kernel has them.
  case none

  /// Where the records that are chosen stand, in this order. Moves numbers and no records.
  package func order(_ records: [SocketRecord], _ isChosen: (SocketRecord) -> Bool) -> [UInt32] {
    var chosen: [UInt32] = []
    chosen.reserveCapacity(records.count)
    for index in records.indices where isChosen(records[index]) {
      chosen.append(UInt32(truncatingIfNeeded: index))
    }
    switch self {
    case .none: break
    case .peer:
      chosen.sort { left, right in
        switch (records[Int(left)].peer, records[Int(right)].peer) {
        case (let left?, let right?): left < right
        case (nil, _?): true
        case (_, nil): false
        }
      }
    case .time:
      chosen = Self.sorted(chosen) { index in
        let record = records[Int(index)]
        return record.isMinisocket ? Self.longest - min(record.timer?.expires ?? 0, Self.longest) : 0
      }
    }
    return chosen
  }

  /// Times are told apart up to a thousand seconds; a minisocket lives for sixty.
  private static let longest: UInt32 = 1 << 20 - 1

  /// Ascending by a key of 20 bits, equal ones in the order they came (radix sort, 10 bits at a time): a hundred thousand
  /// in a millisecond, where comparing takes ten.
  private static func sorted(_ values: [UInt32], by key: (UInt32) -> UInt32) -> [UInt32] {
    var current = values.map { UInt64(key($0)) << 32 | UInt64($0) }
    var next = current
    for shift: UInt64 in [32, 42] {
      var starts = [Int](repeating: 0, count: 1025)
      for value in current { starts[Int(value >> shift & 1023) + 1] += 1 }
      for bucket in 1...1024 { starts[bucket] += starts[bucket - 1] }
      for value in current {
        let bucket = Int(value >> shift & 1023)
        next[starts[bucket]] = value
        starts[bucket] += 1
      }
      swap(&current, &next)
    }
    return current.map { UInt32(truncatingIfNeeded: $0) }
  }
}

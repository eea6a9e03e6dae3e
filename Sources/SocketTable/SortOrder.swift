/// In which order sockets are shown. The raw values are those of `--sort`.
package enum SortOrder: String, CaseIterable, Sendable {
  /// Longest time left first; sockets that no timer ends come before all others.
  case time
  /// By the peer's address and port; sockets without a peer come first.
  case peer
  /// As the source has them.
  case none

  /// The indices of the records that are chosen, in this order. Moves numbers and no records.
  package func order(_ records: [SocketRecord], _ isChosen: (SocketRecord) -> Bool) -> [UInt32] {
    if self == .time { return Self.byTime(records, isChosen) }
    var chosen = records.indices.filter { isChosen(records[$0]) }.map { UInt32(truncatingIfNeeded: $0) }
    if self == .peer {
      chosen.sort { left, right in
        switch (records[Int(left)].peer, records[Int(right)].peer) {
        case (let left?, let right?): left < right
        case (nil, _?): true
        case (_, nil): false
        }
      }
    }
    return chosen
  }

  // MARK: By time

  /// In milliseconds. Longer times are sorted as equal; a minisocket has at most about 60,000 left.
  private static let longest: UInt32 = 1 << 20
  private static let notChosen = UInt32.max

  /// A counting sort whose buckets are milliseconds (Benchmarks/README.md has the figure). Records with the same time stay in
  /// the order of the source.
  private static func byTime(_ records: [SocketRecord], _ isChosen: (SocketRecord) -> Bool) -> [UInt32] {
    let times = records.map { isChosen($0) ? time($0) : notChosen }
    var most: UInt32 = 0
    for time in times where time != notChosen { most = max(most, time) }
    // Sockets that no timer ends are in the first bucket.
    func bucket(_ time: UInt32) -> Int { time == 0 ? 0 : Int(most - time) + 1 }
    var starts = [UInt32](repeating: 0, count: Int(most) + 2)
    for time in times where time != notChosen { starts[bucket(time) + 1] += 1 }
    for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
    var sorted = [UInt32](repeating: 0, count: Int(starts[starts.count - 1]))
    for (index, time) in times.enumerated() where time != notChosen {
      let bucket = bucket(time)
      sorted[Int(starts[bucket])] = UInt32(truncatingIfNeeded: index)
      starts[bucket] += 1
    }
    return sorted
  }

  /// Milliseconds left, from 1, for a minisocket; 0 for every other socket.
  private static func time(_ record: SocketRecord) -> UInt32 {
    record.isMinisocket ? 1 + min(record.timer?.expires ?? 0, longest) : 0
  }
}

internal import NetlinkCodec

/// The sockets of several readings of the same table, each once. A reading can miss some while others come and go.
package struct SocketUnion {
  /// Tells one socket from all others of the table.
  private enum Identity: Hashable {
    case cookie(UInt64)
    /// What /proc has in place of a cookie. Without a peer several sockets can have the same address.
    case endpoints(local: Endpoint, peer: Endpoint?, inode: UInt32, interface: UInt32)

    init(_ record: SocketRecord) {
      self =
        record.cookie != 0
        ? .cookie(record.cookie)
        : .endpoints(
          local: record.local, peer: record.peer, inode: record.hasPeer ? 0 : record.inode,
          interface: record.interface)
    }
  }

  /// As the newest reading that has them tells them.
  package private(set) var records: [SocketRecord]
  /// Whether one reading had sockets that another one lacks.
  package private(set) var hasChanged = false
  private var identities: Set<Identity>

  package init(_ records: [SocketRecord]) {
    self.records = []
    identities = []
    take(records)
  }

  /// Takes what a later reading shows, and keeps what only earlier ones have shown, unless its timer must have ended it since.
  ///
  /// - Parameter elapsed: milliseconds from the reading before to this one.
  package mutating func add(_ later: [SocketRecord], elapsed: UInt32) {
    let earlier = records
    let count = identities.count
    take(later)
    hasChanged = hasChanged || identities.count != count
    for var record in earlier where identities.insert(Identity(record)).inserted {
      hasChanged = true
      if let timer = record.timer {
        guard !record.isMinisocket || timer.expires > elapsed else { continue }
        record.timer = .init(kind: timer.kind, expires: timer.expires - min(elapsed, timer.expires))
      }
      records.append(record)
    }
  }

  private mutating func take(_ reading: [SocketRecord]) {
    identities = Set(minimumCapacity: reading.count)
    records = reading.filter { identities.insert(Identity($0)).inserted }
  }
}

internal import SocketTable

/// What the table would be if the listeners on the port were closed now, by a server that ends.
extension TrialSession {
  /// How long a connection goes on when its server has closed it first, in milliseconds: TCP_TIMEWAIT_LEN.
  static let timeWaitLength: UInt32 = 60_000

  /// Listeners go; of their connections those that the server would close first become timewait minisockets with the
  /// flags they have, or else their listener's, which they got when they were made. What waits to be accepted, and what
  /// the peer has closed before, leaves nothing.
  mutating func stopListeners() {
    let knowledge = knowledge
    let listeners = snapshot.records.filter { $0.state == .listen }
    var details = details
    var records: [SocketRecord] = []
    for record in snapshot.records where record.state != .listen {
      guard let listener = listeners.first(where: { Self.accepted($0, record) }), !record.isMinisocket else {
        records.append(record)
        continue
      }
      guard let left = Self.minisocket(of: record) else { continue }
      let own = knowledge.flags(record)
      let inherited = knowledge.flags(listener)
      details[left] = SocketDetails(
        reuseAddress: own.reuseAddress ?? inherited.reuseAddress,
        reusePort: own.reusePort ?? inherited.reusePort, visibility: .none)
      originals[left] = record
      records.append(left)
    }
    // A listener is no longer there, but what holds the port because of it is to be named.
    replaceLook(with: Snapshot(records: records, look: snapshot.look))
    learn(details)
  }

  /// A connection that came in through this listener, or could have.
  private static func accepted(_ listener: SocketRecord, _ record: SocketRecord) -> Bool {
    guard record.hasPeer, record.localPort == listener.localPort else { return false }
    let address = listener.local.address
    if address == record.local.address { return true }
    guard address.isUnspecified else { return false }
    switch (address.family, record.local.address.ipv4 != nil) {
    case (.ipv4, let isIPv4): return isIPv4
    case (.ipv6, true): return listener.v6Only != true
    case (.ipv6, false): return true
    }
  }

  private static func minisocket(of record: SocketRecord) -> SocketRecord? {
    switch record.state {
    case .established where record.inode != 0, .finWait1, .finWait2, .closing:
      SocketRecord(
        state: .timeWait, local: record.local, peer: record.peer, interface: record.interface,
        timer: SocketRecord.Timer(kind: .timeWait, expires: timeWaitLength), cookie: record.cookie,
        v6Only: record.v6Only)
    default: nil
    }
  }
}

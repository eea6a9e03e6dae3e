internal import SocketTable

/// The records that stand in a trial's way, by what they mean.
struct HoldersByKind {
  let all: [SocketRecord]
  let listeners: [SocketRecord]
  let bound: [SocketRecord]
  /// FIN_WAIT1, CLOSING and LAST_ACK without a process.
  let orphans: [SocketRecord]
  let selfConnected: [SocketRecord]
  /// Connections that a process, or the queue of a listener, still has.
  let connections: [SocketRecord]
  let minisockets: [SocketRecord]
  let hasTimeWaits: Bool
  /// FIN_WAIT2 without a process, as a minisocket or (with a long net.ipv4.tcp_fin_timeout) as a full socket.
  let finWait2Orphans: [SocketRecord]

  /// - Parameters:
  ///   - view: has connections that a stop would turn into a TIME_WAIT among the minisockets.
  ///   - areTimeWaitsAlone: it is known that every record is a TIME_WAIT; then none is looked at.
  init(
    _ records: [SocketRecord], _ view: SocketView = SocketView(), areTimeWaitsAlone: Bool = false
  ) {
    all = records
    if areTimeWaitsAlone {
      minisockets = records
      hasTimeWaits = !records.isEmpty
      (listeners, bound, orphans, selfConnected) = ([], [], [], [])
      (connections, finWait2Orphans) = ([], [])
      return
    }
    var full: [SocketRecord] = []
    var areTimersAlone = true
    var hasTimeWaits = false
    var finWait2Orphans: [SocketRecord] = []
    for record in records {
      if record.state == .timeWait { hasTimeWaits = true }
      if record.state == .finWait2, record.isMinisocket || record.isOrphan { finWait2Orphans.append(record) }
      if record.isMinisocket { continue }
      if view.fate(of: record) == .becomesTimeWait {
        hasTimeWaits = true
        continue
      }
      areTimersAlone = false
      full.append(record)
    }
    // Of a hundred thousand no copy is made.
    minisockets =
      areTimersAlone ? records : records.filter { $0.isMinisocket || view.fate(of: $0) == .becomesTimeWait }
    self.hasTimeWaits = hasTimeWaits
    self.finWait2Orphans = finWait2Orphans
    listeners = full.filter { $0.state == .listen }
    bound = full.filter { $0.state == .bound }
    full.removeAll { $0.state.hasNoPeer }
    orphans = full.filter { $0.isOrphan && $0.state != .finWait2 }
    selfConnected = full.filter { $0.peer == $0.local }
    connections = full.filter { !$0.isOrphan && $0.peer != $0.local }
  }

  /// Something other than a timer holds the port as well.
  var hasOthers: Bool {
    minisockets.count + finWait2Orphans.count(where: { !$0.isMinisocket }) < all.count
  }
}

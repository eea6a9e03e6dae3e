internal import SocketTable

/// The sockets in a trial's way, sorted by what a finding says about them. A socket may be in several lists.
struct HoldersByKind {
  let all: [SocketRecord]
  let listeners: [SocketRecord]
  let bound: [SocketRecord]
  /// FIN_WAIT1, CLOSING and LAST_ACK without a process.
  let orphans: [SocketRecord]
  let selfConnected: [SocketRecord]
  /// Connections that a process still has, or that wait in a listener's queue.
  let connections: [SocketRecord]
  /// Minisockets, and connections that the assumed stop would turn into a TIME_WAIT.
  let minisockets: [SocketRecord]
  let hasTimeWaits: Bool
  /// FIN_WAIT2 without a process, as a minisocket or (with a long net.ipv4.tcp_fin_timeout) as a full socket.
  let finWait2Orphans: [SocketRecord]

  /// - Parameters:
  ///   - view: tells what a stop would make of each connection.
  ///   - state: the state that every record is known to have, if it is TIME_WAIT, or LISTEN or bound without an assumed
  ///     stop: then none has to be looked at, and nothing is copied.
  init(
    _ records: [SocketRecord], _ view: SocketView = SocketView(), allIn state: TCPState? = nil
  ) {
    all = records
    if let state {
      minisockets = state == .timeWait ? records : []
      hasTimeWaits = state == .timeWait && !records.isEmpty
      listeners = state == .listen ? records : []
      bound = state == .bound ? records : []
      (orphans, selfConnected, connections, finWait2Orphans) = ([], [], [], [])
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
    // Often only timers are in the way, and there may be a hundred thousand: then the array is shared and not copied.
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

  /// Whether something holds the port that no timer ends.
  var hasOthers: Bool {
    minisockets.count + finWait2Orphans.count(where: { !$0.isMinisocket }) < all.count
  }
}

internal import SocketTable

/// The records that stand in a trial's way, by what they mean.
struct Holders {
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

  init(_ records: [SocketRecord]) {
    all = records
    listeners = records.filter { $0.state == .listen }
    bound = records.filter { $0.state == .bound }
    // Of a hundred thousand no copy is made.
    minisockets = records.allSatisfy(\.isMinisocket) ? records : records.filter(\.isMinisocket)
    hasTimeWaits = records.contains { $0.state == .timeWait }
    finWait2Orphans = records.filter { $0.state == .finWait2 && ($0.isMinisocket || $0.isOrphan) }
    let full = records.filter { !$0.isMinisocket && !$0.state.hasNoPeer }
    orphans = full.filter { $0.isOrphan && $0.state != .finWait2 }
    selfConnected = full.filter { $0.peer == $0.local }
    connections = full.filter { !$0.isOrphan && $0.peer != $0.local }
  }

  /// Something other than a timer holds the port as well.
  var hasOthers: Bool { all.contains { !$0.isMinisocket && !($0.state == .finWait2 && $0.isOrphan) } }
}

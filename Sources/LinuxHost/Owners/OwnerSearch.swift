package import SocketTable

/// Finds the processes that have sockets open, by /proc/PID/fd. Those in the socket's own cgroup are looked at first.
package enum OwnerSearch {
  package enum Depth: Sendable {
    /// Until each socket has one owner.
    case first
    /// Through all processes: every holder of each socket.
    case every
    /// Through all processes: each that holds any of the sockets. Where there are very many sockets, only some of those that
    /// a process has are found to be its own.
    case holders
  }

  /// For how long processes are looked at, in nanoseconds: on a host with very many of them an answer matters more.
  package static let patience: Int64 = 5_000_000_000

  /// Details of each record that has an inode; no process can have the others open. With `.holders` those that were not found
  /// to be anybody's may be left out.
  ///
  /// - Parameter deadline: by `Clock.monotonicNanoseconds`; nil is `patience` from now on. What was not found until then is
  ///   unknown.
  package static func details(
    of records: [SocketRecord], _ depth: Depth, until deadline: Int64? = nil
  ) -> SocketDetailsTable {
    if records.isEmpty {
      var nothing = SocketDetailsTable()
      nothing.observedAt = Clock.wallMilliseconds
      return nothing
    }
    let search = OwnerWalk(records, depth, until: deadline ?? Clock.monotonicNanoseconds + patience)
    search.run()
    var table = SocketDetailsTable()
    table.observedAt = Clock.wallMilliseconds
    table.failure = search.failure
    table.isSample = search.hasPassedOver
    for record in records where record.inode != 0 {
      if search.hasPassedOver, !record.isMinisocket, !search.isFound(record) { continue }
      let details = search.details(of: record)
      table[record] = details
      if details.visibility == .hidden, let uid = record.uid { table.userNames[uid] = search.userName(uid) }
    }
    return table
  }
}

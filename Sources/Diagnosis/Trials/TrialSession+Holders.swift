package import SocketTable

/// The sockets of the look that stand in the way of the trials.
extension TrialSession {
  /// The records that the rules hold against a trial, or that may stand against it; with `onlySurely` the former alone.
  func holders(against trial: Trial, onlySurely: Bool = false) -> [SocketRecord] {
    guard let conflicts = conflicts(with: trial) else { return [] }
    // Of a hundred thousand no copy is made.
    if conflicts.areAll, !onlySurely { return snapshot.records }
    var holders: [SocketRecord] = []
    forEach(conflicts) { index, record in
      if !onlySurely || conflicts[index] == .certain { holders.append(record) }
    }
    return holders
  }

  /// What stands in the server's way; if nothing does, what stands in the way of one without options.
  ///
  /// - Parameter onlyOfProcesses: those that a process can have.
  package func holders(onlyOfProcesses: Bool = false) -> [SocketRecord] {
    let notOK = trials.filter { $0.usesServerOptions && $0.outcome != .ok }
    let inTheWay = notOK.isEmpty ? trials.filter(\.isRefusedForComparison) : notOK
    let conflicts = inTheWay.filter { $0.outcome.isAddressInUse || $0.outcome.isUndetermined }
      .compactMap(conflicts)
    if !onlyOfProcesses, conflicts.first?.areAll == true { return snapshot.records }
    if onlyOfProcesses, !conflicts.contains(where: { $0.groups.contains { $0.example.inode != 0 } }) {
      return []
    }
    var isHolder = [Bool](repeating: false, count: snapshot.records.count)
    var holders: [SocketRecord] = []
    for conflicts in conflicts {
      forEach(conflicts) { index, record in
        guard !isHolder[index], !onlyOfProcesses || record.inode != 0 else { return }
        isHolder[index] = true
        holders.append(record)
      }
    }
    return holders
  }

  /// The server was told that its port is taken, and no socket that is listed takes it.
  package var isUnaccountedFor: Bool {
    target.port != 0
      && trials.contains { trial in
        trial.usesServerOptions && trial.outcome.isAddressInUse && conflicts(with: trial) == nil
      }
  }

  /// Nil if there are none. With an automatic port no single socket is to blame.
  func conflicts(with trial: Trial) -> SocketGroups.Conflicts? {
    guard target.port != 0 else { return nil }
    let conflicts = groups.conflicts(with: newSocket(of: trial))
    return conflicts.areNone ? nil : conflicts
  }

  func forEach(_ conflicts: SocketGroups.Conflicts, _ body: (Int, SocketRecord) -> Void) {
    let records = snapshot.records
    for index in records.indices where conflicts[index] != .none { body(index, records[index]) }
  }
}

extension Trial {
  /// Without options, not the server's own, and the port was taken.
  var isRefusedForComparison: Bool { socket.options.isEmpty && !usesServerOptions && outcome.isAddressInUse }
}

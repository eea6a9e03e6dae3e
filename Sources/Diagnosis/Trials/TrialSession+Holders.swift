package import SocketTable

/// The holders: sockets of the look that are in the way of trials.
extension TrialSession {
  /// The records that are in the way of a trial by the rules.
  ///
  /// - Parameter onlySurely: leaves out those whose unknown properties decide.
  func holders(against trial: Trial, onlySurely: Bool = false) -> [SocketRecord] {
    guard let conflicts = conflicts(with: trial) else { return [] }
    // There may be a hundred thousand, and often all are in the way: then the array is shared and not copied.
    if conflicts.areAll, !onlySurely { return snapshot.records }
    var holders: [SocketRecord] = []
    forEach(conflicts) { index, record in
      if !onlySurely || conflicts[index] == .certain { holders.append(record) }
    }
    return holders
  }

  /// The sockets in the server's way. If the server is not refused: those in the way of one without reuse options.
  ///
  /// - Parameter onlyOfProcesses: leaves out sockets that no process can have.
  package func holders(onlyOfProcesses: Bool = false) -> [SocketRecord] {
    let notOK = trials.filter { $0.usesServerOptions && $0.outcome != .ok }
    let inTheWay = notOK.isEmpty ? trials.filter(\.isRefusedForComparison) : notOK
    let conflicts = inTheWay.filter { $0.outcome.isAddressInUse || $0.outcome.isUndetermined }
      .compactMap(conflicts)
    if let first = conflicts.first, first.areAll,
      !onlyOfProcesses || first.groups.allSatisfy({ $0.example.inode != 0 })
    {
      return snapshot.records
    }
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

  /// Listeners on the port that are in nobody's way: neither in the server's, nor in that of one without options.
  package var bystanders: [SocketRecord] {
    guard !isRefused else { return [] }
    let compared = trials.filter { $0.usesServerOptions || $0.socket.options.isEmpty }.compactMap(conflicts)
    return snapshot.records.indices.filter { index in
      snapshot.records[index].state == .listen && compared.allSatisfy { $0[index] == .none }
    }.map { snapshot.records[$0] }
  }

  /// Whether the server was refused with EADDRINUSE although no listed socket is in its way.
  package var isUnaccountedFor: Bool {
    target.port != 0
      && trials.contains { trial in
        trial.usesServerOptions && trial.outcome.isAddressInUse && conflicts(with: trial) == nil
      }
  }

  /// Nil if nothing is in the way, and for port 0, where no single socket is the cause of a refusal.
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
  /// Whether this is a trial without reuse options, made for comparison, that found the port taken.
  var isRefusedForComparison: Bool { socket.options.isEmpty && !usesServerOptions && outcome.isAddressInUse }
}

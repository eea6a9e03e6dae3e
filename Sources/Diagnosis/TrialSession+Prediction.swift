package import SocketTable

/// What the trials would be answered, told from the table alone.
extension TrialSession {
  /// Binds nothing. `lacksPrivilege`: the port is a privileged one, and the server surely lacks the privilege.
  package static func predicted(
    _ target: BindTarget, comparing comparison: Comparison = .withAndWithoutReuse, snapshot: Snapshot,
    details: SocketDetailsTable = SocketDetailsTable(), lacksPrivilege: Bool = false
  ) -> TrialSession {
    var session = TrialSession(target: target, comparison, snapshot: snapshot)
    session.isPredicted = true
    session.learn(details)
    if target.isAfterStop { session.stopListeners() }
    let groups = SocketGroups(session.snapshot.records, session.knowledge)
    var trials: [Trial] = []
    for options in optionSets(target, comparison) {
      let isYours = options == target.options
      for (index, address) in (target.addresses + target.comparedAddresses).enumerated() {
        let isOwn = isYours && index < target.addresses.count
        let earlier = isOwn && !target.areAlternatives ? target.addresses[..<index] : []
        trials.append(
          session.predictedTrial(address, options, isOwn, beside: earlier, groups, lacksPrivilege))
      }
    }
    session.set(trials)
    return session
  }

  private func predictedTrial(
    _ address: BindAddress, _ options: SocketOptions, _ isYours: Bool,
    beside earlier: ArraySlice<BindAddress>,
    _ groups: SocketGroups, _ lacksPrivilege: Bool
  ) -> Trial {
    let socket = TrialSocket(
      address: address, port: target.port, options: options, interface: target.interface)
    let new = target.newSocket(at: address, options: options)
    var judgement = groups.judge(new)
    let own = ConflictRules.judge(earlier.map { target.record(at: $0, .bound) }, with: new) { _ in
      target.flags
    }
    if own.prediction == .fails { judgement = own }
    let outcome: TrialOutcome =
      switch judgement.prediction {
      // EACCES goes before EADDRINUSE.
      case _ where lacksPrivilege: .refused(.bind, .accessDenied)
      case .ok: .ok
      case .fails: .refused(.bind, .addressInUse)
      case .depends: .open(judgement.unknowns)
      }
    return Trial(
      socket: socket, outcome: outcome, prediction: judgement.prediction, isYours: isYours, isTried: false)
  }
}

/// The sockets of a table by what the rules ask of them: a hundred thousand TIME_WAIT are a handful of groups.
struct SocketGroups {
  private struct Key: Hashable {
    let address: IPAddress
    let kind: UInt32
    let interface: UInt32
    let uid: UInt32?
    let flags: HolderFlags
  }

  private var groups: [Key: SocketRecord] = [:]
  private let knowledge: HolderKnowledge

  init(_ records: [SocketRecord], _ knowledge: HolderKnowledge) {
    self.knowledge = knowledge
    var last: Key?
    for record in records {
      // A connection request differs from the connection that it becomes by its inode alone.
      let kind = record.kindBits | (record.inode == 0 ? 0 : 1 << 31)
      let key = Key(
        address: record.local.address, kind: kind, interface: record.interface, uid: record.uid,
        flags: knowledge.flags(record))
      if key == last { continue }
      last = key
      if groups[key] == nil { groups[key] = record }
    }
  }

  func judge(_ new: NewSocket) -> ConflictRules.Judgement {
    ConflictRules.judge(groups.values, with: new, flags: knowledge.flags)
  }
}

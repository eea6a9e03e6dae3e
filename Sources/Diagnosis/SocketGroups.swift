internal import SocketTable

/// The sockets of a table by what the rules ask of them: a hundred thousand TIME_WAIT are a handful of groups.
struct SocketGroups: Sendable {
  private struct Key: Hashable {
    let address: IPAddress
    let kind: UInt32
    let interface: UInt32
    let uid: UInt32?
    let flags: HolderFlags
  }

  /// One of each group, and what is known of all of them.
  private var groups: [(record: SocketRecord, flags: HolderFlags)] = []
  /// The group of each record.
  private var memberships: [Int32] = []

  init() {}

  init(_ records: [SocketRecord], _ knowledge: HolderKnowledge) {
    var known: [Key: Int32] = [:]
    var last: (key: Key, group: Int32)?
    let isPlain = knowledge.isPlain
    let plain = HolderFlags(knowsDevice: knowledge.knowsDevice)
    memberships.reserveCapacity(records.count)
    for record in records {
      // A connection request differs from the connection that it becomes by its inode alone.
      let kind = record.kindBits | (record.inode == 0 ? 0 : 1 << 31)
      let flags = isPlain ? plain : knowledge.flags(record)
      let key = Key(
        address: record.local.address, kind: kind, interface: record.interface, uid: record.uid, flags: flags)
      if let last, last.key == key {
        memberships.append(last.group)
        continue
      }
      let group = known[key] ?? Int32(groups.count)
      if group == groups.count {
        known[key] = group
        groups.append((record, flags))
      }
      last = (key, group)
      memberships.append(group)
    }
  }

  /// Without the records to blame.
  func judge(_ new: NewSocket) -> ConflictRules.Judgement {
    var judgement = ConflictRules.Judgement()
    for (record, flags) in groups {
      let one = ConflictRules.judge(CollectionOfOne(record), with: new) { _ in flags }
      switch one.prediction {
      case .ok: continue
      case .fails: return ConflictRules.Judgement(prediction: .fails)
      case .depends:
        judgement.prediction = .depends
        judgement.unknowns.formUnion(one.unknowns)
      }
    }
    return judgement
  }

  /// Which records stand, or may stand, in the way of a socket.
  func conflicts(with new: NewSocket) -> Conflicts {
    Conflicts(
      ofGroups: groups.map { ConflictRules.conflict(of: $0.record, $0.flags, with: new) },
      groups: groups.map(\.record), memberships: memberships)
  }

  struct Conflicts {
    fileprivate let ofGroups: [ConflictRules.Conflict]
    fileprivate let groups: [SocketRecord]
    fileprivate let memberships: [Int32]

    /// One of each kind. Those of a kind have the same state, and a timer alone keeps all of them, or none.
    var examples: [SocketRecord] { zip(groups, ofGroups).filter { $0.1 != .none }.map(\.0) }
    /// Every record is one of them.
    var areAll: Bool { !ofGroups.contains(.none) }
    var areNone: Bool { ofGroups.allSatisfy { $0 == .none } }

    /// By the index of a record.
    subscript(index: Int) -> ConflictRules.Conflict { ofGroups[Int(memberships[index])] }
  }
}

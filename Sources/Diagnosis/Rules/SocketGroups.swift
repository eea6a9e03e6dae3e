internal import SocketTable

/// The sockets of a look by what the rules ask of them: a hundred thousand TIME_WAIT are a handful of groups.
struct SocketGroups: Sendable {
  struct Group: Sendable {
    let socket: ExistingSocket
    /// The first of them. Those of a group have the same state, and a timer alone keeps all of them, or none.
    let example: SocketRecord
    let fate: Scenario.Fate

    /// Only time keeps it, or would.
    var isTimer: Bool { example.isMinisocket || fate == .becomesTimeWait }
  }

  private struct Key: Hashable {
    let socket: ExistingSocket
    let kind: UInt32
    let fate: Scenario.Fate
  }

  private(set) var groups: [Group] = []
  /// The group of each record; -1 where the scenario ends it.
  private(set) var memberships: [Int32] = []

  /// So many kinds are compared one by one before a record is looked up by its hash.
  private static let recentLimit = 8

  init() {}

  init(_ records: [SocketRecord], _ view: SocketView) {
    var known: [Key: Int32] = [:]
    // Sockets that look the same can differ by what was found out about each, so the short way is not taken then.
    let isPlain = view.isPlain
    // The sockets on a busy port are of few kinds that alternate: the last few are remembered, to hash less.
    var recent: [(look: PlainLook, group: Int32)] = []
    memberships.reserveCapacity(records.count)
    for record in records {
      let look = PlainLook(record)
      if isPlain, let known = recent.first(where: { $0.look.isSame(as: look) }) {
        memberships.append(known.group)
        continue
      }
      guard let socket = view.socket(record) else {
        memberships.append(-1)
        continue
      }
      let fate = view.fate(of: record)
      // A connection request differs from the connection that it becomes by its inode alone.
      let key = Key(socket: socket, kind: record.kindBits | (record.inode == 0 ? 0 : 1 << 31), fate: fate)
      let group = known[key] ?? Int32(groups.count)
      if group == groups.count {
        known[key] = group
        groups.append(Group(socket: socket, example: record, fate: fate))
      }
      if recent.count < Self.recentLimit { recent.append((look, group)) }
      memberships.append(group)
    }
  }

  /// Of all of them taken together.
  func conflict(with new: NewSocket) -> ConflictRules.Conflict {
    ConflictRules.conflict(of: groups.lazy.map(\.socket), with: new)
  }

  /// Of each.
  func conflicts(with new: NewSocket) -> Conflicts {
    Conflicts(ofGroups: groups.map { ConflictRules.conflict(of: $0.socket, with: new) }, self)
  }

  /// Which records stand, or may stand, in the way of one new socket.
  struct Conflicts {
    private let ofGroups: [ConflictRules.Conflict]
    private let all: SocketGroups

    fileprivate init(ofGroups: [ConflictRules.Conflict], _ all: SocketGroups) {
      self.ofGroups = ofGroups
      self.all = all
    }

    /// Those in the way, or perhaps.
    var groups: [Group] { zip(all.groups, ofGroups).filter { $0.1 != .none }.map(\.0) }
    var areNone: Bool { ofGroups.allSatisfy { $0 == .none } }
    /// Every record of the look is one of them.
    var areAll: Bool { !ofGroups.contains(.none) && !all.memberships.contains(-1) }

    /// By the index of a record.
    subscript(index: Int) -> ConflictRules.Conflict {
      let group = all.memberships[index]
      return group < 0 ? .none : ofGroups[Int(group)]
    }
  }
}

/// What the rules see of a record if nothing more is known.
private struct PlainLook {
  // As plain numbers: comparing addresses as such goes through their protocol's witness.
  private let high: UInt64
  private let low: UInt64
  private let owner: UInt64
  private let interface: UInt32
  private let kind: UInt32

  init(_ record: SocketRecord) {
    let address = record.local.address
    high = address.high
    low = address.low
    interface = record.interface
    kind = record.kindBits
    owner = record.inode == 0 ? record.ownerBits : record.ownerBits | 0xffff_ffff
  }

  @inline(__always)
  func isSame(as other: PlainLook) -> Bool {
    low == other.low && kind == other.kind && owner == other.owner && high == other.high
      && interface == other.interface
  }
}

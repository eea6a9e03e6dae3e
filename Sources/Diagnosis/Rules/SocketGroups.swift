internal import SocketTable

/// The sockets of a look, grouped by the properties that matter to the rules. A hundred thousand TIME_WAIT make a handful of
/// groups, so that the rules are applied a few times only.
struct SocketGroups: Sendable {
  struct Group: Sendable {
    let socket: ExistingSocket
    /// The first record of the group. All of a group have the same state, and either all or none are minisockets.
    let example: SocketRecord
    let fate: Scenario.Fate

    /// Whether a timer alone keeps the sockets, or would after the assumed stop.
    var isTimer: Bool { example.isMinisocket || fate == .becomesTimeWait }
  }

  private struct Key: Hashable {
    let socket: ExistingSocket
    let kind: UInt32
    let fate: Scenario.Fate
  }

  private(set) var groups: [Group] = []
  /// For each record the index of its group; -1 if the scenario ends the socket.
  private(set) var memberships: [Int32] = []

  /// A record is compared with this many kinds one by one before it is looked up by its hash.
  private static let recentLimit = 8

  init() {}

  init(_ records: [SocketRecord], _ view: SocketView) {
    var known: [Key: Int32] = [:]
    // Records that look the same are one group only if nothing beyond the records is known or assumed.
    let isPlain = view.isPlain
    // The sockets on a busy port are of few kinds that alternate. Remembering the first few saves most of the hashing.
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
      // Only its inode of 0 tells a connection request from a connection in SYN_RECV.
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

  /// The conflict with all sockets taken together.
  func conflict(with new: NewSocket) -> ConflictRules.Conflict {
    ConflictRules.conflict(of: groups.lazy.map(\.socket), with: new)
  }

  /// The conflict with each socket.
  func conflicts(with new: NewSocket) -> Conflicts {
    Conflicts(ofGroups: groups.map { ConflictRules.conflict(of: $0.socket, with: new) }, self)
  }

  /// Which records are in the way of one new socket, certainly or possibly.
  struct Conflicts {
    private let ofGroups: [ConflictRules.Conflict]
    private let all: SocketGroups

    fileprivate init(ofGroups: [ConflictRules.Conflict], _ all: SocketGroups) {
      self.ofGroups = ofGroups
      self.all = all
    }

    /// The groups that are in the way, certainly or possibly.
    var groups: [Group] { zip(all.groups, ofGroups).filter { $0.1 != .none }.map(\.0) }
    var areNone: Bool { ofGroups.allSatisfy { $0 == .none } }
    /// Whether every record of the look is in the way, certainly or possibly.
    var areAll: Bool { !ofGroups.contains(.none) && !all.memberships.contains(-1) }

    /// - Parameter index: of a record of the look.
    subscript(index: Int) -> ConflictRules.Conflict {
      let group = all.memberships[index]
      return group < 0 ? .none : ofGroups[Int(group)]
    }
  }
}

/// The properties of a record that decide about its group if nothing beyond the record is known.
private struct PlainLook {
  // The address is kept as two numbers, because comparing `IPAddress` values calls a protocol witness each time.
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

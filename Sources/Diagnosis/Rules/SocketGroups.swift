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
  /// Indices of groups.
  private var onWildcards: [Int] = []
  private var byAddress: [IPAddress: [Int]] = [:]
  /// For each record the index of its group; -1 if the scenario ends the socket.
  private(set) var memberships: [Int32] = []

  /// A record is compared with this many kinds one by one before it is looked up by its hash.
  private static let recentLimit = 8

  init() {}

  /// - Parameter addresses: those of the new sockets that will be asked about.
  init(_ records: [SocketRecord], _ view: SocketView, against addresses: some Sequence<IPAddress>) {
    var known: [Key: Int32] = [:]
    var distinction = AddressDistinction(addresses)
    // Records that look the same are one group only if nothing beyond the records is known or assumed.
    let isPlain = view.isPlain
    // The sockets on a busy port are of few kinds that alternate. Remembering the first few saves most of the hashing.
    var recent: [(look: PlainLook, group: Int32)] = []
    memberships.reserveCapacity(records.count)
    for record in records {
      var look = PlainLook(record)
      if isPlain, let known = recent.first(where: { $0.look.isSame(as: look) }) {
        memberships.append(known.group)
        continue
      }
      let address = distinction.representative(of: record.local.address)
      look.move(to: address)
      if isPlain, let known = recent.first(where: { $0.look.isSame(as: look) }) {
        memberships.append(known.group)
        continue
      }
      guard var socket = view.socket(record) else {
        memberships.append(-1)
        continue
      }
      socket.address = address
      let fate = view.fate(of: record)
      // Only its inode of 0 tells a connection request from a connection in SYN_RECV.
      let key = Key(socket: socket, kind: record.kindBits | (record.inode == 0 ? 0 : 1 << 31), fate: fate)
      let group = known[key] ?? Int32(groups.count)
      if group == groups.count {
        known[key] = group
        add(Group(socket: socket, example: record, fate: fate))
      }
      if recent.count < Self.recentLimit { recent.append((look, group)) }
      memberships.append(group)
    }
  }

  private mutating func add(_ group: Group) {
    let index = groups.count
    groups.append(group)
    if group.socket.address.isWildcard {
      onWildcards.append(index)
    } else {
      byAddress[group.socket.address.unmapped, default: []].append(index)
    }
  }

  /// The groups that can be in the way: not those at other addresses, of which there may be thousands.
  private func candidates(for new: NewSocket) -> [Int] {
    if new.address.isWildcard { return Array(groups.indices) }
    return onWildcards + (byAddress[new.address.unmapped] ?? [])
  }

  /// The conflict with all sockets taken together.
  func conflict(with new: NewSocket) -> ConflictRules.Conflict {
    ConflictRules.conflict(of: candidates(for: new).lazy.map { groups[$0].socket }, with: new)
  }

  /// The conflict with each socket.
  func conflicts(with new: NewSocket) -> Conflicts {
    var ofGroups = [ConflictRules.Conflict](repeating: .none, count: groups.count)
    for index in candidates(for: new) {
      ofGroups[index] = ConflictRules.conflict(of: groups[index].socket, with: new)
    }
    return Conflicts(ofGroups: ofGroups, self)
  }

  /// Which records are in the way of one new socket, certainly or possibly.
  struct Conflicts {
    private let ofGroups: [ConflictRules.Conflict]
    private let all: SocketGroups

    fileprivate init(ofGroups: [ConflictRules.Conflict], _ all: SocketGroups) {
      self.ofGroups = ofGroups
      self.all = all
    }

    /// Whether the same records are in the way as in another case of the same look, and as certainly.
    func isSame(as other: Conflicts) -> Bool { ofGroups == other.ofGroups }

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
  private var high: UInt64
  private var low: UInt64
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

  mutating func move(to address: IPAddress) {
    high = address.high
    low = address.low
  }

  @inline(__always)
  func isSame(as other: PlainLook) -> Bool {
    low == other.low && kind == other.kind && owner == other.owner && high == other.high
      && interface == other.interface
  }
}

internal import SocketTable

/// The records that stand, or may stand, in the way of a server's sockets.
struct PortHolders {
  /// As long as one of these is there, no bind succeeds.
  private(set) var certain: [SocketRecord] = []
  /// Whether one of these is in the way hangs on what is not known of it.
  private(set) var possible: [SocketRecord] = []
  /// The same for the same sockets in the same states, whatever their timers; in any order.
  private(set) var fingerprint = Fingerprint()

  init() {}

  init(_ records: [SocketRecord], against sockets: [NewSocket], _ view: SocketView) {
    let groups = SocketGroups(records, view)
    let conflicts = groups.groups.map { Self.conflict(of: $0.socket, with: sockets) }
    for (record, group) in zip(records, groups.memberships) where group >= 0 {
      switch conflicts[Int(group)] {
      case .none: continue
      case .certain: certain.append(record)
      case .depends: possible.append(record)
      }
      fingerprint.add(record)
    }
  }

  /// The strongest with any of them. With SO_REUSEPORT the kernel is known to allow more than the rules do.
  private static func conflict(
    of existing: ExistingSocket, with sockets: [NewSocket]
  ) -> ConflictRules.Conflict {
    sockets.reduce(.none) { strongest, socket in
      let conflict = ConflictRules.conflict(of: existing, with: socket)
      let isSure = conflict != .certain || !socket.options.contains(.reusePort)
      return strongest.joined(with: isSure ? conflict : .depends([]))
    }
  }

  var all: [SocketRecord] { certain + possible }
  var isEmpty: Bool { certain.isEmpty && possible.isEmpty }

  /// The states to ask for to see whether a trial could turn out otherwise, the cheapest that will do: a list of
  /// listeners costs the same however many connections there are. Nil where timers alone are in the way, or nothing.
  var watchedStates: StateSet? {
    let live = certain.filter { !$0.isMinisocket }
    if live.contains(where: { $0.state == .listen }) { return StateSet(.listen) }
    if live.contains(where: { $0.state == .bound }) { return StateSet(.bound) }
    if !live.isEmpty { return StateSet(live.map(\.state)) }
    guard !certain.contains(where: \.isMinisocket), possible.contains(where: { !$0.isMinisocket }) else {
      return nil
    }
    return StateSet(possible.map(\.state))
  }

  /// What `watchedStates` cover.
  func watched(_ states: StateSet) -> Fingerprint {
    Fingerprint(all.lazy.filter { states.contains($0.state) })
  }
}

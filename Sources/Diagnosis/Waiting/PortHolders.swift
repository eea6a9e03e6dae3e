internal import SocketTable

/// The sockets that are in the way of any of a server's binds, as `WaitPlan` needs them.
struct PortHolders {
  /// As long as one of these is there, the server cannot bind.
  private(set) var certain: [SocketRecord] = []
  /// Whether these are in the way depends on properties that are not known.
  private(set) var possible: [SocketRecord] = []
  /// Of `certain` and `possible`.
  private(set) var fingerprint = Fingerprint()

  init() {}

  init(_ records: [SocketRecord], against sockets: [NewSocket], _ view: SocketView) {
    let groups = SocketGroups(records, view, against: sockets.map(\.address))
    let conflicts = groups.groups.map { Self.conflict(of: $0.socket, with: sockets) }
    if conflicts.allSatisfy({ $0 == .certain }), !groups.memberships.contains(-1) {
      // There may be a hundred thousand: then the array is shared and not copied.
      certain = records
      for record in records { fingerprint.add(record) }
      return
    }
    for (record, group) in zip(records, groups.memberships) where group >= 0 {
      switch conflicts[Int(group)] {
      case .none: continue
      case .certain: certain.append(record)
      case .depends: possible.append(record)
      }
      fingerprint.add(record)
    }
  }

  /// The strongest conflict with any of the new sockets. With SO_REUSEPORT no conflict is certain, as the kernel is known to
  /// allow more than the rules do.
  private static func conflict(
    of existing: ExistingSocket, with sockets: [NewSocket]
  ) -> ConflictRules.Conflict {
    sockets.reduce(.none) { strongest, socket in
      let conflict = ConflictRules.conflict(of: existing, with: socket)
      let isSure = conflict != .certain || !socket.options.contains(.reusePort)
      return strongest.joined(with: isSure ? conflict : .depends([]))
    }
  }

  var all: [SocketRecord] { possible.isEmpty ? certain : certain + possible }
  var isEmpty: Bool { certain.isEmpty && possible.isEmpty }

  /// The states of the sockets whose end could change the answer. Listing these is cheaper than listing everything: a list
  /// of listeners costs the same however many connections there are. Nil if timers have to fire first, or if nothing else is
  /// in the way.
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

  /// The fingerprint of the holders in these states.
  func watched(_ states: StateSet) -> Fingerprint {
    Fingerprint(all.lazy.filter { states.contains($0.state) })
  }
}

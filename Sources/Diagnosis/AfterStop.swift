internal import SocketTable

/// What the table would be if the listeners on the port were closed now, by a server that ends.
extension TrialSession {
  /// How long a connection goes on when its server has closed it first, in milliseconds: TCP_TIMEWAIT_LEN.
  static let timeWaitLength: UInt32 = 60_000

  /// Listeners go, with what waits to be accepted and what the peer has closed before; the connections that the server
  /// would then close first become timewait minisockets. The rest stays: what no process has any more, what only
  /// binds, and connections that did not come in through these listeners.
  mutating func stopListeners() {
    let knowledge = knowledge
    let listeners = snapshot.records.filter { $0.state == .listen }
    guard !listeners.isEmpty else { return }
    let stopped = StoppedListeners(listeners.map { ($0, knowledge.flags($0)) })
    var pids: Set<Int32> = []
    for listener in listeners { pids.formUnion(details[listener]?.owners?.map(\.pid) ?? []) }

    var records: [SocketRecord] = []
    for record in snapshot.records where record.state != .listen {
      guard record.hasPeer, !record.isMinisocket, let inherited = stopped.inherited(by: record),
        !isHeldElsewhere(record, than: pids)
      else {
        records.append(record)
        continue
      }
      switch record.state {
      case .established where record.inode != 0, .finWait1 where record.inode != 0,
        .finWait2 where record.inode != 0, .closing where record.inode != 0:
        let left = SocketRecord(
          state: .timeWait, local: record.local, peer: record.peer, interface: record.interface,
          timer: SocketRecord.Timer(kind: .timeWait, expires: Self.timeWaitLength), inode: record.inode,
          cookie: record.cookie, v6Only: record.v6Only ?? inherited.v6Only)
        originals[left] = record
        records.append(left)
      case .established, .closeWait, .synReceived: continue
      default: records.append(record)
      }
    }
    self.stopped = stopped
    replaceLook(with: Snapshot(records: records, look: snapshot.look))
  }

  /// By processes of which none listens: they need not end with those that do.
  private func isHeldElsewhere(_ record: SocketRecord, than pids: Set<Int32>) -> Bool {
    guard !pids.isEmpty, let owners = details[record]?.owners, !owners.isEmpty else { return false }
    return !owners.contains { pids.contains($0.pid) }
  }
}

/// Listeners that are thought of as closed, and what the sockets beside them have from them.
package struct StoppedListeners: Sendable {
  struct Inherited: Hashable, Sendable {
    var reuseAddress: Bool?
    var reusePort: Bool?
    var v6Only: Bool?
  }

  private var listeners: [(record: SocketRecord, inherited: Inherited)] = []

  init() {}

  init(_ listeners: [(SocketRecord, HolderFlags)]) {
    for (record, flags) in listeners {
      let inherited = Inherited(
        reuseAddress: flags.reuseAddress, reusePort: flags.reusePort, v6Only: record.v6Only)
      // Of a hundred listeners that share the port by SO_REUSEPORT one says it all.
      let isKnown = self.listeners.contains {
        $0.inherited == inherited && $0.record.local == record.local
          && $0.record.interface == record.interface && $0.record.cgroupID == record.cgroupID
      }
      if !isKnown { self.listeners.append((record, inherited)) }
    }
  }

  var isEmpty: Bool { listeners.isEmpty }

  /// A connection has its listener's options from when it was made; and whatever else was there beside a listener that
  /// overlaps it could be so by the same options only. Nil if no listener can have accepted it; of several that can, what
  /// they agree in.
  func inherited(by record: SocketRecord) -> Inherited? {
    var best = Fit.none
    var result: Inherited?
    for (listener, inherited) in listeners {
      let fit = Self.fit(listener, record)
      if fit == .none || fit < best { continue }
      if fit > best || result == nil {
        best = fit
        result = inherited
      } else {
        if result?.reuseAddress != inherited.reuseAddress { result?.reuseAddress = nil }
        if result?.reusePort != inherited.reusePort { result?.reusePort = nil }
        if result?.v6Only != inherited.v6Only { result?.v6Only = nil }
      }
    }
    return result
  }

  private enum Fit: Int, Comparable {
    case none
    case wildcard
    case address

    static func < (left: Fit, right: Fit) -> Bool { left.rawValue < right.rawValue }
  }

  /// The kernel hands a connection to the listener on its very address first.
  private static func fit(_ listener: SocketRecord, _ record: SocketRecord) -> Fit {
    guard record.localPort == listener.localPort, record.family == listener.family,
      listener.interface == 0 || listener.interface == record.interface,
      // What accept() returns keeps the cgroup in which its listener was made.
      listener.cgroupID == nil || record.cgroupID == nil || listener.cgroupID == record.cgroupID
    else { return .none }
    let address = listener.local.address
    let own = record.local.address
    if address == own { return .address }
    guard address.isUnspecified || address.ipv4 == 0 else { return .none }
    if address.family == .ipv4 { return .wildcard }
    // ::ffff:0.0.0.0 takes IPv4 alone.
    if address.isV4Mapped { return own.isV4Mapped ? .wildcard : .none }
    return own.isV4Mapped && listener.v6Only == true ? .none : .wildcard
  }
}

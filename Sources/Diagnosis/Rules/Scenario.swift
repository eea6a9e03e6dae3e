package import SocketTable

/// Under which assumption the sockets of a look are judged: as they are, or as they would be if the listeners among them
/// were stopped now. The records stay what they are; only what becomes of them is told.
package struct Scenario: Sendable {
  /// What becomes of a socket.
  enum Fate: Sendable {
    case stays
    case ends
    /// Its server closes it first: it would be a TIME_WAIT, perhaps after a FIN_WAIT2.
    case becomesTimeWait
  }

  /// How long a connection goes on when its server has closed it first, in milliseconds: TCP_TIMEWAIT_LEN.
  static let timeWaitLength: UInt32 = 60_000

  /// Nothing is assumed.
  package static let present = Scenario(listeners: [], processes: [])

  private let listeners: [StoppedListener]
  /// Those that have one of the listeners open.
  private let processes: Set<Int32>

  private init(listeners: [StoppedListener], processes: Set<Int32>) {
    self.listeners = listeners
    self.processes = processes
  }

  /// Every listener among the records is stopped, with the processes that have it open. The same as `present` where
  /// nothing listens.
  package static func afterStop(of records: [SocketRecord], _ details: SocketDetailsTable) -> Scenario {
    var listeners: [StoppedListener] = []
    var processes: Set<Int32> = []
    for record in records where record.state == .listen {
      processes.formUnion(details[record]?.owners?.map(\.pid) ?? [])
      let known = details[record]
      let listener = StoppedListener(
        record, KnownReuseOptions(reuseAddress: known?.reuseAddress, reusePort: known?.reusePort))
      // Of a hundred listeners that share the port by SO_REUSEPORT one says it all.
      if !listeners.contains(where: { $0.isSame(as: listener) }) { listeners.append(listener) }
    }
    return Scenario(listeners: listeners, processes: processes)
  }

  /// Something is assumed.
  var isAssumed: Bool { !listeners.isEmpty }

  /// Listeners go, with what waits to be accepted and what the peer has closed before; the connections that their server
  /// would then close first become timewait minisockets. The rest stays: what no process has any more, what only binds,
  /// and connections that did not come in through these listeners.
  func fate(of record: SocketRecord, _ details: SocketDetailsTable) -> Fate {
    guard isAssumed else { return .stays }
    if record.state == .listen { return .ends }
    guard record.hasPeer, !record.isMinisocket, inherited(by: record) != nil,
      !isHeldElsewhere(record, details)
    else { return .stays }
    return switch record.state {
    case .established, .finWait1, .finWait2, .closing:
      record.inode != 0 ? .becomesTimeWait : record.state == .established ? .ends : .stays
    case .closeWait, .synReceived: .ends
    default: .stays
    }
  }

  /// By processes of which none listens: they need not end with those that do.
  private func isHeldElsewhere(_ record: SocketRecord, _ details: SocketDetailsTable) -> Bool {
    guard !processes.isEmpty, let owners = details[record]?.owners, !owners.isEmpty else { return false }
    return !owners.contains { processes.contains($0.pid) }
  }

  /// The options that a socket must have from one of the listeners: a connection keeps those that its listener had when
  /// the handshake was completed, and any other socket can only be beside an overlapping listener if it has the same
  /// ones. Nil if no listener can have accepted it; if several can, only what they agree on is known.
  func inherited(by record: SocketRecord) -> StoppedListener.Inheritance? {
    var best = StoppedListener.Fit.none
    var result: StoppedListener.Inheritance?
    for listener in listeners {
      let fit = listener.fit(record)
      if fit == .none || fit < best { continue }
      if fit > best || result == nil {
        best = fit
        result = listener.inheritance
      } else {
        result?.keepWhatAgrees(with: listener.inheritance)
      }
    }
    return result
  }
}

/// A listener that is assumed to be stopped, and what its connections have from it.
struct StoppedListener: Sendable {
  struct Inheritance: Hashable, Sendable {
    var reuse: KnownReuseOptions
    var v6Only: Bool?

    mutating func keepWhatAgrees(with other: Inheritance) {
      if reuse.reuseAddress != other.reuse.reuseAddress { reuse.reuseAddress = nil }
      if reuse.reusePort != other.reuse.reusePort { reuse.reusePort = nil }
      if v6Only != other.v6Only { v6Only = nil }
    }
  }

  /// How well a listener fits a connection: the kernel hands one to the listener on its very address first.
  enum Fit: Int, Comparable {
    case none
    case wildcard
    case address

    static func < (left: Fit, right: Fit) -> Bool { left.rawValue < right.rawValue }
  }

  private let record: SocketRecord
  let inheritance: Inheritance

  init(_ record: SocketRecord, _ reuse: KnownReuseOptions) {
    self.record = record
    inheritance = Inheritance(reuse: reuse, v6Only: record.v6Only)
  }

  func isSame(as other: StoppedListener) -> Bool {
    inheritance == other.inheritance && record.local == other.record.local
      && record.interface == other.record.interface && record.cgroupID == other.record.cgroupID
  }

  func fit(_ connection: SocketRecord) -> Fit {
    guard connection.localPort == record.localPort, connection.family == record.family,
      record.interface == 0 || record.interface == connection.interface,
      // What accept() returns keeps the cgroup in which its listener was made.
      record.cgroupID == nil || connection.cgroupID == nil || record.cgroupID == connection.cgroupID
    else { return .none }
    let address = record.local.address
    let own = connection.local.address
    if address == own { return .address }
    guard address.isUnspecified || address.ipv4 == 0 else { return .none }
    if address.family == .ipv4 { return .wildcard }
    // ::ffff:0.0.0.0 takes IPv4 alone.
    if address.isV4Mapped { return own.isV4Mapped ? .wildcard : .none }
    return own.isV4Mapped && record.v6Only == true ? .none : .wildcard
  }
}

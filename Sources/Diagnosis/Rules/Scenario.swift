package import SocketTable

/// The assumption under which the sockets of a look are judged: either they stay as they are, or the listeners among them
/// are stopped now. The records are not changed; the scenario only tells what becomes of each.
package struct Scenario: Sendable {
  /// What becomes of a socket under the assumption.
  enum Fate: Sendable {
    case stays
    case ends
    /// The server closes the connection first, which makes it a TIME_WAIT, perhaps after a FIN_WAIT2.
    case becomesTimeWait
  }

  /// The length of a TIME_WAIT in milliseconds: TCP_TIMEWAIT_LEN of include/net/tcp.h.
  static let timeWaitLength: UInt32 = 60_000

  /// Every socket stays as it is.
  package static let present = Scenario(listeners: ListenerSet(), remaining: ListenerSet(), processes: [])

  private let listeners: ListenerSet
  /// Listeners on the same port that are not stopped. Those of another look than theirs are none.
  private let remaining: ListenerSet
  /// The processes that have one of the listeners open, by their ids. Empty where owners are not known.
  private let processes: Set<Int32>

  private init(listeners: ListenerSet, remaining: ListenerSet, processes: Set<Int32>) {
    self.listeners = listeners
    self.remaining = remaining
    self.processes = processes
  }

  /// Every listener among the records is stopped, and so are the processes that have one open. The same as `present` if
  /// nothing listens.
  ///
  /// - Parameter remaining: listeners of other servers on the same port, which stay.
  package static func afterStop(
    of records: [SocketRecord], besides remaining: [SocketRecord] = [], _ details: SocketDetailsTable
  ) -> Scenario {
    var processes: Set<Int32> = []
    for record in records where record.state == .listen {
      processes.formUnion(details[record]?.owners?.map(\.pid) ?? [])
    }
    return Scenario(
      listeners: ListenerSet(records, details), remaining: ListenerSet(remaining, details),
      processes: processes)
  }

  /// Whether this is anything other than `present`.
  var isAssumed: Bool { !listeners.isEmpty }

  /// Listeners end, and with them the connections that nobody has accepted or that the peer closed first. Connections that
  /// the server would now close first become timewait minisockets. Everything else stays: sockets that no process has any
  /// more or that are only bound, and connections that did not come in through these listeners.
  func fate(of record: SocketRecord, _ details: SocketDetailsTable) -> Fate {
    guard isAssumed else { return .stays }
    if record.state == .listen { return remaining.contains(record) ? .stays : .ends }
    guard record.hasPeer, !record.isMinisocket, comesFromStopped(record), !isHeldElsewhere(record, details)
    else { return .stays }
    return switch record.state {
    case .established, .finWait1, .finWait2, .closing:
      record.inode != 0 ? .becomesTimeWait : record.state == .established ? .ends : .stays
    case .closeWait, .synReceived: .ends
    default: .stays
    }
  }

  /// Whether only processes that have no listener hold the connection. They need not end when the listeners are stopped.
  private func isHeldElsewhere(_ record: SocketRecord, _ details: SocketDetailsTable) -> Bool {
    guard !processes.isEmpty, let owners = details[record]?.owners, !owners.isEmpty else { return false }
    return !owners.contains { processes.contains($0.pid) }
  }

  /// Whether it can have come in through one of the listeners that are stopped, and not rather through one that stays.
  private func comesFromStopped(_ record: SocketRecord) -> Bool {
    let fit = listeners.best(for: record).fit
    return fit != .none && fit >= remaining.best(for: record).fit
  }

  /// The options that a connection must have because of the listeners. One that a listener accepted has those that the
  /// listener had when the handshake was completed. Any other can exist beside an overlapping listener only if it has the
  /// same reuse options. If several listeners fit equally well, only the options in which they agree are known. Nil if no
  /// listener fits.
  func inherited(by record: SocketRecord) -> StoppedListener.Inheritance? {
    let (stopped, other) = (listeners.best(for: record), remaining.best(for: record))
    guard var inheritance = stopped.inheritance, stopped.fit >= other.fit else { return other.inheritance }
    if stopped.fit == other.fit, let others = other.inheritance { inheritance.keepWhatAgrees(with: others) }
    return inheritance
  }
}

/// Listeners by their address: there may be very many, and each connection is compared with those that it can have come from
/// only.
private struct ListenerSet: Sendable {
  private var known: Set<StoppedListener.Identity> = []
  private var wildcards: [StoppedListener] = []
  private var specific: [IPAddress: [StoppedListener]] = [:]
  private var inodes: Set<UInt32> = []

  var isEmpty: Bool { known.isEmpty }

  init() {}

  /// - Parameter records: those that listen are taken.
  init(_ records: [SocketRecord], _ details: SocketDetailsTable) {
    for record in records where record.state == .listen {
      inodes.insert(record.inode)
      add(StoppedListener(record, KnownReuseOptions(record, details[record])))
    }
  }

  /// A hundred workers may share the port by SO_REUSEPORT. Equal listeners are kept once.
  private mutating func add(_ listener: StoppedListener) {
    guard known.insert(listener.identity).inserted else { return }
    if listener.isOnWildcard {
      wildcards.append(listener)
    } else {
      specific[listener.identity.local.address, default: []].append(listener)
    }
  }

  /// A listener always has an inode.
  func contains(_ listener: SocketRecord) -> Bool { inodes.contains(listener.inode) }

  /// How well those that fit a connection best do so, and what it has inherited if it came in through one of them.
  func best(for connection: SocketRecord) -> (
    fit: StoppedListener.Fit, inheritance: StoppedListener.Inheritance?
  ) {
    var best = StoppedListener.Fit.none
    var inheritance: StoppedListener.Inheritance?
    if known.isEmpty { return (best, inheritance) }
    for listener in (specific[connection.local.address] ?? []) + wildcards {
      let fit = listener.fit(connection)
      if fit == .none || fit < best { continue }
      if fit > best || inheritance == nil {
        best = fit
        inheritance = listener.inheritance
      } else {
        inheritance?.keepWhatAgrees(with: listener.inheritance)
      }
    }
    return (best, inheritance)
  }
}

/// A listener of a scenario, with the options that its connections inherited from it.
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

  /// How well a listener fits a connection. The kernel prefers a listener on the exact address to one on a wildcard.
  enum Fit: Int, Comparable {
    case none
    case wildcard
    case address

    static func < (left: Fit, right: Fit) -> Bool { left.rawValue < right.rawValue }
  }

  /// Equal for listeners that mean the same for every connection.
  struct Identity: Hashable, Sendable {
    let local: Endpoint
    let family: AddressFamily
    let interface: UInt32
    let cgroup: UInt64?
    let inheritance: Inheritance
  }

  private let record: SocketRecord
  let inheritance: Inheritance

  var identity: Identity {
    Identity(
      local: record.local, family: record.family, interface: record.interface, cgroup: record.cgroupID,
      inheritance: inheritance)
  }

  var isOnWildcard: Bool { record.local.address.isWildcard }

  init(_ record: SocketRecord, _ reuse: KnownReuseOptions) {
    self.record = record
    inheritance = Inheritance(reuse: reuse, v6Only: record.v6Only)
  }

  func fit(_ connection: SocketRecord) -> Fit {
    guard connection.localPort == record.localPort, connection.family == record.family,
      record.interface == 0 || record.interface == connection.interface,
      // A socket that accept() returns has the cgroup in which its listener was made.
      record.cgroupID == nil || connection.cgroupID == nil || record.cgroupID == connection.cgroupID
    else { return .none }
    let address = record.local.address
    let own = connection.local.address
    if address == own { return .address }
    guard address.isUnspecified || address.ipv4 == 0 else { return .none }
    if address.family == .ipv4 { return .wildcard }
    // A listener on ::ffff:0.0.0.0 accepts IPv4 only.
    if address.isV4Mapped { return own.isV4Mapped ? .wildcard : .none }
    return own.isV4Mapped && record.v6Only == true ? .none : .wildcard
  }
}

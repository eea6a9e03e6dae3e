package import NetlinkCodec

/// One socket as either source reports it. Holds no references, so that a row costs no allocation.
package struct SocketRecord: Hashable, Sendable {
  /// What the kernel does next with the socket by itself, and when.
  package struct Timer: Hashable, Sendable {
    package enum Kind: Hashable, Sendable, CaseIterable {
      /// Also of a request socket's SYN-ACK.
      case retransmit
      /// Also the wait of an orphan in FIN_WAIT2 that has more than 60 s left.
      case keepalive
      /// Ends the socket: a timewait minisocket, whether in TIME_WAIT or FIN_WAIT2.
      case timeWait
      /// Probes of a zero window.
      case probe
    }
    package let kind: Kind
    /// Milliseconds. Sits at 0 for up to one step of the kernel's timer wheel before the timer fires.
    package let expires: UInt32

    package init(kind: Kind, expires: UInt32) {
      self.kind = kind
      self.expires = expires
    }

    /// `idiag_timer`, or `tr` of /proc/net/tcp. Nil for 0, which is no timer, and for numbers that are not known.
    package init?(wireValue: UInt8, expires: UInt32) {
      switch wireValue {
      case 1: self.init(kind: .retransmit, expires: expires)
      case 2: self.init(kind: .keepalive, expires: expires)
      case 3: self.init(kind: .timeWait, expires: expires)
      case 4: self.init(kind: .probe, expires: expires)
      default: return nil
      }
    }
  }

  // Packed: a hundred thousand records are read in the order of their timers, which is random in memory
  // (Benchmarks/README.md has the figure).
  private let localHigh: UInt64
  private let localLow: UInt64
  private let peerHigh: UInt64
  private let peerLow: UInt64
  /// The kernel's number for the socket, never used twice; a TIME_WAIT keeps that of its connection. 0: the source does not
  /// tell.
  package let cookie: UInt64
  private let cgroup: UInt64
  private var owner: UInt32
  /// 0: the socket belongs to no process (minisocket, orphan, or not yet accepted).
  package let inode: UInt32
  /// Index of the interface the socket is bound to (SO_BINDTODEVICE, or a link-local scope); 0 is none.
  package var interface: UInt32
  private var expires: UInt32
  package let localPort: UInt16
  /// 0 where there is no peer.
  package let peerPort: UInt16
  package let state: TCPState
  private var learned: Learned
  private var facts: Facts

  /// The timer's kind in the lower three bits, and the options that were learned.
  private struct Learned: OptionSet, Hashable {
    let rawValue: UInt8
    static let reuseAddress = Learned(rawValue: 8)
    static let reusePort = Learned(rawValue: 16)
    /// Whether the other two mean anything.
    static let options = Learned(rawValue: 32)

    static func timer(_ kind: Timer.Kind?) -> Learned {
      switch kind {
      case nil: []
      case .retransmit: Learned(rawValue: 1)
      case .keepalive: Learned(rawValue: 2)
      case .timeWait: Learned(rawValue: 3)
      case .probe: Learned(rawValue: 4)
      }
    }

    var timer: Timer.Kind? {
      switch rawValue & 7 {
      case 1: .retransmit
      case 2: .keepalive
      case 3: .timeWait
      case 4: .probe
      default: nil
      }
    }

    var withoutTimer: Learned { Learned(rawValue: rawValue & ~7) }
  }

  private struct Facts: OptionSet, Hashable {
    let rawValue: UInt8
    static let ipv6 = Facts(rawValue: 1)
    static let hasPeer = Facts(rawValue: 2)
    static let peerIsIPv6 = Facts(rawValue: 4)
    static let hasUID = Facts(rawValue: 8)
    static let hasCgroup = Facts(rawValue: 16)
    static let knowsV6Only = Facts(rawValue: 32)
    static let v6Only = Facts(rawValue: 64)
    static let isUDP = Facts(rawValue: 128)
  }

  /// Drops what the kernel fills in without a meaning: the peer in a state that has none, and the uid of minisockets and
  /// request sockets. IPV6_V6ONLY is known to be off wherever the local address is IPv4 or v4-mapped.
  ///
  /// A nil `timer` is none; any other nil is unknown. For `interface` and `inode` 0 is none, for `cookie` it is unknown.
  package init(
    transport: TransportProtocol = .tcp, state: TCPState, local: Endpoint, peer: Endpoint?,
    interface: UInt32 = 0, timer: Timer? = nil,
    uid: UInt32? = nil, inode: UInt32 = 0, cookie: UInt64 = 0, v6Only: Bool? = nil, cgroupID: UInt64? = nil
  ) {
    var facts: Facts = local.address.family == .ipv6 ? .ipv6 : []
    if case .udp = transport { facts.insert(.isUDP) }
    localHigh = local.address.high
    localLow = local.address.low
    localPort = local.port
    if let peer, !state.hasNoPeer {
      facts.insert(.hasPeer)
      if peer.address.family == .ipv6 { facts.insert(.peerIsIPv6) }
      peerHigh = peer.address.high
      peerLow = peer.address.low
      peerPort = peer.port
    } else {
      peerHigh = 0
      peerLow = 0
      peerPort = 0
    }
    self.state = state
    self.interface = interface
    learned = .timer(timer?.kind)
    expires = timer?.expires ?? 0
    // The kernel's 0 means nothing for minisockets and request sockets.
    let hasOwnUID = timer?.kind != .timeWait && !(state == .synReceived && inode == 0)
    if hasOwnUID, uid != nil { facts.insert(.hasUID) }
    owner = hasOwnUID ? uid ?? 0 : 0
    self.inode = inode
    self.cookie = cookie
    if local.address.ipv4 != nil {
      facts.insert(.knowsV6Only)
    } else if let v6Only {
      facts.insert(.knowsV6Only)
      if v6Only { facts.insert(.v6Only) }
    }
    if cgroupID != nil { facts.insert(.hasCgroup) }
    cgroup = cgroupID ?? 0
    self.facts = facts
  }

  package var transport: TransportProtocol { facts.contains(.isUDP) ? .udp : .tcp }

  package var local: Endpoint {
    Endpoint(address: Self.address(localHigh, localLow, isIPv6: facts.contains(.ipv6)), port: localPort)
  }

  package var hasPeer: Bool { facts.contains(.hasPeer) }

  /// Nil for a socket that listens or is only bound.
  package var peer: Endpoint? {
    guard hasPeer else { return nil }
    return Endpoint(
      address: Self.address(peerHigh, peerLow, isIPv6: facts.contains(.peerIsIPv6)), port: peerPort)
  }

  private static func address(_ high: UInt64, _ low: UInt64, isIPv6: Bool) -> IPAddress {
    isIPv6 ? IPAddress(ipv6High: high, low: low) : IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
  }

  /// Nil where none is running.
  package var timer: Timer? {
    get { learned.timer.map { Timer(kind: $0, expires: expires) } }
    set {
      learned = learned.withoutTimer.union(.timer(newValue?.kind))
      expires = newValue?.expires ?? 0
    }
  }

  /// The user of the socket; nil where the kernel does not tell.
  package var uid: UInt32? { facts.contains(.hasUID) ? owner : nil }

  /// The uid of users that a user namespace does not know (/proc/sys/kernel/overflowuid).
  package static let overflowUser: UInt32 = 65_534

  /// A socket that no process has, and of which root is reported: a kernel before 6.16 says so of every one.
  package var hasDoubtfulUser: Bool {
    inode == 0 && facts.contains(.hasUID) && (owner == 0 || owner == Self.overflowUser)
  }

  /// The same without a user.
  package var withoutUser: SocketRecord {
    var record = self
    record.facts.remove(.hasUID)
    record.owner = 0
    return record
  }

  /// IPV6_V6ONLY; nil where the source does not tell. IPv4 and v4-mapped sockets are known not to have it.
  package var v6Only: Bool? {
    get { facts.contains(.knowsV6Only) ? facts.contains(.v6Only) : nil }
    set {
      facts.subtract([.knowsV6Only, .v6Only])
      if newValue != nil { facts.insert(.knowsV6Only) }
      if newValue == true { facts.insert(.v6Only) }
    }
  }

  /// SO_REUSEADDR, where it was read from the kernel beside the record (`learn`); nil where it was not. What a process tells of a
  /// socket that it has open stands in `SocketDetails`.
  package var reuseAddress: Bool? { learned.contains(.options) ? learned.contains(.reuseAddress) : nil }

  /// SO_REUSEPORT, likewise.
  package var reusePort: Bool? { learned.contains(.options) ? learned.contains(.reusePort) : nil }

  /// Takes over what the kernel has of the socket and its source does not tell. IPV6_V6ONLY does not apply to IPv4.
  package mutating func learn(reuseAddress: Bool, reusePort: Bool, v6Only: Bool) {
    learned.subtract([.reuseAddress, .reusePort])
    learned.insert(.options)
    if reuseAddress { learned.insert(.reuseAddress) }
    if reusePort { learned.insert(.reusePort) }
    if local.address.ipv4 == nil { self.v6Only = v6Only }
  }

  /// Inode of the cgroup2 directory in which the socket was created; nil where the source does not tell.
  package var cgroupID: UInt64? { facts.contains(.hasCgroup) ? cgroup : nil }

  /// The family of the local address.
  package var family: AddressFamily { facts.contains(.ipv6) ? .ipv6 : .ipv4 }

  /// Equal for records that differ in nothing but addresses, ports, interface, time left, cookie, cgroup and owner: one
  /// comparison tells whether two rows share the text around these. Bits 25 and above are 0.
  package var kindBits: UInt32 {
    UInt32(state.wireValue) | UInt32(learned.rawValue) << 8 | UInt32(facts.rawValue) << 16
      | (cookie == 0 ? 0 : 1 << 24)
  }

  /// uid and inode, 0 where there is none.
  package var ownerBits: UInt64 { UInt64(owner) << 32 | UInt64(inode) }

  /// Kept by a timer alone (`struct inet_timewait_sock`): TIME_WAIT, and FIN_WAIT2 whose process is gone.
  package var isMinisocket: Bool { learned.rawValue & 7 == Learned.timer(.timeWait).rawValue }

  /// The record without the time left, so that a socket in the same state is equal in two snapshots. Whether a timer alone
  /// keeps the socket is part of it.
  package var identity: SocketRecord {
    var record = self
    record.timer = isMinisocket ? Timer(kind: .timeWait, expires: 0) : nil
    return record
  }

  /// Bound to this address, and neither listening nor connected.
  package func isBound(to address: IPAddress) -> Bool { state == .bound && local.address == address }

  /// A full socket that no process has open any more, whose connection TCP still has to end.
  package var isOrphan: Bool {
    guard inode == 0, !isMinisocket else { return false }
    return switch state {
    case .finWait1, .finWait2, .closing, .lastAck: true
    default: false
    }
  }
}

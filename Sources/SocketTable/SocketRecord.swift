/// One TCP socket as either source reports it. Holds no references, so that a row costs no allocation.
package struct SocketRecord: Hashable, Sendable {
  package struct Timer: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case retransmit
      case keepalive
      case timeWait
      case probe
    }
    package let kind: Kind
    /// Milliseconds. Sits at 0 for up to one step of the kernel's timer wheel before the timer fires.
    package let expires: UInt32

    package init(kind: Kind, expires: UInt32) {
      self.kind = kind
      self.expires = expires
    }

    /// `idiag_timer`, or `tr` of /proc/net/tcp. 0 is no timer.
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

  package var state: TCPState
  package var local: Endpoint
  /// Nil for a socket that listens or is only bound.
  package var peer: Endpoint?
  /// Index of the device the socket is bound to (SO_BINDTODEVICE, or a link-local scope); 0 is none.
  package var interface: UInt32
  package var timer: Timer?
  /// Nil where the kernel's 0 means nothing: minisockets and request sockets.
  package var uid: UInt32?
  /// 0: the socket belongs to no process (minisocket, orphan, or not yet accepted).
  package var inode: UInt32
  /// 0: the source does not tell.
  package var cookie: UInt64
  /// IPV6_V6ONLY where it is known. IPv4 and v4-mapped sockets are known not to have it.
  package var v6Only: Bool?
  /// Inode of the cgroup2 directory in which the socket was created.
  package var cgroupID: UInt64?

  package init(
    state: TCPState, local: Endpoint, peer: Endpoint?, interface: UInt32 = 0, timer: Timer? = nil,
    uid: UInt32? = nil, inode: UInt32 = 0, cookie: UInt64 = 0, v6Only: Bool? = nil, cgroupID: UInt64? = nil
  ) {
    self.state = state
    self.local = local
    self.peer = state.hasNoPeer ? nil : peer
    self.interface = interface
    self.timer = timer
    let hasOwnUID = timer?.kind != .timeWait && !(state == .synReceived && inode == 0)
    self.uid = hasOwnUID ? uid : nil
    self.inode = inode
    self.cookie = cookie
    self.v6Only = local.address.ipv4 != nil ? false : v6Only
    self.cgroupID = cgroupID
  }

  package var family: AddressFamily { local.address.family }

  /// Kept by a timer alone (`struct inet_timewait_sock`): TIME_WAIT, and FIN_WAIT2 whose process is gone.
  package var isMinisocket: Bool { timer?.kind == .timeWait }

  /// A connection that no process can touch any more, and which TCP itself still has to bring to its end.
  package var isOrphan: Bool {
    guard inode == 0, !isMinisocket else { return false }
    return switch state {
    case .finWait1, .finWait2, .closing, .lastAck: true
    default: false
    }
  }
}

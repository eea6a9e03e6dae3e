package import SocketTable

/// A socket that is about to be bound.
package struct NewSocket: Hashable, Sendable {
  package var address: IPAddress
  package var v6Only: Bool
  /// Index of the device it is tied to; 0 is none.
  package var device: UInt32
  package var options: SocketOptions
  package var uid: UInt32

  package init(
    address: IPAddress, v6Only: Bool = false, device: UInt32 = 0, options: SocketOptions = [], uid: UInt32 = 0
  ) {
    self.address = address
    self.v6Only = v6Only
    self.device = device
    self.options = options
    self.uid = uid
  }
}

/// What is known of an existing socket beyond its record; nil is unknown.
package struct HolderFlags: Hashable, Sendable {
  package var reuseAddress: Bool?
  package var reusePort: Bool?
  /// False where the source does not tell the device.
  package var knowsDevice: Bool

  package init(reuseAddress: Bool? = nil, reusePort: Bool? = nil, knowsDevice: Bool = true) {
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
    self.knowsDevice = knowsDevice
  }
}

/// When bind(2) and listen(2) answer EADDRINUSE (net/ipv4/inet_connection_sock.c, inet_csk_bind_conflict, and
/// inet_rcv_saddr_equal for the addresses).
package enum ConflictRules {
  package enum Conflict: Hashable, Sendable {
    case none
    case certain
    /// It hangs on something that is not known of the existing socket.
    case depends
  }

  package enum Prediction: String, Hashable, Sendable {
    case ok
    case fails
    case depends
  }

  /// Whether an existing socket on the same port stands in the way of `new`.
  package static func conflict(
    of existing: SocketRecord, _ flags: HolderFlags = HolderFlags(), with new: NewSocket
  ) -> Conflict {
    guard isInBindTable(existing) else { return .none }
    let isDeviceApart: Bool? =
      new.device == 0
      ? false : flags.knowsDevice ? existing.interface != 0 && existing.interface != new.device : nil
    let conflict = both(
      overlaps(existing, new), not(either(isDeviceApart, isExempt(existing, flags, new))))
    return switch conflict {
    case false: .none
    case true: .certain
    case nil: .depends
    }
  }

  /// What the table says about `new`. The kernel may say ok where this says `fails` if `new` has SO_REUSEPORT:
  /// a cache for each port (fastreuseport) depends on the order of earlier binds.
  package static func predict(
    _ records: some Sequence<SocketRecord>, with new: NewSocket, flags: (SocketRecord) -> HolderFlags
  ) -> Prediction {
    var prediction = Prediction.ok
    for record in records {
      switch conflict(of: record, flags(record), with: new) {
      case .none: break
      case .certain: return .fails
      case .depends: prediction = .depends
      }
    }
    return prediction
  }

  /// A connection request (SYN_RECV) holds nothing; its listener does.
  private static func isInBindTable(_ existing: SocketRecord) -> Bool {
    !(existing.state == .synReceived && existing.inode == 0)
  }

  private static func overlaps(_ existing: SocketRecord, _ new: NewSocket) -> Bool? {
    let held = existing.local.address
    if let ipv4 = new.address.ipv4 {
      if let heldIPv4 = held.ipv4 { return ipv4 == 0 || heldIPv4 == 0 || heldIPv4 == ipv4 }
      // The kernel compares 0.0.0.0 with any IPv6 socket that may speak IPv4, whatever its address; but not
      // ::ffff:0.0.0.0.
      return new.address == .anyIPv4 || held.isUnspecified ? not(v6Only(existing)) : false
    }
    if new.address.isUnspecified { return new.v6Only ? held.ipv4 == nil : true }
    return held == new.address || held == .anyIPv6
  }

  /// bind(2) to a real IPv6 address sets it as well, and connections inherit it, so that it stays unknown for a
  /// connection on an IPv6 address.
  private static func v6Only(_ existing: SocketRecord) -> Bool? {
    if let known = existing.v6Only { return known }
    return existing.state.hasNoPeer && !existing.local.address.isUnspecified ? true : nil
  }

  private static func isExempt(_ existing: SocketRecord, _ flags: HolderFlags, _ new: NewSocket) -> Bool? {
    let byAddress: Bool? =
      new.options.contains(.reuseAddress) && existing.state != .listen ? flags.reuseAddress : false
    let isSameUser: Bool? = existing.isMinisocket ? true : existing.uid.map { $0 == new.uid }
    let byPort: Bool? =
      new.options.contains(.reusePort) ? both(flags.reusePort, isSameUser) : false
    return either(byAddress, byPort)
  }

  // Three-valued logic: nil is unknown.

  private static func not(_ value: Bool?) -> Bool? { value.map { !$0 } }

  private static func both(_ left: Bool?, _ right: Bool?) -> Bool? {
    if left == false || right == false { return false }
    return left == nil || right == nil ? nil : true
  }

  private static func either(_ left: Bool?, _ right: Bool?) -> Bool? { not(both(not(left), not(right))) }
}

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

/// Flags by socket: what the source tells of every one, and what was found out of some.
package struct HolderKnowledge: Sendable {
  package var details: SocketDetailsTable
  package var knowsDevice: Bool
  /// Of a table in which these are closed.
  var stopped = StoppedListeners()

  package init(details: SocketDetailsTable = SocketDetailsTable(), knowsDevice: Bool = true) {
    self.details = details
    self.knowsDevice = knowsDevice
  }

  /// The same is known of all: what the source tells.
  var isPlain: Bool { details.isEmpty }

  package func flags(_ record: SocketRecord) -> HolderFlags {
    var flags = HolderFlags(knowsDevice: knowsDevice)
    guard !isPlain else { return flags }
    if let known = details[record] {
      flags.reuseAddress = known.reuseAddress
      flags.reusePort = known.reusePort
    }
    guard !stopped.isEmpty, record.hasPeer, flags.reuseAddress == nil || flags.reusePort == nil,
      let inherited = stopped.inherited(by: record)
    else { return flags }
    flags.reuseAddress = flags.reuseAddress ?? inherited.reuseAddress
    flags.reusePort = flags.reusePort ?? inherited.reusePort
    return flags
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

  /// What a source may not tell of an existing socket.
  package struct Unknowns: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let reuseAddress = Unknowns(rawValue: 1)
    package static let reusePort = Unknowns(rawValue: 2)
    package static let v6Only = Unknowns(rawValue: 4)
    package static let device = Unknowns(rawValue: 8)
    package static let uid = Unknowns(rawValue: 16)

    private static let all: [(Unknowns, String)] = [
      (.reuseAddress, "SO_REUSEADDR"), (.reusePort, "SO_REUSEPORT"), (.v6Only, "IPV6_V6ONLY"),
      (.device, "SO_BINDTODEVICE"), (.uid, "uid"),
    ]

    /// Socket options by their names in C.
    package var names: [String] { Self.all.filter { contains($0.0) }.map(\.1) }
  }

  /// What the table says about a new socket, and why.
  package struct Judgement: Sendable {
    package var prediction = Prediction.ok
    /// Those that surely conflict; if there is none, those that may.
    package var blamed: [SocketRecord] = []
    /// What the answer hangs on; empty unless it depends.
    package var unknowns: Unknowns = []
  }

  /// Whether an existing socket on the same port stands in the way of `new`.
  package static func conflict(
    of existing: SocketRecord, _ flags: HolderFlags = HolderFlags(), with new: NewSocket
  ) -> Conflict {
    let answer = answer(existing, flags, new)
    return switch answer.value {
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

  /// The same, with the records to blame and what the answer depends on.
  package static func judge(
    _ records: some Sequence<SocketRecord>, with new: NewSocket, flags: (SocketRecord) -> HolderFlags
  ) -> Judgement {
    var certain = Judgement(prediction: .fails)
    var possible = Judgement(prediction: .depends)
    for record in records {
      let answer = answer(record, flags(record), new)
      switch answer.value {
      case false: break
      case true: certain.blamed.append(record)
      case nil:
        possible.blamed.append(record)
        possible.unknowns.formUnion(answer.unknowns)
      }
    }
    return !certain.blamed.isEmpty ? certain : !possible.blamed.isEmpty ? possible : Judgement()
  }

  private static func answer(_ existing: SocketRecord, _ flags: HolderFlags, _ new: NewSocket) -> Answer {
    guard isInBindTable(existing) else { return .no }
    let isDeviceApart =
      new.device == 0
      ? Answer.no
      : Answer(
        flags.knowsDevice ? existing.interface != 0 && existing.interface != new.device : nil, or: .device)
    return overlaps(existing, new) && !(isDeviceApart || isExempt(existing, flags, new))
  }

  /// A connection request (SYN_RECV) holds nothing; its listener does.
  private static func isInBindTable(_ existing: SocketRecord) -> Bool {
    !(existing.state == .synReceived && existing.inode == 0)
  }

  private static func overlaps(_ existing: SocketRecord, _ new: NewSocket) -> Answer {
    let held = existing.local.address
    if let ipv4 = new.address.ipv4 {
      if let heldIPv4 = held.ipv4 { return Answer(ipv4 == 0 || heldIPv4 == 0 || heldIPv4 == ipv4) }
      // The kernel compares 0.0.0.0 with any IPv6 socket that may speak IPv4, whatever its address; but not
      // ::ffff:0.0.0.0.
      return new.address == .anyIPv4 || held.isUnspecified ? !v6Only(existing) : .no
    }
    if new.address.isUnspecified { return Answer(new.v6Only ? held.ipv4 == nil : true) }
    return Answer(held == new.address || held == .anyIPv6)
  }

  /// bind(2) to a real IPv6 address sets it as well, and connections inherit it, so that it stays unknown for a
  /// connection on an IPv6 address.
  private static func v6Only(_ existing: SocketRecord) -> Answer {
    if let known = existing.v6Only { return Answer(known) }
    return Answer(
      existing.state.hasNoPeer && !existing.local.address.isUnspecified ? true : nil, or: .v6Only)
  }

  private static func isExempt(_ existing: SocketRecord, _ flags: HolderFlags, _ new: NewSocket) -> Answer {
    let byAddress =
      new.options.contains(.reuseAddress) && existing.state != .listen
      ? Answer(flags.reuseAddress, or: .reuseAddress) : .no
    guard new.options.contains(.reusePort) else { return byAddress }
    let isSameUser =
      existing.isMinisocket ? Answer.yes : Answer(existing.uid.map { $0 == new.uid }, or: .uid)
    return byAddress || Answer(flags.reusePort, or: .reusePort) && isSameUser
  }
}

/// Yes, no, or unknown for want of something (three-valued logic).
private struct Answer {
  let value: Bool?
  /// Empty unless the value is unknown.
  let unknowns: ConflictRules.Unknowns

  static let yes = Answer(true)
  static let no = Answer(false)

  init(_ value: Bool) {
    self.value = value
    unknowns = []
  }

  init(_ value: Bool?, or unknowns: ConflictRules.Unknowns) {
    self.value = value
    self.unknowns = value == nil ? unknowns : []
  }

  static prefix func ! (answer: Answer) -> Answer {
    Answer(answer.value.map { !$0 }, or: answer.unknowns)
  }

  static func && (left: Answer, right: Answer) -> Answer {
    if left.value == false || right.value == false { return .no }
    return left.value == nil || right.value == nil
      ? Answer(nil, or: left.unknowns.union(right.unknowns)) : .yes
  }

  static func || (left: Answer, right: Answer) -> Answer { !(!left && !right) }
}

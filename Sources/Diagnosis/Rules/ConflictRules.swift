internal import SocketTable

/// The rules by which bind(2) and listen(2) answer EADDRINUSE. They follow net/ipv4/inet_connection_sock.c:
/// inet_csk_bind_conflict, and inet_rcv_saddr_equal for the addresses.
package enum ConflictRules {
  /// Properties of an existing socket that the rules need and that a source may not tell.
  package struct Unknowns: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let reuseAddress = Unknowns(rawValue: 1)
    package static let reusePort = Unknowns(rawValue: 2)
    package static let v6Only = Unknowns(rawValue: 4)
    package static let interface = Unknowns(rawValue: 8)
    package static let uid = Unknowns(rawValue: 16)
    /// Not a property of a listed socket: whether there are sockets that are only bound, which the source does not list.
    package static let boundNotListening = Unknowns(rawValue: 32)
    /// A property of the kernel: whether ::ffff:0.0.0.0 is the wildcard among v4-mapped addresses for it.
    package static let mappedWildcard = Unknowns(rawValue: 64)

    private static let all: [(Unknowns, String)] = [
      (.reuseAddress, "SO_REUSEADDR"), (.reusePort, "SO_REUSEPORT"), (.v6Only, "IPV6_V6ONLY"),
      (.interface, "SO_BINDTODEVICE"), (.uid, "uid"),
      (.boundNotListening, BlindSpot.boundNotListening.rawValue), (.mappedWildcard, "::ffff:0.0.0.0"),
    ]

    /// The names to show: socket options by their names in C, "uid", and blind spots by their names in JSON.
    package var names: [String] { Self.all.filter { contains($0.0) }.map(\.1) }
  }

  /// Whether existing sockets are in the way of a new one.
  package enum Conflict: Hashable, Sendable {
    case none
    case certain
    /// The answer depends on these properties, which are not known. The set is empty where it depends on something else,
    /// such as the order of earlier binds.
    case depends(Unknowns)

    /// The conflict with both taken together. One certain conflict decides.
    package func joined(with other: Conflict) -> Conflict {
      switch (self, other) {
      case (.certain, _), (_, .certain): .certain
      case (.none, let other): other
      case (let own, .none): own
      case (.depends(let own), .depends(let others)): .depends(own.union(others))
      }
    }

    package var prediction: Prediction {
      switch self {
      case .none: .ok
      case .certain: .fails
      case .depends: .depends
      }
    }
  }

  /// What the table says about one bind. (`BindDiagnosis.Prediction` is the answer for all binds of a server, with its
  /// certainty.) The raw values stand in JSON.
  package enum Prediction: String, Hashable, Sendable, CaseIterable {
    case ok
    case fails
    case depends
  }

  /// Whether an existing socket is in the way of `new` on the same port. If `new` has SO_REUSEPORT, the kernel may allow the
  /// bind in spite of `certain`: it keeps a cache for each port (fastreuseport), which depends on the order of earlier
  /// binds.
  package static func conflict(of existing: ExistingSocket, with new: NewSocket) -> Conflict {
    guard existing.isInBindTable else { return .none }
    let answer =
      overlap(existing, new) && !(isOnAnotherInterface(existing, new) || isExempt(existing, new))
    return switch answer.value {
    case false: .none
    case true: .certain
    case nil: .depends(answer.unknowns)
    }
  }

  /// The conflict with all of these sockets taken together.
  package static func conflict(
    of sockets: some Sequence<ExistingSocket>, with new: NewSocket
  ) -> Conflict {
    sockets.reduce(.none) { $0.joined(with: conflict(of: $1, with: new)) }
  }

  private static func isOnAnotherInterface(_ existing: ExistingSocket, _ new: NewSocket) -> Answer {
    if new.interface == 0 { return .no }
    return Answer(existing.interface.map { $0 != 0 && $0 != new.interface }, or: .interface)
  }

  private static func overlap(_ existing: ExistingSocket, _ new: NewSocket) -> Answer {
    let held = existing.address
    if let ipv4 = new.address.ipv4 {
      if held.isMappedWildcard, ipv4 != 0, new.address.isV4Mapped {
        return Answer(existing.holdsMapped, or: .mappedWildcard)
      }
      if let heldIPv4 = held.ipv4 { return Answer(ipv4 == 0 || heldIPv4 == 0 || heldIPv4 == ipv4) }
      // To the kernel 0.0.0.0 overlaps every IPv6 socket that may speak IPv4, whatever its address. ::ffff:0.0.0.0 does
      // not.
      guard new.address == .anyIPv4 || held.isUnspecified else { return .no }
      return !Answer(existing.v6Only, or: .v6Only)
    }
    if new.address.isUnspecified { return Answer(new.v6Only ? held.ipv4 == nil : true) }
    return Answer(held == new.address || held == .anyIPv6)
  }

  private static func isExempt(_ existing: ExistingSocket, _ new: NewSocket) -> Answer {
    let byAddress =
      new.options.contains(.reuseAddress) && !existing.isListening
      ? Answer(existing.reuse.reuseAddress, or: .reuseAddress) : .no
    guard new.options.contains(.reusePort) else { return byAddress }
    let isSameUser =
      existing.isMinisocket ? Answer.yes : Answer(existing.uid.map { $0 == new.uid }, or: .uid)
    return byAddress || Answer(existing.reuse.reusePort, or: .reusePort) && isSameUser
  }
}

/// Yes, no, or unknown (three-valued logic), with the properties that would have to be known.
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

internal import NetlinkCodec

/// A set of states; its raw value is the kernel's mask (`idiag_states`).
package struct StateSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package init(_ state: TCPState) { rawValue = state.mask }

  /// `idiag_states` of a request. For the kernel a UDP socket that is bound and not connected is in CLOSE, and that bit asks
  /// for it.
  func kernelMask(of transport: TransportProtocol) -> UInt32 {
    switch transport {
    case .tcp: rawValue
    case .udp:
      subtracting(StateSet([.bound, .close])).rawValue | (contains(.bound) ? StateSet(.close).rawValue : 0)
    }
  }

  package init(_ states: [TCPState]) { self = states.reduce(into: []) { $0.formUnion(StateSet($1)) } }

  /// Every known state.
  package static let all = StateSet(TCPState.known)
  /// The states that a timewait minisocket can be in. A full socket can be in FIN_WAIT2 as well.
  package static let minisockets = StateSet([.timeWait, .finWait2])

  /// A state that is not known is in no set but `all`.
  package func contains(_ state: TCPState) -> Bool {
    if case .unknown = state { return self == .all }
    return !isDisjoint(with: StateSet(state))
  }

  /// The names of the known states in it, in `TCPState.known`'s order.
  package var names: [String] { TCPState.known.filter { contains($0) }.map(\.name) }

  /// The names and groups that ss(8) takes, and RFC spellings of the single states. Nil if there is no such name.
  package init?(name: String) {
    switch name.lowercased() {
    case "all": self = .all
    case "connected": self = StateSet.all.subtracting(StateSet([.listen, .close, .bound]))
    case "synchronized": self = StateSet.all.subtracting(StateSet([.listen, .close, .bound, .synSent]))
    case "bucket": self = StateSet([.timeWait, .synReceived])
    case "big": self = StateSet.all.subtracting(StateSet([.timeWait, .synReceived]))
    case "listening": self = StateSet(.listen)
    case "closed", "unconnected": self = StateSet(.close)
    case "bound-inactive": self = StateSet(.bound)
    case "syn-received", "syn-rcv": self = StateSet(.synReceived)
    default:
      guard let state = TCPState(name: name) else { return nil }
      self = StateSet(state)
    }
  }

  /// What `init(name:)` takes, for messages and completions.
  package static let groupNames = ["all", "connected", "synchronized", "bucket", "big"]
}

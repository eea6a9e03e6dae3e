internal import NetlinkCodec

/// The states of RFC 9293, section 3.3.2, as Linux counts them (net/tcp_states.h), and "bound": a socket that holds a
/// port and neither listens nor connects.
package enum TCPState: Hashable, Sendable {
  case established
  case synSent
  case synReceived
  case finWait1
  case finWait2
  case timeWait
  case close
  case closeWait
  case lastAck
  case listen
  case closing
  case bound
  /// A number that this kernel has and this program does not know.
  case unknown(UInt8)

  /// In the order in which a reader wants them counted: what holds a port for good first.
  package static let known: [TCPState] = [
    .listen, .bound, .synSent, .synReceived, .established, .finWait1, .finWait2, .closing, .closeWait,
    .lastAck, .timeWait, .close,
  ]

  /// `idiag_state`, or `st` of /proc/net/tcp. CLOSE is only ever reported of sockets that are bound
  /// (TCPF_BOUND_INACTIVE); 12 is a request socket, which both sources call SYN_RECV.
  package init(wireValue: UInt8) {
    self =
      switch wireValue {
      case 1: .established
      case 2: .synSent
      case 3, 12: .synReceived
      case 4: .finWait1
      case 5: .finWait2
      case 6: .timeWait
      case 7: .bound
      case 8: .closeWait
      case 9: .lastAck
      case 10: .listen
      case 11: .closing
      case 13: .bound
      default: .unknown(wireValue)
      }
  }

  /// A number of its own for each state: the kernel's, with BOUND at 13.
  package var wireValue: UInt8 {
    switch self {
    case .established: 1
    case .synSent: 2
    case .synReceived: 3
    case .finWait1: 4
    case .finWait2: 5
    case .timeWait: 6
    case .close: 7
    case .closeWait: 8
    case .lastAck: 9
    case .listen: 10
    case .closing: 11
    case .bound: 13
    case .unknown(let value): value
    }
  }

  /// The name in JSON, plain output and `--state`.
  package var name: String {
    if case .unknown(let value) = self { "unknown-\(value)" } else { "\(literalName)" }
  }

  var literalName: StaticString {
    switch self {
    case .established: "established"
    case .synSent: "syn-sent"
    case .synReceived: "syn-recv"
    case .finWait1: "fin-wait-1"
    case .finWait2: "fin-wait-2"
    case .timeWait: "time-wait"
    case .close: "close"
    case .closeWait: "close-wait"
    case .lastAck: "last-ack"
    case .listen: "listen"
    case .closing: "closing"
    case .bound: "bound"
    case .unknown: "unknown"
    }
  }

  /// The name in text for people: the kernel's and RFC 9293's spelling.
  package var title: String {
    if case .unknown(let value) = self { "STATE_\(value)" } else { "\(literalTitle)" }
  }

  var literalTitle: StaticString {
    switch self {
    case .established: "ESTABLISHED"
    case .synSent: "SYN_SENT"
    case .synReceived: "SYN_RECV"
    case .finWait1: "FIN_WAIT1"
    case .finWait2: "FIN_WAIT2"
    case .timeWait: "TIME_WAIT"
    case .close: "CLOSE"
    case .closeWait: "CLOSE_WAIT"
    case .lastAck: "LAST_ACK"
    case .listen: "LISTEN"
    case .closing: "CLOSING"
    case .bound: "BOUND"
    case .unknown: "UNKNOWN"
    }
  }

  /// Has no other end.
  package var hasNoPeer: Bool { self == .listen || self == .bound || self == .close }
}

extension ByteBuffer {
  /// The state's name, without allocation for those that are known.
  package mutating func append(nameOf state: TCPState) {
    if case .unknown = state { append(state.name) } else { append(literal: state.literalName) }
  }

  package mutating func append(titleOf state: TCPState) {
    if case .unknown = state { append(state.title) } else { append(literal: state.literalTitle) }
  }
}

/// A set of states; its raw value is the kernel's mask (`idiag_states`).
package struct StateSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package init(_ state: TCPState) {
    rawValue =
      switch state {
      case .established: 1 << 1
      case .synSent: 1 << 2
      // Request sockets answer to 12; a Fast Open child is a full socket in 3.
      case .synReceived: 1 << 3 | 1 << 12
      case .finWait1: 1 << 4
      case .finWait2: 1 << 5
      case .timeWait: 1 << 6
      case .close: 1 << 7
      case .closeWait: 1 << 8
      case .lastAck: 1 << 9
      case .listen: 1 << 10
      case .closing: 1 << 11
      case .bound: 1 << 13
      case .unknown: 0
      }
  }

  /// `idiag_states` of a request. A UDP socket that is not connected is bound, which the kernel calls CLOSE, and is asked
  /// for by that state's bit.
  func kernelMask(of transport: TransportProtocol) -> UInt32 {
    transport == .udp && contains(.bound) ? rawValue | Self(.close).rawValue : rawValue
  }

  package init(_ states: [TCPState]) { self = states.reduce(into: []) { $0.formUnion(StateSet($1)) } }

  package static let all = StateSet(TCPState.known)
  package static let minisockets = StateSet([.timeWait, .finWait2])

  package func contains(_ state: TCPState) -> Bool {
    if case .unknown = state { return self == .all }
    return !isDisjoint(with: StateSet(state))
  }

  /// The names of the states in it, in `TCPState.known`'s order.
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
    case let other:
      let spelled = String(other.map { $0 == "_" ? "-" : $0 })
      guard
        let state = TCPState.known.first(where: { state in
          state.name == spelled || state.title.lowercased() == other
        })
      else { return nil }
      self = StateSet(state)
    }
  }

  /// What `init(name:)` takes, for messages and completions.
  package static let groupNames = ["all", "connected", "synchronized", "bucket", "big"]
}

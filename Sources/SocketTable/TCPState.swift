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

  // MARK: What is known of each

  private struct Facts {
    let number: UInt8
    let mask: UInt32
    let name: StaticString
    let title: StaticString

    /// `alsoAskedForBy` is a second bit of the mask.
    init(_ number: UInt8, _ name: StaticString, _ title: StaticString, alsoAskedForBy bit: UInt32? = nil) {
      self.number = number
      mask = 1 << UInt32(number) | (bit.map { 1 << $0 } ?? 0)
      self.name = name
      self.title = title
    }

    /// The mask is empty: a state that is not known cannot be asked for.
    init(unknown number: UInt8) {
      self.number = number
      mask = 0
      name = "unknown"
      title = "STATE"
    }
  }

  /// Inlined, so that each property compiles to a table of constants.
  @inline(__always)
  private var facts: Facts {
    switch self {
    case .established: Facts(1, "established", "ESTABLISHED")
    case .synSent: Facts(2, "syn-sent", "SYN_SENT")
    // Request sockets answer to 12 (NEW_SYN_RECV); 3 is the full socket of a Fast Open child.
    case .synReceived: Facts(3, "syn-recv", "SYN_RECV", alsoAskedForBy: 12)
    case .finWait1: Facts(4, "fin-wait-1", "FIN_WAIT1")
    case .finWait2: Facts(5, "fin-wait-2", "FIN_WAIT2")
    case .timeWait: Facts(6, "time-wait", "TIME_WAIT")
    case .close: Facts(7, "close", "CLOSE")
    case .closeWait: Facts(8, "close-wait", "CLOSE_WAIT")
    case .lastAck: Facts(9, "last-ack", "LAST_ACK")
    case .listen: Facts(10, "listen", "LISTEN")
    case .closing: Facts(11, "closing", "CLOSING")
    case .bound: Facts(13, "bound", "BOUND")
    case .unknown(let number): Facts(unknown: number)
    }
  }

  /// A number of its own for each state: the kernel's, with BOUND at 13 (TCP_BOUND_INACTIVE).
  package var wireValue: UInt8 { facts.number }

  /// `idiag_state`, or `st` of /proc/net/tcp. A closed socket is only ever reported where it is bound, so that 7 is
  /// BOUND; it is asked for by 13. Both sources report a request socket (12) as SYN_RECV.
  package init(wireValue: UInt8) {
    // Checked first: of a hundred thousand sockets nearly all are in TIME_WAIT.
    if wireValue == 6 {
      self = .timeWait
      return
    }
    self = wireValue < Self.byWireValue.count ? Self.byWireValue[Int(wireValue)] : .unknown(wireValue)
  }

  private static let byWireValue: [TCPState] = {
    var states = (0...13).map(TCPState.unknown)
    for state in known {
      for number in states.indices where state.facts.mask >> UInt32(number) & 1 == 1 {
        states[number] = state
      }
    }
    states[Int(TCPState.close.wireValue)] = .bound
    return states
  }()

  /// Has no other end.
  package var hasNoPeer: Bool {
    switch self {
    case .listen, .bound, .close: true
    default: false
    }
  }

  // MARK: Names

  /// The name in JSON, plain output and `--state`.
  package var name: String {
    if case .unknown(let value) = self { "unknown-\(value)" } else { "\(facts.name)" }
  }

  /// The name in text for people: the kernel's and RFC 9293's spelling.
  package var title: String {
    if case .unknown(let value) = self { "STATE_\(value)" } else { "\(facts.title)" }
  }

  /// A known state by its name or title, in upper or lower case and with "_" or "-". Nil if there is no such state.
  package init?(name: String) {
    let lower = name.lowercased()
    let spelled = String(lower.map { $0 == "_" ? "-" : $0 })
    guard let state = Self.known.first(where: { $0.name == spelled || $0.title.lowercased() == lower })
    else { return nil }
    self = state
  }

  fileprivate var literalName: StaticString { facts.name }
  fileprivate var literalTitle: StaticString { facts.title }

  /// The bits of `idiag_states` that ask for it; 0 for a state that is not known.
  var mask: UInt32 { facts.mask }
}

extension ByteBuffer {
  /// The state's name, without allocation for those that are known.
  package mutating func append(nameOf state: TCPState) {
    if case .unknown = state { append(state.name) } else { append(literal: state.literalName) }
  }

  /// The state's title, likewise.
  package mutating func append(titleOf state: TCPState) {
    if case .unknown = state { append(state.title) } else { append(literal: state.literalTitle) }
  }
}

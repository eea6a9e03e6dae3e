internal import SocketTable

/// The columns of a table of sockets, for `port` and for watches: time left, state, local end and peer. A column for the
/// interface is added if a socket is tied to one.
struct SocketColumns {
  static let timeHeading = "TIME LEFT"
  static let stateHeading = "STATE"
  static let localHeading = "LOCAL"
  static let peerHeading = "PEER"
  static let interfaceHeading = "INTERFACE"

  private(set) var state = stateHeading.utf8.count
  private(set) var local = localHeading.utf8.count
  /// As wide as the heading until `measurePeers` has been called. The width is needed only if another column follows.
  private(set) var peer = peerHeading.utf8.count
  private(set) var hasInterface = false

  init(_ forEachRecord: ((SocketRecord) -> Void) -> Void) {
    // Local variables cost less than properties of `self` in a closure that runs a hundred thousand times.
    var (state, local, hasInterface) = (state, local, false)
    var lastKind: UInt32?
    var lastLocal: Endpoint?
    forEachRecord { record in
      if record.kindBits != lastKind {
        lastKind = record.kindBits
        state = max(state, record.state.title.utf8.count)
      }
      if record.local != lastLocal {
        lastLocal = record.local
        local = max(local, record.local.width)
      }
      if record.interface != 0 { hasInterface = true }
    }
    (self.state, self.local, self.hasInterface) = (state, local, hasInterface)
  }

  mutating func measurePeers(_ forEachRecord: ((SocketRecord) -> Void) -> Void) {
    var peer = peer
    forEachRecord { record in peer = max(peer, record.peer?.width ?? 1) }
    self.peer = peer
  }

  /// Nil for a socket that is not tied to an interface.
  static func interface(_ record: SocketRecord, _ name: (UInt32) -> String) -> String? {
    record.interface == 0 ? nil : ByteSafety.escaped(name(record.interface))
  }
}

/// The cell of the first column.
enum TimeLeft: Equatable {
  static let width = SocketColumns.timeHeading.utf8.count

  /// The socket is no minisocket, so its end is not a matter of time.
  case none
  /// The timer stands at 0 and has not fired yet.
  case ending
  /// Tenths of a second.
  case tenths(UInt32)

  init(_ record: SocketRecord) {
    guard let timer = record.timer, timer.kind == .timeWait else {
      self = .none
      return
    }
    self =
      Quantity.isEnding(milliseconds: timer.expires)
      ? .ending : .tenths(UInt32(clamping: (UInt64(timer.expires) + 50) / 100))
  }

  /// Aligned on the right.
  func append(to text: inout ByteBuffer) {
    switch self {
    case .none: text.append(literal: "        -")
    case .ending: text.append(literal: "   ending")
    case .tenths(let tenths):
      text.append(spaces: 5 - ByteBuffer.digits(tenths / 10))
      text.append(decimal: tenths / 10)
      text.append(literal: ".")
      text.append(decimal: tenths % 10)
      text.append(literal: " s")
    }
  }
}

extension Endpoint {
  var width: Int { dottedWidth ?? text.utf8.count }
}

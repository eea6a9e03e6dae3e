internal import SocketTable

/// The columns of a table of sockets, as `port` prints it and `--watch` draws it: time left, state, local end, peer and,
/// where a socket is tied to one, interface.
struct SocketColumns {
  static let timeHeading = "TIME LEFT"
  static let stateHeading = "STATE"
  static let localHeading = "LOCAL"
  static let peerHeading = "PEER"
  static let interfaceHeading = "INTERFACE"

  private(set) var state = stateHeading.utf8.count
  private(set) var local = localHeading.utf8.count
  /// As wide as its heading until `measurePeers` has been called: it need not be known where no column follows.
  private(set) var peer = peerHeading.utf8.count
  private(set) var hasInterface = false

  init(_ forEachRecord: ((SocketRecord) -> Void) -> Void) {
    // Copies, which are not shared with the closure, cost less in a hundred thousand rounds.
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

  /// Nil for a socket that is tied to none.
  static func interface(_ record: SocketRecord, _ name: (UInt32) -> String) -> String? {
    record.interface == 0 ? nil : ByteSafety.escaped(name(record.interface))
  }
}

/// What the first column says.
enum TimeLeft: Equatable {
  static let width = SocketColumns.timeHeading.utf8.count

  /// No timer alone keeps it.
  case none
  /// The timer has run out, and its slack has not.
  case ending
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

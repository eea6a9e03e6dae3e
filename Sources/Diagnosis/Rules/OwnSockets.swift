internal import SocketTable

/// The sockets that a server binds, in order. They are sorted by address, so that one more is judged in the same time
/// however many there are: a server may name thousands.
struct OwnSockets {
  private let target: BindTarget
  private let areListening: Bool
  private var all: Set<ExistingSocket> = []
  private var wildcards: Set<ExistingSocket> = []
  private var specific: [IPAddress: Set<ExistingSocket>] = [:]

  init(of target: BindTarget, listening areListening: Bool) {
    self.target = target
    self.areListening = areListening
  }

  mutating func add(_ address: BindAddress) {
    let socket = ExistingSocket(target.newSocket(at: address), isListening: areListening)
    guard all.insert(socket).inserted else { return }
    if socket.address.isWildcard {
      wildcards.insert(socket)
    } else {
      specific[socket.address.unmapped, default: []].insert(socket)
    }
  }

  /// Whether one of them prevents the bind to `address`.
  func keepOut(_ address: BindAddress) -> Bool {
    let new = target.newSocket(at: address)
    func isInTheWay(_ socket: ExistingSocket) -> Bool {
      ConflictRules.conflict(of: socket, with: new) == .certain
    }
    if new.address.isWildcard { return all.contains(where: isInTheWay) }
    return wildcards.contains(where: isInTheWay)
      || specific[new.address.unmapped]?.contains(where: isInTheWay) ?? false
  }
}

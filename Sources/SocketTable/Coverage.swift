/// Where records came from, whether every one arrived, and what this source cannot show.
package struct Coverage: Hashable, Sendable {
  /// The raw values stand in JSON.
  package enum Origin: String, Hashable, Sendable {
    /// sock_diag(7).
    case sockDiag = "netlink"
    /// /proc/net/tcp and tcp6.
    case procNet = "proc"
  }

  package var origin: Origin
  /// False where messages were lost or the reading was interrupted: sockets may be missing.
  package var isComplete: Bool
  package var blindSpots: [BlindSpot]

  package init(origin: Origin, isComplete: Bool, blindSpots: [BlindSpot]) {
    self.origin = origin
    self.isComplete = isComplete
    self.blindSpots = blindSpots
  }

  package func isBlind(to spot: BlindSpot) -> Bool { blindSpots.contains(spot) }
}

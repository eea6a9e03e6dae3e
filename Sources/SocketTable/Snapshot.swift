/// The sockets as they were at one look, and how far that look can be trusted.
package struct Snapshot: Sendable {
  package var records: [SocketRecord]
  package var look: Look

  package init(records: [SocketRecord], look: Look) {
    self.records = records
    self.look = look
  }
}

/// Where records came from, whether every one arrived, and what this source cannot show.
package struct Look: Hashable, Sendable {
  package enum Origin: String, Hashable, Sendable {
    case sockDiag = "netlink"
    case procNet = "proc"
  }

  package var origin: Origin
  package var isComplete: Bool
  package var blindSpots: [BlindSpot]

  package init(origin: Origin, isComplete: Bool, blindSpots: [BlindSpot]) {
    self.origin = origin
    self.isComplete = isComplete
    self.blindSpots = blindSpots
  }

  package func isBlind(to spot: BlindSpot) -> Bool { blindSpots.contains(spot) }
}

package enum BlindSpot: String, Hashable, Sendable, CaseIterable {
  /// Sockets that hold a port and neither listen nor connect are not listed.
  case boundNotListening = "bound-not-listening"
  case v6Only = "v6-only"
  case cgroup
  case device
  /// With a connection hash this small, a dump can miss or repeat sockets while connections come and go.
  case smallHash = "small-hash"

  /// A private connection hash smaller than this was seen to lose sockets from dumps.
  package static let smallHashEntries = 65_536
}

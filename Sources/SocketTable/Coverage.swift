package import NetlinkCodec

/// Where records came from, whether every one arrived, and what this source cannot show.
package struct Coverage: Hashable, Sendable {
  /// The raw values stand in JSON.
  package enum Origin: String, Hashable, Sendable, CaseIterable {
    /// sock_diag(7).
    case sockDiag = "netlink"
    /// /proc/net/tcp and tcp6.
    case procNet = "proc"
  }

  /// Why not every record arrived.
  package enum Shortfall: Hashable, Sendable {
    /// The kernel had no room for some of its messages, or they did not fit (ENOBUFS, MSG_TRUNC).
    case messagesDropped
    /// The table changed while it was read (NLM_F_DUMP_INTR).
    case tableChanged
    /// Nothing more came, with this errno, before the answer's end.
    case brokenOff(Errno)
    /// Not every network namespace was looked at that was to be.
    case namespaces(NamespaceCoverage)
  }

  package var origin: Origin
  /// False where messages were lost or the reading was interrupted: sockets may be missing.
  package var isComplete: Bool
  /// Nil where it is complete, or where the reason was not kept.
  package var shortfall: Shortfall?
  package var blindSpots: [BlindSpot]
  /// Several readings were put together, and did not show the same sockets. Each can have missed some.
  package var hasChangedMeanwhile = false
  /// The network namespaces that were looked at; nil where it was one only.
  package var namespaces: NamespaceCoverage?

  package init(
    origin: Origin, isComplete: Bool, shortfall: Shortfall? = nil, blindSpots: [BlindSpot]
  ) {
    self.origin = origin
    self.isComplete = isComplete
    self.shortfall = isComplete ? nil : shortfall
    self.blindSpots = blindSpots
  }

  /// Adds what a look in another network namespace can have missed.
  package mutating func formUnion(_ other: Coverage) {
    isComplete = isComplete && other.isComplete
    shortfall = shortfall ?? other.shortfall
    for spot in other.blindSpots where !blindSpots.contains(spot) { blindSpots.append(spot) }
    hasChangedMeanwhile = hasChangedMeanwhile || other.hasChangedMeanwhile
  }

  /// Adds which namespaces there were.
  package mutating func take(_ namespaces: NamespaceCoverage) {
    self.namespaces = namespaces
    guard !namespaces.isComplete else { return }
    isComplete = false
    // It is the one to be told: what else is missing is missing from one namespace.
    shortfall = .namespaces(namespaces)
  }

  package func isBlind(to spot: BlindSpot) -> Bool { blindSpots.contains(spot) }
}

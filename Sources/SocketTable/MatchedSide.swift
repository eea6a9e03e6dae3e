/// At which of its ends a socket has a port that was asked for. The raw values stand in JSON.
package enum MatchedSide: String, Hashable, Sendable, CaseIterable {
  case local
  case peer
  case both
}

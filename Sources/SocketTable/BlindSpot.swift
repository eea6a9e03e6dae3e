/// Something that a source of records does not show on this host. The raw values stand in JSON.
package enum BlindSpot: String, Hashable, Sendable, CaseIterable {
  /// Sockets that hold a port and neither listen nor connect are not listed.
  case boundNotListening = "bound-not-listening"
  /// IPV6_V6ONLY of IPv6 sockets.
  case v6Only = "v6-only"
  /// The cgroup in which a socket was made.
  case cgroup
  /// The interface that a socket is bound to.
  case device
  /// With a connection hash this small, a dump can miss or repeat sockets while connections come and go.
  case smallHash = "small-hash"

  /// In buckets (net.ipv4.tcp_ehash_entries). A smaller hash, as a network namespace can have, was seen to lose sockets
  /// from dumps.
  package static let smallHashEntries = 65_536
}

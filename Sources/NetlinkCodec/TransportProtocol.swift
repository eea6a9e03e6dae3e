/// The protocol a socket speaks. Each counts its ports for itself: TCP port 53 and UDP port 53 are two things.
///
/// The raw value is that of the IP header and of socket(2): IPPROTO_TCP, IPPROTO_UDP.
package enum TransportProtocol: UInt8, Hashable, Sendable {
  case tcp = 6
  case udp = 17

  /// The name in JSON, and that of the table below /proc/net.
  package var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    }
  }
}

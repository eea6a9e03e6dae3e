/// The protocol a socket speaks. Each counts its ports for itself: TCP port 53 and UDP port 53 are two things.
package enum TransportProtocol: Hashable, Sendable {
  case tcp
  case udp

  /// The number in the IP header and in socket(2): IPPROTO_TCP, IPPROTO_UDP.
  package var number: UInt8 {
    switch self {
    case .tcp: 6
    case .udp: 17
    }
  }

  /// The name in JSON, and that of the table below /proc/net.
  package var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    }
  }
}

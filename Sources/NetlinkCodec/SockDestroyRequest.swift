/// The body of a SOCK_DESTROY request: `struct inet_diag_req_v2` of linux/inet_diag.h, 56 bytes.
///
/// ```
///  0 family   1 protocol   2 extensions   3 padding   4 states
///  8 source port (network order)   10 destination port
/// 12 source address, 16 bytes      28 destination address
/// 44 bound interface (host order)  48 cookie, two words, low first
/// ```
///
/// The kernel looks the socket up as it does for an arriving segment: where the connection is gone, it finds the listener.
/// Only the cookie keeps it from ending that one, so there is no request without a cookie.
package struct SockDestroyRequest: Equatable, Sendable {
  package static let byteCount = 56
  /// INET_DIAG_NOCOOKIE in both words: any socket will do.
  private static let noCookie = UInt64.max

  private let transport: TransportProtocol
  private let family: InetDiagMessage.Family
  private let sourcePort: UInt16
  private let destinationPort: UInt16
  private let source: InetDiagMessage.AddressBytes
  private let destination: InetDiagMessage.AddressBytes
  private let interface: UInt32
  private let cookie: UInt64

  /// Nil without a cookie that names one socket: 0 is unknown, and INET_DIAG_NOCOOKIE is any.
  package init?(
    transport: TransportProtocol = .tcp, family: InetDiagMessage.Family, sourcePort: UInt16,
    destinationPort: UInt16, source: InetDiagMessage.AddressBytes, destination: InetDiagMessage.AddressBytes,
    interface: UInt32, cookie: UInt64
  ) {
    guard cookie != 0, cookie != Self.noCookie else { return nil }
    self.transport = transport
    self.family = family
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.source = source
    self.destination = destination
    self.interface = interface
    self.cookie = cookie
  }

  package var body: [UInt8] {
    var bytes: [UInt8] = [family.rawValue, transport.number, 0, 0]
    bytes.reserveCapacity(Self.byteCount)
    // The kernel does not ask for the state.
    bytes.append(inHostOrder: UInt32.max)
    bytes.append(inHostOrder: sourcePort.bigEndian)
    bytes.append(inHostOrder: destinationPort.bigEndian)
    for address in [source, destination] {
      bytes.append(inHostOrder: address.high.bigEndian)
      bytes.append(inHostOrder: address.low.bigEndian)
    }
    bytes.append(inHostOrder: interface)
    bytes.append(inHostOrder: UInt32(truncatingIfNeeded: cookie))
    bytes.append(inHostOrder: UInt32(truncatingIfNeeded: cookie >> 32))
    return bytes
  }
}

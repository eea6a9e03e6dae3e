internal import Glibc
internal import SocketTable

/// A TCP socket of our own that is bound and does nothing else. Kernels before 6.8 silently leave such sockets out of a dump.
/// Whether the running kernel does so is seen by whether its dump shows this socket.
final class BoundWitness {
  private let descriptor: Descriptor
  let local: Endpoint
  /// A dump has shown it.
  private(set) var wasShown = false

  /// Where a bind is tried until one succeeds: first on a port that the kernel chooses; then, as connections may have used up
  /// the ephemeral ports, on ports outside of the default range (32768 to 60999). Hardly anybody binds 127.255.255.254.
  private static let candidates: [(address: UInt32, port: UInt16)] = [
    (0x7f00_0001, 0), (0x7fff_fffe, 0), (0x7fff_fffe, 61_731), (0x7fff_fffe, 29_173), (0x7fff_fffe, 12_289),
  ]

  private init(_ descriptor: consuming Descriptor, _ local: Endpoint) {
    self.descriptor = descriptor
    self.local = local
  }

  /// Nil if no port or no descriptor is free. It then stays unknown whether bound sockets are listed, and the answer says
  /// so.
  static func open() -> BoundWitness? {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(owning: number)
    for (address, port) in candidates {
      let address = IPAddress(ipv4: address)
      var socketAddress = SocketAddress(address, port: port)
      guard socketAddress.bind(number) == 0, let port = SocketAddress.localPort(of: number) else { continue }
      return BoundWitness(descriptor, Endpoint(address: address, port: port))
    }
    return nil
  }

  /// Whether the record is that of this socket; `wasShown` is then set.
  func isShown(by record: SocketRecord) -> Bool {
    guard record.localPort == local.port, record.isBound(to: local.address) else { return false }
    wasShown = true
    return true
  }
}

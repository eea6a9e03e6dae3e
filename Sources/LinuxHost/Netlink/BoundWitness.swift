internal import Glibc
internal import SocketTable

/// A TCP socket of our own that holds a port and does nothing else. Kernels before 6.8 leave sockets that are bound and
/// do not listen out without a word; whether this one does is seen by whether its dump shows this one.
final class BoundWitness {
  private let descriptor: Descriptor
  let local: Endpoint
  /// A dump has shown it.
  private(set) var wasShown = false

  /// Where it is bound, one after the other until a port is free: first any port of the kernel's choice, then some
  /// outside of the range that connections may have used up. The second address is one that hardly anybody binds.
  private static let candidates: [(address: UInt32, port: UInt16)] = [
    (0x7f00_0001, 0), (0x7fff_fffe, 0), (0x7fff_fffe, 61_731), (0x7fff_fffe, 29_173), (0x7fff_fffe, 12_289),
  ]

  private init(_ descriptor: consuming Descriptor, _ local: Endpoint) {
    self.descriptor = descriptor
    self.local = local
  }

  /// Nil if no port or no descriptor is free: then the question stays open, which the answer says.
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

  /// The record is this socket's own.
  func isShown(by record: SocketRecord) -> Bool {
    guard record.localPort == local.port, record.isBound(to: local.address) else { return false }
    wasShown = true
    return true
  }
}

internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// A TCP socket of our own that holds a port of 127.0.0.1 and does nothing else.
struct BoundSocket: ~Copyable {
  private let descriptor: Descriptor
  /// As the kernel chose it.
  let port: UInt16

  private init(_ descriptor: consuming Descriptor, port: UInt16) {
    self.descriptor = descriptor
    self.port = port
  }

  static func open() throws(SystemError) -> BoundSocket {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .last("socket") }
    let descriptor = Descriptor(owning: number)
    var address = SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 0)
    guard address.bind(number) == 0 else { throw .last("bind") }
    guard let port = SocketAddress.localPort(of: number) else { throw .last("getsockname") }
    return BoundSocket(descriptor, port: port)
  }
}

/// A bound socket of our own for as long as a look lasts: kernels before 6.8 leave sockets that are bound and do not
/// listen out without a word, and whether this one does is seen by whether it shows this one.
struct BoundWitness: ~Copyable {
  private let socket: BoundSocket?
  /// Nil if there is none: it was not needed, or could not be made.
  let port: UInt16?

  /// - Throws: `.system` where this process has run out of something; any other refusal leaves the question open.
  init(isNeeded: Bool) throws(SourceError) {
    guard isNeeded, let own = try Self.open() else {
      socket = nil
      port = nil
      return
    }
    port = own.port
    socket = consume own
  }

  private static func open() throws(SourceError) -> BoundSocket? {
    do throws(SystemError) {
      return try BoundSocket.open()
    } catch {
      if error.errno.isExhaustion { throw .system(error) }
      return nil
    }
  }
}

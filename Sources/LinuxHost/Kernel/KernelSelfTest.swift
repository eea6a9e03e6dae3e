internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// What only some kernels do, found out by trying it: not by the version, as distributions carry changes back and leave
/// others out. Each is asked at most once a process, only where an answer depends on it, on ports of the kernel's choice
/// on loopback; nothing of it is left behind.
package enum KernelSelfTest {
  /// The kernel keeps whose socket it is that no process has: an orphan, or a connection that nobody has accepted yet.
  /// Linux before 6.16 reports root, and bind(2) compares with that. Nil if it could not be told.
  package static let keepsUserOfOrphans: Bool? = try? userOfUnaccepted()

  /// bind(2) takes ::ffff:0.0.0.0 for the wildcard among v4-mapped addresses; some kernels from 6.1 to 6.8 do not.
  /// Nil if it could not be told.
  package static let takesMappedWildcardForOne: Bool? = mappedWildcardHoldsMapped()

  /// Whether SOCK_DESTROY ends timewait minisockets.
  package enum EndOfMinisockets: Sendable {
    case works
    /// Linux before 6.0 ends connections alone.
    case ofConnectionsAlone
    /// The kernel was built without CONFIG_INET_DIAG_DESTROY.
    case notBuiltIn
    /// It could not be told.
    case unknown
  }

  package static let endOfMinisockets: EndOfMinisockets = {
    let answer = (try? endOfOwnMinisocket()) ?? .unknown
    // Who may not do it is refused before the kernel looks whether it could. The setting is younger than the ability.
    return answer == .unknown && isDestroyBuiltIn == true && Sysctl.connectionHashEntries != nil
      ? .works : answer
  }()

  // MARK: Users

  private static func userOfUnaccepted() throws(SystemError) -> Bool? {
    let listener = try StreamSocket()
    var owner = geteuid()
    if owner == 0 {
      // What is reported of a socket that the kernel has forgotten the user of is root.
      owner = 1
      guard listener.give(to: owner) else { return nil }
    }
    // In a user namespace root of the host is that user.
    if owner == SocketRecord.overflowUser, !Capabilities.isInitialUserNamespace { return nil }
    let client = try connect(listener)
    let port = try listener.localPort()
    let child = try record(onPort: port, .established)
    client.close()
    return child?.uid.map { $0 == owner }
  }

  // MARK: Addresses

  private static func mappedWildcardHoldsMapped() -> Bool? {
    let wildcard = IPAddress(ipv6High: 0, low: 0xffff_0000_0000)
    let loopback = IPAddress(ipv6High: 0, low: 0xffff_7f00_0001)
    guard let held = boundToLoopbackDevice(wildcard, port: 0),
      let port = SocketAddress.localPort(of: held.number)
    else { return nil }
    if boundToLoopbackDevice(loopback, port: port) != nil { return false }
    return errno == EADDRINUSE ? true : nil
  }

  /// Nil with errno.
  private static func boundToLoopbackDevice(_ address: IPAddress, port: UInt16) -> Descriptor? {
    let number = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(owning: number)
    var off: Int32 = 0
    var socketAddress = SocketAddress(address, port: port)
    let device = Array("lo".utf8) + [0]
    guard unsafe setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, 4) == 0,
      unsafe setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, device, socklen_t(device.count)) == 0,
      socketAddress.bind(number) == 0
    else {
      let error = errno
      _ = consume descriptor
      errno = error
      return nil
    }
    return descriptor
  }

  // MARK: Minisockets

  private static func endOfOwnMinisocket() throws(SystemError) -> EndOfMinisockets {
    guard Capabilities.isEffective(.netAdmin) else { return .unknown }
    let listener = try StreamSocket()
    let client = try connect(listener)
    let port = try client.localPort()
    client.close()
    // The connection that nobody accepts never closes its end; when the listener goes, a RST ends what is left of both.
    guard let left = try record(onPort: port, .finWait2), left.isMinisocket else { return .unknown }
    var destroyer = SockDestroyer(try NetlinkSocket())
    switch destroyer.destroy(left) {
    case .ended: return .works
    case .refused(let error) where error.errno == .notSupported:
      return isDestroyBuiltIn.map { $0 ? .ofConnectionsAlone : .notBuiltIn } ?? .unknown
    case .refused, .vanished, .notAsked: return .unknown
    }
  }

  /// Asked for the end of a socket that does not exist, a kernel that knows the request finds that out first.
  private static let isDestroyBuiltIn: Bool? = {
    guard
      let nothing = SockDestroyRequest(
        family: .ipv4, sourcePort: 0, destinationPort: 0, source: .init(high: 0, low: 0),
        destination: .init(high: 0, low: 0), interface: 0, cookie: 1),
      let socket = try? NetlinkSocket()
    else { return nil }
    var destroyer = SockDestroyer(socket)
    switch destroyer.send(nothing) {
    case .vanished: return true
    case .refused(let error) where error.errno == .notSupported: return false
    case .refused, .ended, .notAsked: return nil
    }
  }()

  // MARK: A connection with itself

  /// Segments cross loopback in microseconds, on a busy host a moment later.
  private static let patience = 50

  /// Nobody accepts the connection.
  private static func connect(
    _ listener: borrowing StreamSocket
  ) throws(SystemError) -> StreamSocket {
    let address = IPAddress(ipv4: 0x7f00_0001)
    try listener.bind(Endpoint(address: address, port: 0))
    try listener.listen()
    let port = try listener.localPort()
    let client = try StreamSocket()
    try client.connect(to: Endpoint(address: address, port: port))
    return client
  }

  /// The one on this port that no process has, as soon as it is in this state; nil if it never is.
  private static func record(onPort port: UInt16, _ state: TCPState) throws(SystemError) -> SocketRecord? {
    var source = SockDiagSource(try NetlinkSocket())
    let filter = SocketFilter(ports: PortSet(port), states: .states(StateSet(state)))
    for _ in 0..<patience {
      var found: SocketRecord?
      _ = try? source.dump(filter) { record in if record.inode == 0 { found = record } }
      if let found { return found }
      Clock.pause(milliseconds: 1)
    }
    return nil
  }
}

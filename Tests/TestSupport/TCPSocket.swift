import CTestSupport
import Glibc

/// What a socket is given between socket(2) and bind(2).
package struct SocketOptions: Sendable {
  package var reuseAddress = false
  package var reusePort = false
  /// nil: the namespace's default (net.ipv6.bindv6only).
  package var v6Only: Bool?
  /// SO_BINDTODEVICE.
  package var device: String?
  /// Its port is chosen at connect(2), by the whole 4-tuple.
  package var bindAddressNoPort = false
  /// The user to whom the socket belongs; needs root.
  package var owner: uid_t?
  /// IPPROTO_MPTCP instead of TCP.
  package var multipath = false

  package init(
    reuseAddress: Bool = false, reusePort: Bool = false, v6Only: Bool? = nil, device: String? = nil,
    bindAddressNoPort: Bool = false, owner: uid_t? = nil, multipath: Bool = false
  ) {
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
    self.v6Only = v6Only
    self.device = device
    self.bindAddressNoPort = bindAddressNoPort
    self.owner = owner
    self.multipath = multipath
  }

  package static let none = SocketOptions()
}

/// A real TCP socket, closed when the last reference goes. Waits are bounded by `patience`.
package final class TCPSocket {
  /// -1 once closed.
  package private(set) var descriptor: Int32
  package let family: AddressFamily

  /// Milliseconds that connect, accept and the like wait at most.
  package static let patience: Int32 = 10_000

  private init(descriptor: Int32, family: AddressFamily) {
    self.descriptor = descriptor
    self.family = family
  }

  package convenience init(_ family: AddressFamily = .ipv4, _ options: SocketOptions = .none) throws {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let protocolNumber: Int32 = options.multipath ? 262 : 0
    let descriptor = try asUser(options.owner) {
      try check("socket") { socket(family.rawValue, kind, protocolNumber) }
    }
    self.init(descriptor: descriptor, family: family)
    if options.reuseAddress { try set(SOL_SOCKET, SO_REUSEADDR, 1) }
    if options.reusePort { try set(SOL_SOCKET, SO_REUSEPORT, 1) }
    if let only = options.v6Only, family == .ipv6 { try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, only ? 1 : 0) }
    if let device = options.device { try bindToDevice(device) }
    if options.bindAddressNoPort { try set(Int32(IPPROTO_IP), 24, 1) }
  }

  deinit { close() }

  package func close() {
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }

  // MARK: The server's calls

  package func bind(_ address: String, port: UInt16 = 0) throws(SystemCallError) {
    try bind(SocketAddress(address, port: port))
  }

  package func bind(_ address: SocketAddress) throws(SystemCallError) {
    try check("bind", "\(address)") { address.withSockaddr { Glibc.bind(descriptor, $0, $1) } }
  }

  package func listen(backlog: Int32 = 64) throws(SystemCallError) {
    try check("listen") { Glibc.listen(descriptor, backlog) }
  }

  package func accept() throws(SystemCallError) -> TCPSocket {
    try wait(for: POLLIN, "accept")
    let accepted = try check("accept4") { test_accept(descriptor) }
    return TCPSocket(descriptor: accepted, family: family)
  }

  // MARK: The client's calls

  package func connect(to address: SocketAddress) throws(SystemCallError) {
    try startConnecting(to: address)
    try wait(for: POLLOUT, "connect \(address)")
    let number = try get(SOL_SOCKET, SO_ERROR)
    if number != 0 { throw SystemCallError("connect", number, "\(address)") }
  }

  /// Sends the SYN and returns.
  package func startConnecting(to address: SocketAddress) throws(SystemCallError) {
    try setNonBlocking(true)
    defer { try? setNonBlocking(false) }
    do throws(SystemCallError) {
      try check("connect", "\(address)") { address.withSockaddr { Glibc.connect(descriptor, $0, $1) } }
    } catch {
      if error.number != EINPROGRESS { throw error }
    }
  }

  // MARK: Data and the end of it

  package func send(_ bytes: [UInt8]) throws(SystemCallError) {
    var sent = 0
    while sent < bytes.count {
      sent += try check("send") {
        bytes[sent...].withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
      }
    }
  }

  /// Sends until both buffers are full, so that the peer's window is closed. Returns how much.
  package func sendUntilFull() throws(SystemCallError) -> Int {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    let chunk = [UInt8](repeating: 0x2e, count: 65_536)
    var total = 0
    while true {
      do throws(SystemCallError) {
        total += try check("send") { Glibc.send(descriptor, chunk, chunk.count, flags) }
      } catch {
        if error.number == EAGAIN { return total }
        throw error
      }
    }
  }

  /// What has arrived, waiting for the first byte; empty at the peer's FIN.
  package func receive(atMost count: Int = 65_536) throws(SystemCallError) -> [UInt8] {
    try wait(for: POLLIN, "recv")
    var bytes = [UInt8](repeating: 0, count: count)
    let received = try check("recv") { recv(descriptor, &bytes, count, 0) }
    return Array(bytes[..<received])
  }

  /// shutdown(SHUT_WR): sends the FIN and keeps the descriptor.
  /// Sends its descriptor through a Unix socket; it is still to be closed here.
  package func send(through socket: Int32) throws(SystemCallError) {
    try check("sendmsg", "SCM_RIGHTS") { test_send_descriptor(socket, descriptor) }
  }

  package func shutdownWriting() throws(SystemCallError) {
    try check("shutdown") { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  // MARK: Names

  package var localAddress: SocketAddress {
    get throws(SystemCallError) { try SocketAddress.read("getsockname") { getsockname(descriptor, $0, $1) } }
  }

  package var peerAddress: SocketAddress {
    get throws(SystemCallError) { try SocketAddress.read("getpeername") { getpeername(descriptor, $0, $1) } }
  }

  package var localPort: UInt16 {
    get throws(SystemCallError) { try localAddress.port }
  }

  func wait(for events: Int32, _ what: String) throws(SystemCallError) {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    if try check("poll", what, { poll(&entry, 1, Self.patience) }) == 0 {
      throw SystemCallError("poll", ETIMEDOUT, what)
    }
  }
}

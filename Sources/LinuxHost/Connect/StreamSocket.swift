internal import CLinux
package import Diagnosis
internal import Glibc
internal import NetlinkCodec
package import SocketTable

/// A TCP socket over IPv4 that really serves or connects. Its descriptor is non-blocking; where a function waits, it does so
/// with poll(2).
package struct StreamSocket: ~Copyable {
  private let descriptor: Descriptor

  /// Milliseconds that `accept()` and `connect(to:)` wait. Segments cross the loopback device in microseconds; this only keeps
  /// the program from hanging.
  private static let patience: Int32 = 5_000

  private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  package init(_ options: SocketOptions = []) throws(SystemError) {
    let number = tw_tcp_socket()
    guard number >= 0 else { throw .last("socket") }
    let descriptor = Descriptor(owning: number)
    if options.contains(.reuseAddress) { try Self.set(number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR") }
    if options.contains(.reusePort) { try Self.set(number, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT") }
    self.descriptor = descriptor
  }

  package func bind(_ endpoint: Endpoint) throws(SystemError) {
    var address = SocketAddress(endpoint.address, port: endpoint.port)
    guard address.bind(descriptor.number) == 0 else { throw .last("bind", endpoint.text) }
  }

  /// - Parameter backlog: 0 lets one connection wait, and drops the SYN of any other.
  package func listen(backlog: Int32 = 8) throws(SystemError) {
    guard Glibc.listen(descriptor.number, backlog) == 0 else { throw .last("listen") }
  }

  /// The port that it is bound to (getsockname(2)).
  package func localPort() throws(SystemError) -> UInt16 {
    guard let port = SocketAddress.localPort(of: descriptor.number) else { throw .last("getsockname") }
    return port
  }

  // MARK: Connecting

  /// Waits for a connection without a limit; nil if a signal has come.
  package func accept(unless signals: borrowing SignalWaiter) throws(SystemError) -> StreamSocket? {
    while true {
      guard try Poll.wait(descriptor.number, POLLIN, unless: signals) else { return nil }
      if let accepted = try acceptNow() { return accepted }
    }
  }

  /// - Throws: ETIMEDOUT if no connection comes within five seconds.
  package func accept() throws(SystemError) -> StreamSocket {
    while true {
      try wait(for: POLLIN, "accept")
      if let accepted = try acceptNow() { return accepted }
    }
  }

  /// Nil if no connection waits any more, as when the client has ended it.
  private func acceptNow() throws(SystemError) -> StreamSocket? {
    let number = tw_accept(descriptor.number)
    if number >= 0 { return StreamSocket(Descriptor(owning: number)) }
    switch errno {
    case EAGAIN, EINTR, ECONNABORTED, EPROTO: return nil
    default: throw .last("accept")
    }
  }

  /// Sends the SYN and returns.
  package func startConnecting(to peer: Endpoint) throws(SystemError) {
    var address = SocketAddress(peer.address, port: peer.port)
    guard address.connect(descriptor.number) == 0 || errno == EINPROGRESS else {
      throw .last("connect", peer.text)
    }
  }

  /// - Throws: `connect` with the kernel's errno; with ETIMEDOUT if there is no answer within five seconds.
  package func connect(to peer: Endpoint) throws(SystemError) {
    try startConnecting(to: peer)
    try wait(for: POLLOUT, "connect")
    var number: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &number, &length) == 0 else {
      throw .last("getsockopt")
    }
    if number != 0 { throw SystemError(call: "connect", errno: Errno(number), context: peer.text) }
  }

  // MARK: Data and the end of it

  /// Waits for data without a limit. Returns how many bytes have arrived, 0 at the peer's FIN; nil if a signal has come.
  package func receive(
    into buffer: inout [UInt8], unless signals: borrowing SignalWaiter
  ) throws(SystemError) -> Int? {
    while true {
      guard try Poll.wait(descriptor.number, POLLIN, unless: signals) else { return nil }
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe recv(descriptor.number, bytes.baseAddress, bytes.count, 0)
      }
      if count >= 0 { return count }
      if errno != EAGAIN, errno != EINTR { throw .last("recv") }
    }
  }

  /// Reads and drops what arrives, until the peer's FIN or for this long at most. Where data is unread at close(), or comes
  /// later, the connection ends with a RST, and no TIME_WAIT is left.
  package func discardIncoming(milliseconds: Int64) {
    let deadline = Clock.monotonicNanoseconds + milliseconds * 1_000_000
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let left = (deadline - Clock.monotonicNanoseconds) / 1_000_000
      guard left > 0, (try? Poll.wait(descriptor.number, POLLIN, milliseconds: Int32(left))) == true else {
        return
      }
      let count = unsafe recv(descriptor.number, &buffer, buffer.count, 0)
      if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return }
    }
  }

  /// Sends the FIN and keeps the descriptor.
  package func shutdownWriting() throws(SystemError) {
    guard shutdown(descriptor.number, Int32(SHUT_WR)) == 0 else { throw .last("shutdown") }
  }

  /// Closes the descriptor.
  package consuming func close() {}

  // MARK: For experiments

  /// Makes it that user's, as if they had opened it. False if that is not permitted.
  func give(to user: UInt32) -> Bool { fchown(descriptor.number, user, gid_t.max) == 0 }

  /// Sends until the send buffer is full, while the peer reads nothing. The peer's window is then closed, and whatever is
  /// sent from now on waits, the FIN too. Its receive buffer has to be smaller than this send buffer.
  package func sendUntilFull() throws(SystemError) {
    let chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe send(descriptor.number, chunk, chunk.count, Int32(MSG_NOSIGNAL))
      if count < 0, errno == EAGAIN { return }
      if count < 0, errno != EINTR { throw .last("send") }
    }
  }

  /// Sets SO_RCVBUF to the kernel's minimum, so that this end offers a small window.
  package func shrinkReceiveBuffer() throws(SystemError) {
    try Self.set(descriptor.number, SOL_SOCKET, SO_RCVBUF, 1, "SO_RCVBUF")
  }

  /// Binds it to the device `lo` (SO_BINDTODEVICE), so that nobody outside of this host reaches it.
  package func bindToLoopbackDevice() throws(SystemError) {
    let name = Array("lo".utf8) + [0]
    let size = socklen_t(name.count)
    guard unsafe setsockopt(descriptor.number, SOL_SOCKET, SO_BINDTODEVICE, name, size) == 0 else {
      throw .last("setsockopt", "SO_BINDTODEVICE")
    }
  }

  /// The sequence number of the next byte that it will send, read in the mode TCP_REPAIR, which leaves the socket without
  /// SO_REUSEADDR. Nil without CAP_NET_ADMIN in this network namespace.
  package func nextSequenceNumber() -> UInt32? {
    let (socket, level) = (descriptor.number, Int32(IPPROTO_TCP))
    let (on, offWithoutProbe, sendQueue): (Int32, Int32, Int32) = (1, -1, 2)
    guard (try? Self.set(socket, level, TCP_REPAIR, on, "TCP_REPAIR")) != nil else { return nil }
    defer { try? Self.set(socket, level, TCP_REPAIR, offWithoutProbe, "TCP_REPAIR") }
    var number: UInt32 = 0
    var length = socklen_t(MemoryLayout<UInt32>.size)
    guard (try? Self.set(socket, level, TCP_REPAIR_QUEUE, sendQueue, "TCP_REPAIR_QUEUE")) != nil,
      unsafe getsockopt(socket, level, TCP_QUEUE_SEQ, &number, &length) == 0
    else { return nil }
    return number
  }

  private static func set(
    _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32, _ title: String
  ) throws(SystemError) {
    var value = value
    let size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe setsockopt(descriptor, level, name, &value, size) == 0 else {
      throw .last("setsockopt", title)
    }
  }

  private func wait(for event: Int32, _ what: String) throws(SystemError) {
    guard try Poll.wait(descriptor.number, event, milliseconds: Self.patience) else {
      throw SystemError(call: what, errno: .timedOut)
    }
  }
}

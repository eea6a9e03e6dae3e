/// A socket brought into a TCP state for real, as the kernel's own table shows it. The lab keeps the sockets
/// open.
package struct Situation {
  /// The socket that the situation is about: its own address and its peer's.
  package let local: SocketAddress
  package let peer: SocketAddress?
  /// As found when the situation was made; nil where /proc does not list it (bound only).
  package let row: KernelRow?
  /// Its descriptor; nil where no process has it any more, or never had.
  package var subject: TCPSocket?
  /// The server's listening socket, where it is still open.
  package var listener: TCPSocket?
  /// The other end of the connection.
  package var other: TCPSocket?

  package var port: UInt16 { local.port }
}

/// A situation that the kernel did not come to in time.
package struct SituationNotReached: Error, CustomStringConvertible {
  package let wanted: String
  package let rows: [KernelRow]

  package var description: String {
    "the kernel never showed \(wanted); it showed:\n" + rows.map { "  \($0)\n" }.joined()
  }
}

/// A connection through loopback with both ends open.
package struct Connection {
  package let listener: TCPSocket
  /// The accepted end.
  package let child: TCPSocket
  package let client: TCPSocket
  /// The child's addresses.
  package let local: SocketAddress
  package let peer: SocketAddress
}

extension Lab {
  /// Looks at the kernel's table until `find` finds its row there, for 10 seconds at most.
  @discardableResult
  package func waitForRow(
    _ wanted: @autoclosure () -> String, within limit: Duration = .seconds(10),
    _ find: (KernelTable) -> KernelRow?
  ) throws -> KernelRow {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
      let late = clock.now >= deadline
      let table = try KernelTable.read()
      if let row = find(table) { return row }
      if late { throw SituationNotReached(wanted: wanted(), rows: table.rows) }
      pause(milliseconds: 2)
    }
  }

  /// As above, for the socket with these addresses.
  @discardableResult
  package func wait(
    for state: TCPStateCode, timer: TCPTimerCode? = nil, local: SocketAddress, peer: SocketAddress? = nil,
    where condition: (KernelRow) -> Bool = { _ in true }
  ) throws -> KernelRow {
    try waitForRow("\(state) \(local) -> \(peer.map { "\($0)" } ?? "*") tr \(timer.map { "\($0)" } ?? "any")")
    {
      $0.rows.first {
        $0.local == local.unscoped && (peer == nil || $0.peer == peer?.unscoped) && $0.state == state
          && (timer == nil || $0.timer == timer) && condition($0)
      }
    }
  }

  /// Waits until no socket has these addresses, in any state.
  package func waitUntilGone(local: SocketAddress, peer: SocketAddress?) throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while true {
      let late = clock.now >= deadline
      let table = try KernelTable.read()
      guard table.row(local: local, peer: peer) != nil else { return }
      if late { throw SituationNotReached(wanted: "no socket at \(local)", rows: table.rows) }
      pause(milliseconds: 2)
    }
  }

  /// A socket of the route's server, bound and listening.
  package func makeListener(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none
  ) throws -> TCPSocket {
    let listener = try makeBound(via: route, port: port, options)
    try listener.listen()
    return listener
  }

  func makeBound(via route: Route, port: UInt16, _ options: SocketOptions) throws -> TCPSocket {
    var options = options
    if options.v6Only == nil { options.v6Only = route.v6Only }
    let socket = keep(try TCPSocket(route.serverFamily, options))
    try socket.bind(route.listenAddress, port: port)
    return socket
  }

  /// An established connection; through an existing `listener` if one is given.
  package func connect(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none,
    from client: SocketOptions = .none, clientPort: UInt16? = nil, through listener: TCPSocket? = nil
  ) throws -> Connection {
    let listener = try listener ?? makeListener(via: route, port: port, options)
    let socket = keep(try TCPSocket(route.clientFamily, client))
    if let clientPort { try socket.bind(route.connectAddress, port: clientPort) }
    try socket.connect(to: SocketAddress(route.connectAddress, port: listener.localPort))
    let child = keep(try listener.accept())
    return try Connection(
      listener: listener, child: child, client: socket, local: child.localAddress, peer: child.peerAddress)
  }
}

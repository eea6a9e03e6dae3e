import Glibc

/// Sockets in each state on a port of their own or the given one. Every function returns only when the
/// kernel's table shows the state, and throws `SituationNotReached` if it never does.
extension Lab {
  /// LISTEN.
  @discardableResult
  package func listener(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none
  ) throws -> Situation {
    let listener = try makeListener(via: route, port: port, options)
    let local = try listener.localAddress
    let row = try wait(for: .listen, local: local)
    return Situation(local: local, peer: nil, row: row, subject: listener, listener: listener)
  }

  /// Bound, neither listening nor connected: /proc does not list it.
  @discardableResult
  package func boundOnly(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none
  ) throws -> Situation {
    let socket = try makeBound(via: route, port: port, options)
    return Situation(local: try socket.localAddress, peer: nil, row: nil, subject: socket)
  }

  /// ESTABLISHED on the server's port, accepted; its listener closed unless `keepListener`.
  @discardableResult
  package func established(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    return try finish(connection, .established, keepListener)
  }

  /// ESTABLISHED in the listener's queue, never accepted: no inode, and gone with the listener.
  @discardableResult
  package func unaccepted(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none
  ) throws -> Situation {
    let listener = try makeListener(via: route, port: port, options)
    let client = keep(try TCPSocket(route.clientFamily))
    try client.connect(to: SocketAddress(route.connectAddress, port: listener.localPort))
    let local = try SocketAddress(route.connectionAddress, port: listener.localPort)
    let from = try client.localAddress
    let row = try waitForRow("an unaccepted connection at \(local)") {
      $0.rows.first { $0.local == local && $0.peer.unmapped == from.unmapped && $0.state == .established }
    }
    return Situation(local: local, peer: row.peer, row: row, listener: listener, other: client)
  }

  /// ESTABLISHED on the connecting side: the local port is explicitly bound, or the kernel's choice if nil.
  @discardableResult
  package func outgoing(
    via route: Route = .ipv4, localPort: UInt16?, _ options: SocketOptions = .none, toPort: UInt16 = 0
  ) throws -> Situation {
    let connection = try connect(via: route, port: toPort, from: options, clientPort: localPort)
    let local = try connection.client.localAddress
    let peer = try connection.client.peerAddress
    let row = try wait(for: .established, local: local, peer: peer)
    return Situation(
      local: local, peer: peer, row: row, subject: connection.client, listener: connection.listener,
      other: connection.child)
  }

  /// A socket connected to itself: bound to a port and connected to that same port.
  @discardableResult
  package func selfConnected(
    _ family: AddressFamily = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none
  ) throws -> Situation {
    let socket = keep(try TCPSocket(family, options))
    try socket.bind(family == .ipv4 ? "127.0.0.1" : "::1", port: port)
    let local = try socket.localAddress
    try socket.connect(to: local)
    let row = try wait(for: .established, local: local, peer: local)
    return Situation(local: local, peer: local, row: row, subject: socket, other: socket)
  }

  /// CLOSE_WAIT: the client has closed its half and the server has not.
  @discardableResult
  package func closeWait(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try connection.client.shutdownWriting()
    try waitForFinWait2(connection)
    return try finish(connection, .closeWait, keepListener)
  }

  /// SYN_SENT: the SYN reaches a listener that drops it. The local port is the kernel's choice if nil.
  @discardableResult
  package func synSent(
    via route: Route = .ipv4, localPort: UInt16? = nil, _ options: SocketOptions = .none
  ) throws -> Situation {
    let listener = try makeListener(via: route)
    try listener.dropIncoming()
    let client = keep(try TCPSocket(route.clientFamily, options))
    if let localPort { try client.bind(route.connectAddress, port: localPort) }
    try client.startConnecting(to: SocketAddress(route.connectAddress, port: listener.localPort))
    let local = try client.localAddress
    let row = try wait(for: .synSent, timer: .retransmit, local: local)
    return Situation(local: local, peer: row.peer, row: row, subject: client, listener: listener)
  }

  /// SYN_RECV: the client drops the server's SYN-ACK. A request socket; it goes with its listener.
  @discardableResult
  package func synRecv(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none
  ) throws -> Situation {
    let listener = try makeListener(via: route, port: port, options)
    let client = keep(try TCPSocket(route.clientFamily))
    try client.dropIncoming()
    try client.startConnecting(to: SocketAddress(route.connectAddress, port: listener.localPort))
    let local = try SocketAddress(route.connectionAddress, port: listener.localPort)
    let row = try wait(for: .synRecv, timer: .retransmit, local: local)
    return Situation(local: local, peer: row.peer, row: row, listener: listener, other: client)
  }

  /// The connection's row in `state`, its listener closed unless wanted.
  func finish(
    _ connection: Connection, _ state: TCPStateCode, _ keepListener: Bool, timer: TCPTimerCode? = nil,
    where condition: (KernelRow) -> Bool = { _ in true }
  ) throws -> Situation {
    let row = try wait(
      for: state, timer: timer, local: connection.local, peer: connection.peer, where: condition)
    if !keepListener { connection.listener.close() }
    return Situation(
      local: connection.local, peer: connection.peer, row: row,
      subject: connection.child.descriptor < 0 ? nil : connection.child,
      listener: keepListener ? connection.listener : nil, other: connection.client)
  }
}

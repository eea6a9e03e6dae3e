import Glibc

/// Connections that the server began to close. The client's end stays open unless said otherwise.
extension Lab {
  /// How a socket is left without its FIN acknowledged.
  package enum Obstacle: Sendable, CaseIterable {
    /// The peer drops every segment.
    case loss
    /// The peer's window is closed, with data before the FIN that nobody reads.
    case zeroWindow
  }

  /// FIN_WAIT1: the FIN is not acknowledged. `orphan`: closed, so that no process has it (inode 0).
  @discardableResult
  package func finWait1(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, orphan: Bool,
    by obstacle: Obstacle = .loss, keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try obstruct(connection, obstacle)
    if orphan { connection.child.close() } else { try connection.child.shutdownWriting() }
    return try finish(connection, .finWait1, keepListener) { ($0.inode == 0) == orphan }
  }

  /// FIN_WAIT2 with its descriptor open: the server has shut its half, no timer runs.
  @discardableResult
  package func finWait2(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try connection.child.shutdownWriting()
    return try finish(connection, .finWait2, keepListener, timer: .off) { $0.inode != 0 }
  }

  /// FIN_WAIT2 held by a timewait minisocket: the server is gone and its client is idle (st 05 tr 03).
  @discardableResult
  package func finWait2Minisocket(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, keepListener: Bool = false,
    beforeClose: (TCPSocket) throws -> Void = { _ in }
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try beforeClose(connection.child)
    // close() while the FIN is on its way can leave a full socket: where the acknowledgement meets the socket still in
    // use by close(), the kernel sets a timer and makes no minisocket (tcp_rcv_state_process).
    try connection.child.shutdownWriting()
    _ = try wait(for: .finWait2, local: connection.local, peer: connection.peer)
    connection.child.close()
    return try finish(connection, .finWait2, keepListener, timer: .timeWait)
  }

  /// FIN_WAIT2 as an orphaned full socket: it is to live longer than the 60 s that a minisocket is made for,
  /// so the keepalive timer has the time above that, and only then a minisocket takes over.
  @discardableResult
  package func finWait2Orphan(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try connection.child.setFinWait2Life(seconds: 120)
    connection.child.close()
    return try finish(connection, .finWait2, keepListener, timer: .keepalive) { $0.inode == 0 }
  }

  /// LAST_ACK: the client closed first, and the server's FIN is not acknowledged.
  @discardableResult
  package func lastAck(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, orphan: Bool = true,
    by obstacle: Obstacle = .loss, keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try connection.client.shutdownWriting()
    try waitForFinWait2(connection)
    try obstruct(connection, obstacle)
    if orphan { connection.child.close() } else { try connection.child.shutdownWriting() }
    return try finish(connection, .lastAck, keepListener) { ($0.inode == 0) == orphan }
  }

  /// CLOSING: both ends sent a FIN before they had the other's. Both are deaf while they do; then the
  /// server's end hears the client's FIN again (after a retransmission timeout, 0.2 s), while its own is
  /// still lost.
  @discardableResult
  package func closing(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, orphan: Bool = false,
    keepListener: Bool = false
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try connection.child.dropIncoming()
    try connection.client.dropIncoming()
    try connection.child.shutdownWriting()
    try connection.client.shutdownWriting()
    try connection.child.acceptIncoming()
    if orphan { connection.child.close() }
    return try finish(connection, .closing, keepListener) { ($0.inode == 0) == orphan }
  }

  /// TIME_WAIT on the server's port: the server closed first, then its client. `beforeClose` sees the
  /// accepted socket, whose flags at its close are what the minisocket keeps.
  @discardableResult
  package func timeWait(
    via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none, keepListener: Bool = false,
    beforeClose: (TCPSocket) throws -> Void = { _ in }
  ) throws -> Situation {
    let connection = try connect(via: route, port: port, options)
    try beforeClose(connection.child)
    try closeInTurn(connection.child, connection.client)
    return try finish(connection, .timeWait, keepListener, timer: .timeWait)
  }

  /// `count` TIME_WAIT entries on one server port; returns the first one's situation.
  @discardableResult
  package func timeWaits(
    count: Int, via route: Route = .ipv4, port: UInt16 = 0, _ options: SocketOptions = .none,
    keepListener: Bool = false
  ) throws -> Situation {
    let listener = try makeListener(via: route, port: port, options)
    let first = try connect(via: route, through: listener)
    try closeInTurn(first.child, first.client)
    for _ in 1..<max(count, 1) {
      let next = try connect(via: route, through: listener)
      try closeInTurn(next.child, next.client)
    }
    let listening = try listener.localPort
    try waitForRow("\(count) in TIME_WAIT on port \(listening)") {
      let rows = $0.rows(onPort: listening).filter { $0.state == .timeWait }
      return rows.count == count ? rows.first : nil
    }
    return try finish(first, .timeWait, keepListener, timer: .timeWait)
  }

  /// TIME_WAIT on the connecting side: the client closed first, so the entry is on *its* port, explicitly
  /// bound or the kernel's choice if nil. The listener stays open, to be connected to again.
  @discardableResult
  package func clientTimeWait(
    via route: Route = .ipv4, localPort: UInt16? = nil, _ options: SocketOptions = .none, toPort: UInt16 = 0,
    through listener: TCPSocket? = nil
  ) throws -> Situation {
    let connection = try connect(
      via: route, port: toPort, from: options, clientPort: localPort, through: listener)
    let local = try connection.client.localAddress
    let peer = try connection.client.peerAddress
    try closeInTurn(connection.client, connection.child)
    let row = try wait(for: .timeWait, timer: .timeWait, local: local, peer: peer)
    return Situation(local: local, peer: peer, row: row, listener: connection.listener)
  }

  /// Active close by `first`; `second` closes only when it has seen the FIN, or both could end in CLOSING.
  package func closeInTurn(_ first: TCPSocket, _ second: TCPSocket) throws {
    first.close()
    while try !second.receive().isEmpty {}
    second.close()
  }

  /// The client's end, which has closed first: its FIN is acknowledged, so that it changes no more by itself. Where the
  /// server's end shows CLOSE_WAIT, the acknowledgement may still be on its way.
  func waitForFinWait2(_ connection: Connection) throws {
    try wait(for: .finWait2, local: connection.client.localAddress, peer: connection.client.peerAddress)
    try wait(for: .closeWait, local: connection.local, peer: connection.peer)
  }

  private func obstruct(_ connection: Connection, _ obstacle: Obstacle) throws {
    switch obstacle {
    case .loss: try connection.client.dropIncoming()
    case .zeroWindow: _ = try connection.child.sendUntilFull()
    }
  }
}

import Diagnosis
import LinuxHost
import SocketTable

/// A server on 127.0.0.1, one client, and the connection between them. Whenever one end has done something, both are looked
/// at, and what is seen is added to `events`.
final class ClaimConnection {
  private let network: ClaimNetwork
  private var listener: StreamSocket?
  private var child: StreamSocket?
  private var client: StreamSocket?
  let server: Endpoint
  private(set) var peer: Endpoint
  private(set) var events: [ClaimStep] = []

  /// The server listens; nobody has connected yet.
  /// - Parameter port: 0 lets the kernel choose.
  private init(_ network: ClaimNetwork, port: UInt16, _ options: SocketOptions) throws(ClaimError) {
    self.network = network
    let loopback = ClaimNetwork.loopback
    peer = Endpoint(address: loopback, port: 0)
    do throws(SystemError) {
      let socket = try StreamSocket(options)
      try socket.bind(Endpoint(address: loopback, port: port))
      try socket.listen()
      server = Endpoint(address: loopback, port: try socket.localPort())
      listener = consume socket
    } catch {
      throw .failed(.system(error))
    }
  }

  /// Makes the server and connects the client to it.
  /// - Parameters:
  ///   - port: the server's; nil is `network.serverPort`, and 0 lets the kernel choose.
  ///   - takesLittle: the client's receive buffer is small.
  static func begin(
    on network: ClaimNetwork, port: UInt16? = nil, _ options: SocketOptions = [], takesLittle: Bool = false
  ) throws(ClaimError) -> ClaimConnection {
    let connection = try ClaimConnection(network, port: port ?? network.serverPort, options)
    try connection.connect(takesLittle: takesLittle)
    return connection
  }

  // MARK: What the ends do

  private func connect(takesLittle: Bool) throws(ClaimError) {
    do throws(SystemError) {
      let socket = try StreamSocket()
      if takesLittle { try socket.shrinkReceiveBuffer() }
      try socket.connect(to: server)
      peer = Endpoint(address: ClaimNetwork.loopback, port: try socket.localPort())
      child = try listener?.accept()
      client = consume socket
    } catch {
      throw .failed(.system(error))
    }
    try note(.client, "connects", sends: "handshake", server: .established, client: .established)
  }

  /// Connects from the port that the client had before. A refusal of connect() is a result; any other failure is thrown.
  func connectAgain() throws(ClaimError) -> ClaimAnswer.Result {
    do throws(SystemError) {
      let socket = try StreamSocket()
      try socket.bind(peer)
      try socket.connect(to: server)
      child = try listener?.accept()
      client = consume socket
    } catch {
      guard error.call == "connect" else { throw .failed(.system(error)) }
      return .refused(error.errno)
    }
    try note(.client, "connects again", sends: "handshake", server: .established, client: .established)
    return .ok
  }

  /// Closes this end, and with a server's end the listener unless it is to stay. Returns when both ends are in the states that
  /// are known to follow, after two seconds at the latest.
  func close(_ actor: ClaimEvent.Actor, keepsListening: Bool = false) throws(ClaimError) {
    if actor == .server, !keepsListening { listener = nil }
    let (own, other) = actor == .server ? (server, peer) : (peer, server)
    let isFirst = actor == .server ? client != nil : child != nil
    if isFirst {
      // If the FIN's ACK arrives while close() still has the socket, a full socket is left in FIN_WAIT2 and no minisocket
      // (tcp_rcv_state_process). So the FIN is sent first, and close() follows when it has been acknowledged.
      try shutdown(actor)
      try network.settle { () throws(ClaimError) in try network.record(own, other)?.state == .finWait2 }
    }
    if actor == .server { child = nil } else { client = nil }
    let known: (own: TCPState?, other: TCPState) = isFirst ? (.finWait2, .closeWait) : (nil, .timeWait)
    try note(
      actor, "closes", sends: "FIN", server: actor == .server ? known.own : known.other,
      client: actor == .client ? known.own : known.other)
  }

  /// Sends the FIN and keeps the socket.
  func shutdown(_ actor: ClaimEvent.Actor) throws(ClaimError) {
    try network.system { () throws(SystemError) in
      if actor == .server { try child?.shutdownWriting() } else { try client?.shutdownWriting() }
    }
  }

  /// Closes the listener; the connection stays.
  func stopListening() { listener = nil }

  /// Fills the client's window: what the server sends from now on waits, a FIN as well.
  func closeWindow() throws(ClaimError) {
    try network.system { () throws(SystemError) in try child?.sendUntilFull() }
  }

  /// The next sequence number of the server's end; nil without CAP_NET_ADMIN in the network namespace.
  var nextSequenceNumber: UInt32? { child?.nextSequenceNumber() }

  // MARK: What is seen

  /// The server's end as the socket table shows it; nil if it is gone.
  func record() throws(ClaimError) -> SocketRecord? { try network.record(server, peer) }

  /// The titles of the states of all sockets that the server's port has with this client; "gone" if there is none.
  func states() throws(ClaimError) -> String {
    var titles: [String] = []
    try network.records(onPort: server.port) { if $0.peer == peer { titles.append($0.state.title) } }
    return titles.isEmpty ? "gone" : titles.joined(separator: ", ")
  }

  private func note(
    _ actor: ClaimEvent.Actor, _ action: String, sends: String, server known: TCPState?,
    client knownOfClient: TCPState?
  ) throws(ClaimError) {
    try network.settle { () throws(ClaimError) in
      guard try network.record(server, peer)?.state == known else { return false }
      return try network.record(peer, server)?.state == knownOfClient
    }
    let event = ClaimEvent(
      actor: actor, action: action, sends: sends,
      server: .init(server, try network.record(server, peer), known: known),
      client: .init(peer, try network.record(peer, server), known: knownOfClient))
    events.append(.event(event))
  }
}

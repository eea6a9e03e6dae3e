import Diagnosis
import Glibc
import SocketTable
import TestSupport
import Testing

/// What the existing socket is.
enum OracleState: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case listening, boundOnly, multipathListener
  case established, establishedBesideListener, unaccepted, requested
  case outgoingFromChosenPort, outgoingFromAutomaticPort, outgoingBindAddressNoPort, connecting
  case closeWait, finWait1, finWait1Orphan, finWait2, finWait2Orphan, finWait2Minisocket
  case closing, lastAck, timeWait, timeWaitOfClient

  var testDescription: String { rawValue }

  /// What its record says: state, minisocket, without an inode. The listener beside it comes extra.
  fileprivate var record: (TCPState, isMinisocket: Bool, hasNoInode: Bool) {
    switch self {
    case .listening, .multipathListener: (.listen, false, false)
    case .boundOnly: (.bound, false, false)
    case .established, .establishedBesideListener: (.established, false, false)
    case .outgoingFromChosenPort, .outgoingFromAutomaticPort, .outgoingBindAddressNoPort:
      (.established, false, false)
    case .unaccepted: (.established, false, true)
    case .requested: (.synReceived, false, true)
    case .connecting: (.synSent, false, false)
    case .closeWait: (.closeWait, false, false)
    case .finWait1: (.finWait1, false, false)
    case .finWait1Orphan: (.finWait1, false, true)
    case .finWait2: (.finWait2, false, false)
    case .finWait2Orphan: (.finWait2, false, true)
    case .finWait2Minisocket: (.finWait2, true, true)
    case .closing: (.closing, false, false)
    case .lastAck: (.lastAck, false, true)
    case .timeWait, .timeWaitOfClient: (.timeWait, true, true)
    }
  }

  fileprivate var keepsListener: Bool {
    self == .establishedBesideListener || self == .unaccepted || self == .requested
  }

  /// A connection over loopback cannot be made through another device. It can be tied to one afterwards, as
  /// long as it has a descriptor, and then hears nothing more from its peer.
  var mayBeOnOtherDevice: Bool {
    switch self {
    case .unaccepted, .requested, .timeWait, .timeWaitOfClient, .finWait1Orphan, .lastAck: false
    default: true
    }
  }
}

/// A socket in one state, with what belongs to it.
final class OracleSituation {
  let state: OracleState
  let socket: OracleSocket
  private(set) var port: UInt16
  private(set) var known = KnownSockets()
  private let bench: OracleBench
  private var held: [TCPSocket] = []
  /// What is tied to the other device once the state has come.
  private var untied: [TCPSocket] = []

  /// The state may take a moment to come: call `settle` before using it.
  init(_ state: OracleState, _ socket: OracleSocket, _ bench: OracleBench) throws {
    self.state = state
    self.socket = socket
    self.bench = bench
    port = bench.freshPort()
    switch state {
    case .listening, .boundOnly, .multipathListener: try bindServer()
    case .outgoingFromChosenPort, .outgoingFromAutomaticPort, .outgoingBindAddressNoPort, .timeWaitOfClient,
      .connecting:
      try connectOut()
    default: try serve()
    }
  }

  /// Aborts what can be aborted; minisockets stay.
  func close() {
    for socket in held {
      try? socket.setLinger(seconds: 0)
      socket.close()
    }
    held = []
  }

  /// Whether the table shows what was to be made and nothing else. /proc does not show sockets that are only
  /// bound.
  func isReached(_ snapshot: Snapshot) -> Bool {
    let wanted = state.record
    let isInvisible = state == .boundOnly && snapshot.coverage.isBlind(to: .boundNotListening)
    let others = snapshot.records.filter { !(state.keepsListener && $0.state == .listen) }
    return snapshot.records.count - others.count == (state.keepsListener ? 1 : 0)
      && others.count == (isInvisible ? 0 : 1)
      && others.allSatisfy {
        ($0.state, $0.isMinisocket) == (wanted.0, wanted.isMinisocket) && ($0.inode == 0) == wanted.hasNoInode
      }
  }

  /// The records, once the state has come.
  func settle() throws -> Snapshot {
    let reached = try waitUntilReached()
    guard socket.device == .other, !untied.isEmpty else { return reached }
    for socket in untied { try tieToOtherDevice(socket) }
    untied = []
    return try bench.look(port)
  }

  private func waitUntilReached() throws -> Snapshot {
    for _ in 0..<3_000 {
      let snapshot = try bench.look(port)
      if isReached(snapshot) { return snapshot }
      pause(milliseconds: 1)
    }
    throw NotReached(situation: "\(state) \(socket)", records: try bench.look(port).records)
  }

  struct NotReached: Error {
    let situation: String
    let records: [SocketRecord]
  }

  // MARK: Sockets

  private func hold(_ socket: TCPSocket) throws -> TCPSocket {
    held.append(socket)
    try known.note(socket)
    return socket
  }

  /// Socket options as they are wanted before bind; the other device comes later where there is a connection
  /// to make.
  private func open(isConnection: Bool, multipath: Bool = false) throws -> TCPSocket {
    var options = socket.labOptions
    if isConnection, socket.device == .other { options.device = nil }
    options.multipath = multipath
    options.bindAddressNoPort = state == .outgoingBindAddressNoPort
    return try TCPSocket(socket.place.family, options)
  }

  private func tieToOtherDevice(_ connection: TCPSocket) throws {
    try connection.bindToDevice(OracleDevice.other.rawValue)
    try known.note(connection)
  }

  private func bindServer() throws {
    // All of it as the owner: an MPTCP socket makes its TCP socket later.
    try asUser(socket.labOptions.owner) {
      let server = try open(isConnection: false, multipath: state == .multipathListener)
      try server.bind(socket.place.address, port: port)
      if state != .boundOnly { try server.listen() }
      _ = try hold(server)
    }
  }

  private func connectOut() throws {
    let farPort = state == .connecting ? OracleBench.deafPort : OracleBench.farPort
    let destination = try SocketAddress(socket.place.destination, port: farPort)
    let client = try open(isConnection: true)
    switch state {
    case .outgoingFromAutomaticPort: break
    case .outgoingBindAddressNoPort: try client.bind(socket.place.address, port: 0)
    default: try client.bind(socket.place.address, port: port)
    }
    if state == .connecting {
      try client.startConnecting(to: destination)
    } else {
      try client.connect(to: destination)
      held.append(try bench.far.accept())
    }
    port = try client.localPort
    // An automatic port may be one that another connection has as well.
    if try bench.look(port).records.count != 1 {
      held.append(client)
      return try connectOut()
    }
    untied.append(try hold(client))
    if state == .timeWaitOfClient { try bench.lab.closeInTurn(client, held[0]) }
  }

  private func serve() throws {
    let server = try open(isConnection: true)
    try server.bind(socket.place.address, port: port)
    try server.listen()
    let client = try TCPSocket(socket.place.contactFamily)
    held.append(client)
    if state == .requested { try client.dropIncoming() }
    let contact = try SocketAddress(socket.place.contact, port: port)
    switch state {
    case .requested: try client.startConnecting(to: contact)
    case .unaccepted:
      try client.connect(to: contact)
      try known.note(KnownSocket(server), local: contact, peer: client.localAddress)
    default:
      try client.connect(to: contact)
      let child = try asUser(socket.labOptions.owner) { try server.accept() }
      try bring(try hold(child), client)
    }
    if state.keepsListener { untied.append(try hold(server)) }
  }

  private func bring(_ child: TCPSocket, _ client: TCPSocket) throws {
    switch state {
    case .closeWait: try client.shutdownWriting()
    case .finWait1:
      try client.dropIncoming()
      try child.shutdownWriting()
    case .finWait1Orphan:
      try client.dropIncoming()
      child.close()
    case .finWait2: try child.shutdownWriting()
    case .finWait2Minisocket, .finWait2Orphan:
      try child.shutdownWriting()
      // Acknowledged while the peer can still be heard.
      try waitUntil("FIN_WAIT2 is shown") { try isShown(.finWait2) }
      if state == .finWait2Orphan { try child.setFinWait2Life(seconds: 120) }
      if socket.device == .other { try tieToOtherDevice(child) }
      child.close()
    case .lastAck:
      try client.shutdownWriting()
      while try !child.receive().isEmpty {}
      try client.dropIncoming()
      child.close()
    case .closing:
      try child.dropIncoming()
      try client.dropIncoming()
      try child.shutdownWriting()
      try client.shutdownWriting()
      // It hears the client's FIN when that is sent again.
      try child.acceptIncoming()
    case .timeWait: try bench.lab.closeInTurn(child, client)
    default: break
    }
    if child.descriptor >= 0 { untied.append(child) }
  }

  private func isShown(_ state: TCPState) throws -> Bool {
    try bench.look(port).records.contains { $0.state == state }
  }
}

import Diagnosis
import Glibc
import SocketTable
import TestSupport

/// Several sockets that come and go on one port, in random order.
final class OracleSequence {
  private enum Stage { case bound, listening, connected }

  private struct Member {
    let socket: TCPSocket
    let made: OracleSocket
    var stage: Stage
    /// The other end of a connection.
    var peer: TCPSocket?
  }

  private let bench: OracleBench
  private let port: UInt16
  private var random: OracleRandom
  private var members: [Member] = []
  private var known = KnownSockets()
  private var log: [String] = []
  private(set) var asked = 0
  /// With SO_REUSEPORT, and which of these the kernel allowed although the rules refuse.
  private(set) var askedWithReusePort = 0
  private(set) var allowedAgainstTheRules = 0

  init(_ bench: OracleBench, _ random: OracleRandom) {
    self.bench = bench
    self.random = random
    port = bench.freshPort()
  }

  func run(steps: Int) throws {
    defer { closeAll() }
    for _ in 0..<steps {
      switch Int.random(in: 0..<100, using: &random) {
      case ..<40: try bindOne()
      case ..<58: try listenOnOne()
      case ..<72: try connectToOne()
      case ..<86: try closeConnection()
      case ..<91: try changeOptions()
      default: closeOne()
      }
    }
  }

  private func pick(_ stage: Stage) -> Int? {
    members.indices.filter { members[$0].stage == stage }.randomElement(using: &random)
  }

  // MARK: What the kernel is asked

  private func bindOne() throws {
    let made = bench.space[Int.random(in: 0..<bench.space.count, using: &random)]
    let socket = try bench.open(made)
    let new = try bench.newSocket(made)
    let isOK = try ask("bind", made, new, of: nil) { try socket.bind(made.place.address, port: port) }
    // The more there are, the fewer get in.
    guard isOK, members.count < 6, random.chance(75) else { return socket.close() }
    try known.note(socket)
    members.append(Member(socket: socket, made: made, stage: .bound))
    // Some become clients, from the port that they chose.
    if made.device == .none, random.chance(20) { try connectOut(members.count - 1) }
  }

  private func listenOnOne() throws {
    guard let index = pick(.bound) else { return }
    let member = members[index]
    var new = try bench.newSocket(member.made)
    new.options = try member.socket.options
    if try ask("listen", member.made, new, of: member.socket, { try member.socket.listen() }) {
      members[index].stage = .listening
    } else if random.chance(50) {
      close(index)
    }
  }

  /// Asks rules and kernel, unless something changed in between.
  private func ask(
    _ call: String, _ made: OracleSocket, _ new: NewSocket, of own: TCPSocket?, _ body: () throws -> Void
  ) throws -> Bool {
    let inode = try own?.inode
    let before = try look(without: inode)
    let learned = try bench.learned(before.records)
    var isOK = true
    do {
      try body()
    } catch let error as SystemCallError where error.number == EADDRINUSE {
      isOK = false
    }
    log.append("\(call) \(made) \(isOK ? "ok" : "in use")")
    asked += 1
    let shown = own == nil ? before : try look(without: inode)
    guard before.isSame(as: shown) else {
      Oracle.tally.withLock { $0.unsettled += 1 }
      return isOK
    }
    let question = OracleCase(
      call: call, new: new, snapshot: before, known: known, learned: learned,
      description: "sequence on port \(port): \(log.joined(separator: "; "))")
    if new.options.contains(.reusePort) { askedWithReusePort += 1 }
    if question.judge(isOK: isOK, mayRememberReusePort: true) { allowedAgainstTheRules += 1 }
    return isOK
  }

  private func look(without inode: UInt32?) throws -> Snapshot {
    var snapshot = try bench.look(port)
    if let inode { snapshot.records.removeAll { $0.inode == inode } }
    return snapshot
  }

  // MARK: What happens in between

  private func connectOut(_ index: Int) throws {
    let member = members[index]
    do throws(SystemCallError) {
      try member.socket.connect(to: SocketAddress(member.made.place.destination, port: OracleBench.farPort))
    } catch {
      // Another one has that very connection.
      guard error.number == EADDRNOTAVAIL else { throw error }
      return log.append("connect \(member.made) refused")
    }
    members[index].stage = .connected
    members[index].peer = try bench.far.accept()
    try known.note(member.socket)
    log.append("connect \(member.made)")
  }

  private func connectToOne() throws {
    guard let index = pick(.listening), members[index].made.device != .other, members.count < 10 else {
      return
    }
    let contact = members[index].made.place
    let client = try TCPSocket(contact.contactFamily)
    do throws(SystemCallError) {
      try client.connect(to: SocketAddress(contact.contact, port: port))
    } catch {
      guard error.number == ECONNREFUSED || error.number == ECONNRESET else { throw error }
      return
    }
    // Which of several listeners the kernel gave it to is its own affair.
    for _ in 0..<1_000 {
      if let listener = members.first(where: { $0.stage == .listening && $0.socket.hasConnection }) {
        let child = try asUser(listener.made.labOptions.owner) { try listener.socket.accept() }
        try known.note(child)
        members.append(Member(socket: child, made: listener.made, stage: .connected, peer: client))
        return log.append("accept from \(listener.made)")
      }
      pause(milliseconds: 1)
    }
    throw Oracle.Unexpected(description: "no listener got the connection: \(log.joined(separator: "; "))")
  }

  private func closeConnection() throws {
    guard let index = pick(.connected), let peer = members[index].peer else { return }
    let socket = members[index].socket
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      log.append("CLOSE_WAIT")
      try? peer.shutdownWriting()
    case 1:
      log.append("FIN_WAIT2")
      try? socket.shutdownWriting()
    case 2:
      log.append("FIN_WAIT2 minisocket")
      socket.close()
      // Its peer stays open, without anybody to speak to.
      bench.lab.keep(peer)
      members.remove(at: index)
    case 3:
      log.append("TIME_WAIT")
      socket.close()
      while let data = try? peer.receive(), !data.isEmpty {}
      peer.close()
      members.remove(at: index)
    default:
      log.append("reset")
      close(index)
    }
    try settle()
  }

  /// What counts is what a socket has now; of a connection, what it has when it becomes a minisocket.
  private func changeOptions() throws {
    guard let member = members.randomElement(using: &random) else { return }
    try member.socket.setReuseAddress(random.chance(50))
    try member.socket.setReusePort(random.chance(50))
    try known.note(member.socket)
    log.append("set \(try member.socket.options.names) on \(member.stage) \(member.made)")
  }

  private func closeOne() {
    guard let index = members.indices.randomElement(using: &random) else { return }
    log.append("close \(members[index].stage) \(members[index].made)")
    close(index)
  }

  private func close(_ index: Int) {
    let member = members.remove(at: index)
    for socket in [member.socket, member.peer].compactMap({ $0 }) {
      try? socket.setLinger(seconds: 0)
      socket.close()
    }
  }

  private func closeAll() {
    while !members.isEmpty { close(members.count - 1) }
  }

  /// Waits until no connection is between two states.
  private func settle() throws {
    for _ in 0..<1_000 {
      let records = try bench.look(port).records
      if !records.contains(where: { $0.state == .finWait1 || $0.state == .lastAck || $0.state == .closing }) {
        return
      }
      pause(milliseconds: 1)
    }
    throw Oracle.Unexpected(description: "it never came to rest: \(log.joined(separator: "; "))")
  }
}

extension TCPSocket {
  /// Whether accept(2) would return at once.
  var hasConnection: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  fileprivate var options: Diagnosis.SocketOptions {
    get throws {
      let known = try KnownSocket(self)
      return (known.reuseAddress ? Diagnosis.SocketOptions.reuseAddress : [])
        .union(known.reusePort ? .reusePort : [])
    }
  }
}

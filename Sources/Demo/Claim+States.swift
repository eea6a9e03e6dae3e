import Diagnosis
import LinuxHost
import SocketTable

extension ClaimReport {
  /// Claim 5: makes a socket with SO_REUSEADDR in each state that can be made, and then tries to bind its port.
  mutating func carryOutOtherStates(on network: ClaimNetwork) throws(ClaimError) {
    let crowd = try Crowd(network)
    var refusedOutsideListen = 0
    var asked = 0
    for member in crowd.members {
      let seen = try crowd.state(of: member)
      let given: [ClaimAnswer.Given] = [
        .init("old socket", seen), .init("after", member.story),
      ]
      let plain = try network.answer(member.local.address, member.local.port)
      steps.append(.answer(ClaimAnswer(given: given, question: "plain", result: plain, known: .inUse)))
      let reuse = try network.answer(member.local.address, member.local.port, .reuseAddress, listens: true)
      steps.append(
        .answer(
          ClaimAnswer(
            given: given, question: "SO_REUSEADDR", result: reuse,
            known: member.state == .listen ? .inUse : .ok)))
      if seen != member.state.title, seen != Crowd.unseen {
        differences.append(.state(after: member.story, seen: seen, known: member.state))
      }
      if member.state != .listen {
        asked += 1
        if reuse != .ok { refusedOutsideListen += 1 }
      }
    }
    verdict = refusedOutsideListen == asked ? .holds : .doesNotHold
    reason =
      """
      With SO_REUSEADDR on both sides, bind and listen succeed in every state except LISTEN. Only a listener keeps the \
      port.
      """
  }
}

/// Sockets with SO_REUSEADDR, one for each state that can be made, each on a port of its own.
private final class Crowd {
  struct Member {
    let state: TCPState
    let story: String
    let local: Endpoint
    let peer: Endpoint?
  }

  /// Kernels before 6.8 do not list bound sockets.
  static let unseen = "not listed"

  private let network: ClaimNetwork
  private(set) var members: [Member] = []
  private var talks: [ClaimConnection] = []
  private var bound: StreamSocket?
  private var listener: StreamSocket?
  private var busyListener: StreamSocket?
  private var connected: StreamSocket?
  private var connecting: StreamSocket?

  init(_ network: ClaimNetwork) throws(ClaimError) {
    self.network = network
    do throws(SystemError) {
      try makeSocketsWithoutConnection()
    } catch {
      throw .failed(.system(error))
    }
    try make(.established, "the listener closed") { _ throws(ClaimError) in }
    try make(.closeWait, "the client closed first") { talk throws(ClaimError) in
      try talk.shutdown(.client)
    }
    // The server's FIN waits behind data that the client does not read, so it is never acknowledged.
    try make(.finWait1, "the server closed first, no ACK") { talk throws(ClaimError) in
      try talk.closeWindow()
      try talk.shutdown(.server)
    }
    try make(.finWait2, "the server closed first") { talk throws(ClaimError) in try talk.shutdown(.server) }
    try make(.closing, "both closed at once, no ACK") { talk throws(ClaimError) in
      try talk.closeWindow()
      try talk.shutdown(.server)
      try talk.shutdown(.client)
    }
    try make(.lastAck, "the client, then the server, no ACK") { [network] talk throws(ClaimError) in
      try talk.shutdown(.client)
      try network.settle { () throws(ClaimError) in try talk.record()?.state == .closeWait }
      try talk.closeWindow()
      try talk.shutdown(.server)
    }
    try make(.timeWait, "the server closed, then the client") { talk throws(ClaimError) in
      try talk.close(.server)
      try talk.close(.client)
    }
    for member in members where member.state != .bound && member.state != .listen {
      try network.settle { () throws(ClaimError) in try record(of: member)?.state == member.state }
    }
  }

  /// The title of the state that the socket table shows; otherwise `unseen`, or "gone".
  func state(of member: Member) throws(ClaimError) -> String {
    try record(of: member)?.state.title ?? (member.state == .bound ? Self.unseen : "gone")
  }

  private func record(of member: Member) throws(ClaimError) -> SocketRecord? {
    try network.record(member.local, member.peer)
  }

  private func makeSocketsWithoutConnection() throws(SystemError) {
    func open() throws(SystemError) -> StreamSocket {
      let socket = try StreamSocket(.reuseAddress)
      try socket.bind(Endpoint(address: ClaimNetwork.loopback, port: 0))
      return socket
    }
    func add(_ state: TCPState, _ story: String, _ port: UInt16, peer: Endpoint? = nil) {
      members.append(
        Member(
          state: state, story: story, local: Endpoint(address: ClaimNetwork.loopback, port: port), peer: peer)
      )
    }
    let first = try open()
    add(.bound, "bind, nothing else", try first.localPort())
    bound = consume first
    let second = try open()
    try second.listen()
    add(.listen, "listen", try second.localPort())
    listener = consume second
    // With a backlog of 0 one connection can wait to be accepted. There is no room for another, whose SYN is dropped.
    let busy = try open()
    try busy.listen(backlog: 0)
    let peer = Endpoint(address: ClaimNetwork.loopback, port: try busy.localPort())
    busyListener = consume busy
    let waiting = try StreamSocket()
    try waiting.connect(to: peer)
    connected = consume waiting
    let third = try open()
    try third.startConnecting(to: peer)
    add(.synSent, "connect, no answer", try third.localPort(), peer: peer)
    connecting = consume third
  }

  private func make(
    _ state: TCPState, _ story: String, _ body: (ClaimConnection) throws(ClaimError) -> Void
  ) throws(ClaimError) {
    let talk = try ClaimConnection.begin(on: network, port: 0, .reuseAddress, takesLittle: true)
    talk.stopListening()
    try body(talk)
    talks.append(talk)
    members.append(Member(state: state, story: story, local: talk.server, peer: talk.peer))
  }
}

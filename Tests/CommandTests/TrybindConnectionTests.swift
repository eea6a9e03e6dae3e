import KernelSupport
import TestSupport
import Testing

/// Connections without a listener: of a server that is gone or goes on, without a process, or of a client.
@Suite(.needs(.networkNamespaces))
struct TrybindConnectionTests {
  enum Kind: String, CaseIterable, Sendable {
    case established, closeWait, finWait1, finWait2, lastAck, closing
    case orphanedFinWait1, orphanedLastAck, orphanedClosing

    var isOrphan: Bool { rawValue.hasPrefix("orphaned") }

    var state: String {
      switch self {
      case .established: "established"
      case .closeWait: "close-wait"
      case .finWait1, .orphanedFinWait1: "fin-wait-1"
      case .finWait2: "fin-wait-2"
      case .lastAck, .orphanedLastAck: "last-ack"
      case .closing, .orphanedClosing: "closing"
      }
    }

    func make(in lab: Lab, _ options: SocketOptions) throws -> Situation {
      switch self {
      case .established: try lab.established(port: 9527, options)
      case .closeWait: try lab.closeWait(port: 9527, options)
      case .finWait1, .orphanedFinWait1: try lab.finWait1(port: 9527, options, orphan: isOrphan)
      case .finWait2: try lab.finWait2(port: 9527, options)
      case .lastAck, .orphanedLastAck: try lab.lastAck(port: 9527, options, orphan: isOrphan)
      case .closing, .orphanedClosing: try lab.closing(port: 9527, options, orphan: isOrphan)
      }
    }
  }

  /// SO_REUSEADDR on both sides gets past all of them, whatever the books say.
  @Test(arguments: Kind.allCases, [false, true])
  func ofTheOldServer(kind: Kind, reuse: Bool) throws {
    try withNetworkNamespace { lab in
      let situation = try kind.make(in: lab, .init(reuseAddress: reuse))
      let slug = kind.isOrphan ? "orphaned-connection" : "leaked-connection"
      for server in [Server(), Server(reuse: true)] {
        let answer = try expectTrybind(server, server.reuse && reuse, [slug])
        #expect(answer.holders.map { $0["state"].string } == [kind.state])
        let holder = answer.holders.first
        #expect(holder?["minisocket"].bool == false)
        #expect(holder?["inode"].int == situation.row.flatMap { $0.inode == 0 ? nil : Int($0.inode) })
        if kind.isOrphan { #expect(holder?["inode"].isNull == true) }
        #expect(answer.finding(slug)["certainty"].string == (kind.isOrphan ? "certain" : "likely"))
        #expect(!answer.text.contains(/holds? port 9527 for/))
      }
    }
  }

  @Test func orphanWithAZeroWindow() throws {
    try withNetworkNamespace { lab in
      try lab.finWait1(port: 9527, orphan: true, by: .zeroWindow)
      try expectTrybind(Server(reuse: true), false, ["orphaned-connection"])
    }
  }

  /// The time of a TIME_WAIT beside it is not the time until the port is free.
  @Test(arguments: [false, true])
  func orphanBesideTimeWait(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      try lab.finWait1(port: 9527, .init(reuseAddress: true), orphan: true)
      let answer = try expectTrybind(
        Server(reuse: reuse), reuse, ["orphaned-connection", "time-wait-server-closed-first"])
      if !reuse { #expect(answer.freeIn.isNull) }
    }
  }

  @Test func connectionBesideTimeWait() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      try lab.established(port: 9527, .init(reuseAddress: true))
      let answer = try expectTrybind(Server(), false, ["leaked-connection", "time-wait-server-closed-first"])
      #expect(answer.freeIn.isNull)
    }
  }

  // MARK: Of a client

  /// A port that connect() chose by itself. No option of a server gets past it.
  @Test(arguments: [false, true])
  func onAnAutomaticPort(keepsPeer: Bool) throws {
    try withNetworkNamespace { lab in
      let situation = try lab.outgoing(localPort: nil, toPort: 80)
      if !keepsPeer { situation.listener?.close() }
      for reuse in [false, true] {
        let answer = try expectTrybind(
          Server(port: situation.port, reuse: reuse), false,
          ["outgoing-connection-took-port", "port-in-ephemeral-range"])
        #expect(answer.holders.count == 1)
        #expect(answer.holders.first?["peer"]["port"].int == 80)
        #expect(answer.freeIn.isNull)
      }
    }
  }

  @Test(arguments: [nil, 9527] as [UInt16?])
  func thatIsStillConnecting(port: UInt16?) throws {
    try withNetworkNamespace { lab in
      let situation = try lab.synSent(localPort: port)
      let server = Server(port: situation.port, reuse: true)
      let slugs = ["outgoing-connection-took-port"] + (port == nil ? ["port-in-ephemeral-range"] : [])
      let answer = try expectTrybind(server, false, slugs)
      #expect(answer.finding("outgoing-connection-took-port")["certainty"].string == "certain")
    }
  }

  /// The client closed first and left a TIME_WAIT on its own port.
  @Test func timeWaitOfAClient() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.clientTimeWait()
      try expectTrybind(
        Server(port: situation.port, reuse: true), false,
        ["time-wait-holder-without-reuse", "port-in-ephemeral-range"])
    }
  }

  /// The server's story was told of it ("the socket that left it had not set SO_REUSEADDR": keep it set), and it came back
  /// at the next restart.
  @Test(arguments: [TCPStateCode.timeWait, .finWait2])
  func remainsOfAClientOnAnEphemeralPort(state: TCPStateCode) throws {
    try withNetworkNamespace { lab in
      let situation =
        state == .timeWait
        ? try lab.clientTimeWait(toPort: 443) : try lab.outgoing(localPort: nil, toPort: 443)
      if state == .finWait2 {
        situation.subject?.close()
        try lab.wait(for: .finWait2, timer: .timeWait, local: situation.local)
      }
      for reuse in [false, true] {
        let answer = try expectTrybind(
          Server(port: situation.port, reuse: reuse), false,
          ["outgoing-time-wait", "port-in-ephemeral-range"])
        let finding = answer.finding("outgoing-time-wait")
        #expect(finding["certainty"].string == "likely")
        #expect(finding["title"].string?.contains("127.0.0.1:443") == true)
        #expect(
          finding["remedies"].array?.contains { $0["action"].string?.contains("reserved_ports") == true }
            == true)
        if Requirement.boundSockets.isMet() { #expect((answer.freeIn.int ?? 0) > 0) }
      }
    }
  }

  @Test(arguments: [9527, 40_000] as [UInt16], AddressFamily.allCases)
  func connectedToItself(port: UInt16, family: AddressFamily) throws {
    try withNetworkNamespace { lab in
      if family == .ipv6 { try Requirement.ipv6.orSkip() }
      try lab.selfConnected(family, port: port)
      let address = family == .ipv4 ? "127.0.0.1" : "::1"
      let answer = try expectTrybind(
        Server(port: port, addresses: [address], reuse: true), false,
        ["tcp-self-connect"] + (port == 40_000 ? ["port-in-ephemeral-range"] : []))
      #expect(answer.holders.count == 1)
      #expect(answer.holders.first?["local"] == answer.holders.first?["peer"])
    }
  }

  /// Connections to that port elsewhere hold nothing of it.
  @Test func connectionsToTheSamePortElsewhere() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.addAddress("192.0.2.1", prefix: 32, to: "eth0")
      let listener = lab.keep(try TCPSocket())
      try listener.bind("192.0.2.1", port: 9527)
      try listener.listen()
      let client = lab.keep(try TCPSocket())
      try client.connect(to: SocketAddress("192.0.2.1", port: 9527))
      let child = lab.keep(try listener.accept())
      try expectTrybind(Server(addresses: ["127.0.0.1"]), true, [])
      withExtendedLifetime(child) {}
    }
  }
}

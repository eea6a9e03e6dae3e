import Glibc
import KernelSupport
import TestSupport
import Testing

/// `trybind --after-stop`: predicted, then really stopped, then bound.
@Suite(.needs(.networkNamespaces))
struct AfterStopTests {
  enum Kind: CaseIterable, Sendable {
    case noConnections, idle, flagTakenAway, flagGiven, closeWait, unaccepted, timeWaitToo, finWait2, pair,
      outgoing
    case outgoingCloseWait
  }

  static let all: [SocketOptions] = [
    .none, .init(reuseAddress: true), .init(reusePort: true), .init(reuseAddress: true, reusePort: true),
  ]

  /// Makes a server and what is connected to it; what it returns stops it.
  static func serve(
    _ kind: Kind, via route: Route, _ options: SocketOptions, in lab: Lab
  ) throws -> () -> Void {
    var server: [TCPSocket] = []
    if kind == .outgoing || kind == .outgoingCloseWait {
      // A client whose own port is the server's, bound before the server is.
      let far = try lab.makeListener(via: .ipv4, port: 9600)
      let client = lab.keep(try TCPSocket(.ipv4, options))
      try client.bind("127.0.0.1", port: 9527)
      try client.connect(to: SocketAddress("127.0.0.1", port: 9600))
      let accepted = lab.keep(try far.accept())
      if kind == .outgoingCloseWait {
        accepted.close()
        try lab.wait(for: .closeWait, local: SocketAddress("127.0.0.1", port: 9527))
      }
      // Not every combination can be bound beside it. The same process has both, and they end with it.
      if let listener = try? lab.makeListener(via: .ipv4Wildcard, port: 9527, options) {
        server = [listener, client]
      }
      return { for socket in server { socket.close() } }
    }
    let listener = try lab.makeListener(via: route, port: 9527, options)
    server.append(listener)
    switch kind {
    case .noConnections, .outgoing, .outgoingCloseWait: break
    case .idle, .flagTakenAway, .flagGiven, .pair:
      if kind == .pair, options.reusePort {
        server.append(try lab.makeListener(via: route, port: 9527, options))
      }
      for _ in 0..<2 {
        let client = lab.keep(try TCPSocket(route.clientFamily))
        try client.connect(to: SocketAddress(route.connectAddress, port: 9527))
        let child = lab.keep(try (server.first(where: Self.hasConnection) ?? listener).accept())
        if kind == .flagTakenAway { try child.setReuseAddress(false) }
        if kind == .flagGiven { try child.setReuseAddress(true) }
        server.append(child)
      }
    case .closeWait:
      let connection = try lab.connect(via: route, through: listener)
      connection.client.close()
      try lab.wait(for: .closeWait, local: connection.local, peer: connection.peer)
      server.append(connection.child)
    case .unaccepted:
      let client = lab.keep(try TCPSocket(route.clientFamily))
      try client.connect(to: SocketAddress(route.connectAddress, port: 9527))
    case .timeWaitToo:
      let connection = try lab.connect(via: route, through: listener)
      try lab.closeInTurn(connection.child, connection.client)
      try lab.wait(for: .timeWait, local: connection.local, peer: connection.peer)
    case .finWait2:
      let connection = try lab.connect(via: route, through: listener)
      try connection.child.shutdownWriting()
      try lab.wait(for: .finWait2, local: connection.local, peer: connection.peer)
      server.append(connection.child)
    }
    return { for socket in server { socket.close() } }
  }

  static func hasConnection(_ socket: TCPSocket) -> Bool {
    var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }

  @Test(.needs(.ipv6), arguments: Kind.allCases)
  func predictStopAndBind(kind: Kind) throws {
    var decided = [0, 0]
    for (index, options) in Self.all.enumerated() {
      for route in [
        Route.ipv4, .ipv4Wildcard, .ipv6, .ipv6OnlyWildcard, .dualStackOverIPv4, .dualStackOverIPv6,
      ] {
        // Each situation by some of the ways to reach it, and each way in some situation; all of them when there is time.
        let number = Route.allCases.firstIndex(of: route) ?? 0
        if getenv("TW_SLOW") == nil, (number + index) % 6 != 0 { continue }
        try withNetworkNamespace { lab in
          let stop = try Self.serve(kind, via: route, options, in: lab)
          let line = ["trybind", "9527", "--after-stop", "--matrix", "--json"]
          let blind = KernelCells(try Tool.run(line + ["--flags", "none"]).json)
          let reading = KernelCells(try Tool.run(line).json)
          stop()
          let comment = "\(kind) \(route) \(options)"
          try blind.compare(comment + ", flags unknown")
          try reading.compare(comment + ", flags read")
          // Of a TIME_WAIT on a real IPv6 address nobody tells IPV6_V6ONLY.
          let isOpen = kind == .timeWaitToo && route.connectAddress == "::1"
          // A socket that is only bound would stay.
          for cell in reading.cells where cell.predicted == "depends" && Requirement.boundSockets.isMet() {
            #expect(isOpen && cell.server.addresses == ["0.0.0.0"], "\(comment): \(cell.server)")
          }
          decided[0] += blind.decided
          decided[1] += reading.decided
        }
      }
    }
    #expect(decided[0] <= decided[1])
  }

  /// The client of another process on the server's port goes on when the server has stopped.
  @Test(.needs(.program("perl")), arguments: [true, false])
  func anotherProcessesConnection(isCloseWait: Bool) throws {
    try withNetworkNamespace { lab in
      let far = try lab.makeListener(port: 9600)
      let client = try Perl(
        """
        socket(our $c, PF_INET, SOCK_STREAM, 0); setsockopt($c, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($c, sockaddr_in(9527, INADDR_LOOPBACK)) or die; connect($c, sockaddr_in(9600, INADDR_LOOPBACK)) or die;
        """
      ).start()
      let accepted = lab.keep(try far.accept())
      if isCloseWait {
        accepted.close()
        try lab.wait(for: .closeWait, local: SocketAddress("127.0.0.1", port: 9527))
      }
      let listener = try lab.makeListener(via: .ipv4Wildcard, port: 9527, .init(reuseAddress: true))
      let line = ["trybind", "9527", "--after-stop", "--matrix", "--json"]
      let answers = try [line, line + ["--flags", "none"]].map { KernelCells(try Tool.run($0).json) }
      let finding = try Tool.run(line).json["findings"][0]["slug"].string
      #expect(finding == "leaked-connection")
      listener.close()
      for answer in answers { try answer.compare("CLOSE_WAIT \(isCloseWait)") }
      withExtendedLifetime(client) {}
    }
  }

  /// A process that is killed with its clients connected.
  @Test(.needs(.boundSockets), .needs(.program("perl")), arguments: [true, false])
  func killedForReal(reuse: Bool) throws {
    try withNetworkNamespace { lab in
      let option = reuse ? "setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);" : ""
      let server = try Perl(
        """
        socket(my $s, PF_INET, SOCK_STREAM, 0); \(option)
        bind($s, sockaddr_in(9527, INADDR_LOOPBACK)) or die; listen($s, 8); alarm 30;
        socket(my $c, PF_INET, SOCK_STREAM, 0); connect($c, sockaddr_in(9527, INADDR_LOOPBACK)) or die;
        accept(my $a, $s) or die; our @keep = ($s, $c, $a);
        """
      ).start()
      let client = lab.keep(try TCPSocket(.ipv4))
      try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
      let json = try Tool.run("trybind", "9527", "--reuse", "--after-stop", "--flags", "live", "--json").json
      #expect(json["prediction"]["answer"].string == (reuse ? "ok" : "fails"))
      #expect(json["target"]["after_stop"].bool == true)
      #expect(json["holders"].array?.allSatisfy { $0["state"].string == "established" } == true)
      try server.send(signal: SIGKILL)
      _ = try server.finish()
      var again = Server(addresses: ["0.0.0.0"])
      #expect(try again.start()[0].bind == "EADDRINUSE")
      again.reuse = true
      #expect(try again.start()[0].bind == (reuse ? "ok" : "EADDRINUSE"))
    }
  }
}

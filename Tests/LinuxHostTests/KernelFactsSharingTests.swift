import Glibc
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// SO_REUSEADDR and SO_REUSEPORT: who gets in beside whom.
  @Suite struct SharingTests {
    private static let sets: [LabOptions] = [.none, .withReuseAddress, .withReusePort, .withBoth]
    private static let nobody: uid_t = 65_534

    @Test func timeWaitWantsTheSameOptionOnBothSides() throws {
      try withNetworkNamespace { lab in
        for old in Self.sets {
          let port = try lab.timeWait(old).port
          for new in Self.sets {
            let isShared = old.reuseAddress && new.reuseAddress || old.reusePort && new.reusePort
            #expect(
              try answer("127.0.0.1", port, new, listens: true) == (isShared ? .ok : .inUse), "\(old) \(new)")
          }
        }
      }
    }

    @Test func listenerLetsInWithReusePortOnly() throws {
      try withNetworkNamespace { lab in
        for old in Self.sets {
          let port = try lab.listener(old).port
          for new in Self.sets {
            let isShared = old.reusePort && new.reusePort
            #expect(
              try answer("127.0.0.1", port, new, listens: true) == (isShared ? .ok : .inUse), "\(old) \(new)")
          }
        }
      }
    }

    /// Not even for another user, and in every state but LISTEN.
    @Test func reuseAddressOnBothSidesGetsPastConnections() throws {
      try withNetworkNamespace { lab in
        let old = Lab.canSwitchUser ? LabOptions.withReuseAddress.owned(by: Self.nobody) : .withReuseAddress
        let situations: [(Situation, String)] = try [
          (lab.established(old), "ESTABLISHED"), (lab.closeWait(old), "CLOSE_WAIT"),
          (lab.finWait1(old, orphan: true), "FIN_WAIT1"), (lab.finWait2(old), "FIN_WAIT2"),
          (lab.finWait2Orphan(old), "orphaned FIN_WAIT2"),
          (lab.finWait2Minisocket(old), "FIN_WAIT2 minisocket"),
          (lab.lastAck(old), "LAST_ACK"), (lab.closing(old), "CLOSING"), (lab.timeWait(old), "TIME_WAIT"),
          (lab.synSent(localPort: 9527, old), "SYN_SENT"), (lab.boundOnly(old), "bound"),
          (lab.outgoing(localPort: 9528, old), "outgoing"),
        ]
        for (situation, name) in situations {
          #expect(
            try answer("127.0.0.1", situation.port, .withReuseAddress, listens: true) == .ok, "\(name)")
          #expect(try answer("127.0.0.1", situation.port) == .inUse, "\(name)")
        }
      }
    }

    @Test func connectionsInheritTheListenersOptions() throws {
      try withNetworkNamespace { lab in
        for set in [false, true] {
          let connection = try lab.connect(LabOptions(reuseAddress: set))
          #expect(try connection.child.reuseAddress == set)
          try connection.listener.setReuseAddress(!set)
          #expect(try connection.child.reuseAddress == set, "after the handshake it is its own")
        }
      }
    }

    /// What the accepted socket has when it is closed is what its TIME_WAIT has, and FIN_WAIT2 as well.
    @Test func connectionsOptionAtItsCloseCounts() throws {
      try withNetworkNamespace { lab in
        for set in [false, true] {
          let old = LabOptions(reuseAddress: !set)
          let change = { (child: TCPSocket) in try child.setReuseAddress(set) }
          let ports = try [
            lab.timeWait(old, beforeClose: change).port,
            lab.finWait2Minisocket(old, beforeClose: change).port,
          ]
          for port in ports {
            #expect(try answer("127.0.0.1", port, .withReuseAddress) == (set ? .ok : .inUse))
          }
        }
      }
    }

    // MARK: Users

    @Test(.needs(.otherUsers)) func reusePortIsForOneUser() throws {
      try withNetworkNamespace { lab in
        for (old, new) in [(Self.nobody, geteuid()), (geteuid(), Self.nobody)] {
          let port = try lab.listener(.withReusePort.owned(by: old)).port
          #expect(try answer("127.0.0.1", port, .withReusePort.owned(by: new)) == .inUse, "\(old) \(new)")
          #expect(try answer("127.0.0.1", port, .withReusePort.owned(by: old), listens: true) == .ok)
        }
      }
    }

    @Test(.needs(.otherUsers)) func minisocketsHaveNoUser() throws {
      try withNetworkNamespace { lab in
        for options in [LabOptions.withReuseAddress, .withReusePort] {
          let old = options.owned(by: Self.nobody)
          for port in try [lab.timeWait(old).port, lab.finWait2Minisocket(old).port] {
            #expect(try answer("127.0.0.1", port, options, listens: true) == .ok)
          }
        }
      }
    }

    /// Whose a connection is, and so who may share its port, is decided by accept(2).
    @Test(.needs(.otherUsers)) func connectionBelongsToWhoAcceptsIt() throws {
      try withNetworkNamespace { lab in
        let situation = try lab.established(.withReusePort.owned(by: Self.nobody))
        #expect(situation.row?.uid == geteuid())
        #expect(try answer("127.0.0.1", situation.port, .withReusePort) == .ok)
      }
    }

    // MARK: listen

    @Test func listenAsksAgain() throws {
      try withNetworkNamespace { _ in
        let sockets = try (0..<2).map { _ in
          let socket = try TCPSocket(.ipv4, .withReuseAddress)
          try socket.bind("127.0.0.1", port: 9527)
          return socket
        }
        try sockets[0].listen()
        #expect(throws: SystemCallError("listen", EADDRINUSE)) { try sockets[1].listen() }
        #expect(try sockets[1].localPort == 9527, "it stays bound")
        sockets[0].close()
        try sockets[1].listen()
      }
    }

    // MARK: What the kernel remembers of a port

    /// Why trials with SO_REUSEPORT come first, the most overlapping address first of all.
    @Test(.needs(.ipv6)) func reusePortBindThatWorkedLetsOthersIn() throws {
      try withNetworkNamespace { lab in
        try lab.boundOnly(via: .ipv6, port: 9527)
        #expect(try answer("::", 9527, .withReusePort, listens: true) == .inUse)
        #expect(try answer("0.0.0.0", 9527, .withReusePort) == .ok)
        #expect(try answer("::", 9527, .withReusePort, listens: true) == .ok, "against the rules")
        #expect(try answer("127.0.0.1", 9527) == .ok)
        #expect(try answer("::", 9527, .withReusePort, listens: true) == .inUse, "forgotten")
      }
    }

    /// Of the existing socket's options those count that it has now, and not those that it was bound with.
    @Test(.needs(.presentOptions))
    func optionsMayChangeAfterBind() throws {
      try withNetworkNamespace { lab in
        let listener = try lab.makeListener(port: 9527)
        #expect(try answer("127.0.0.1", 9527, .withReusePort) == .inUse)
        try listener.setReusePort(true)
        #expect(try answer("127.0.0.1", 9527, .withReusePort, listens: true) == .ok)

        let bound = lab.keep(try TCPSocket(.ipv4, .withReuseAddress))
        try bound.bind("127.0.0.1", port: 9528)
        #expect(try answer("127.0.0.1", 9528, .withReuseAddress) == .ok)
        try bound.setReuseAddress(false)
        #expect(try answer("127.0.0.1", 9528, .withReuseAddress) == .inUse)
        try bound.setReuseAddress(true)
        #expect(try answer("127.0.0.1", 9528, .withReuseAddress) == .ok)
      }
    }

    @Test func connectionsAreSpreadOverListeners() throws {
      try withNetworkNamespace { lab in
        let listeners = try (0..<2).map { _ in try lab.makeListener(port: 9527, .withReusePort) }
        for _ in 0..<64 {
          let client = lab.keep(try TCPSocket())
          try client.connect(to: listeners[0].localAddress)
        }
        for listener in listeners { _ = try listener.accept() }
      }
    }
  }
}

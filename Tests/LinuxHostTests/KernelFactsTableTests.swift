import KernelSupport
import Glibc
import LinuxHost
import NetlinkCodec
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// What sock_diag tells, and what it does not.
  @Suite struct TableTests {
    private static let nobody: uid_t = 65_534

    @Test(.needs(.ipv6)) func oneWalkHasBothFamilies() throws {
      try withNetworkNamespace { lab in
        try lab.listener(via: .ipv4, port: 9527)
        try lab.listener(via: .ipv6, port: 9527)
        let found = try rawDump(states: StateSet(.listen), sourcePort: 9527)
        #expect(Set(found.map(\.family)) == [.ipv4, .ipv6])
      }
    }

    @Test(.needs(.ipv6)) func mappedConnectionsAreIPv6Records() throws {
      try withNetworkNamespace { lab in
        let port = try lab.timeWait(via: .dualStackOverIPv4).port
        let found = try record(onPort: port)
        #expect(found.family == .ipv6)
        #expect(found.local.address.text == "::ffff:127.0.0.1")
        #expect(found.local.address.ipv4 == 0x7f00_0001)
      }
    }

    /// 0 means nothing there: never "root".
    @Test(.needs(.otherUsers)) func minisocketsHaveNeitherUserNorInode() throws {
      try withNetworkNamespace { lab in
        let options = LabOptions.none.owned(by: Self.nobody)
        for port in try [lab.timeWait(options).port, lab.finWait2Minisocket(options).port] {
          let raw = try rawDump(states: .minisockets, sourcePort: port)
          #expect(raw.map(\.uid) == [0])
          #expect(raw.map(\.inode) == [0])
          #expect(try record(onPort: port).uid == nil)
        }
      }
    }

    @Test(.needs(.usersOfOrphans))
    func orphansKeepTheirUser() throws {
      try withNetworkNamespace { lab in
        let options = LabOptions.none.owned(by: Self.nobody)
        let unaccepted = try records(onPort: try lab.unaccepted(options).port).filter {
          $0.state == .established
        }
        #expect(unaccepted.map(\.uid) == [Self.nobody])
        #expect(unaccepted.map(\.inode) == [0])

        let listener = try lab.makeListener(options)
        let client = try TCPSocket()
        try client.connect(to: listener.localAddress)
        let child = try asUser(Self.nobody) { try listener.accept() }
        listener.close()
        try client.dropIncoming()
        let port = try child.localPort
        child.close()
        let orphan = try record(onPort: port)
        #expect(orphan.isOrphan)
        #expect(orphan.uid == Self.nobody)
      }
    }

    /// "ss state time-wait" shows nothing, and the port is held by what a timer alone keeps.
    @Test func finWait2MinisocketIsNotATimeWait() throws {
      try withNetworkNamespace { lab in
        let port = try lab.finWait2Minisocket().port
        #expect(try rawDump(states: StateSet(.timeWait), sourcePort: port).isEmpty)
        let raw = try rawDump(states: StateSet(.finWait2), sourcePort: port)
        #expect(raw.map(\.timer) == [3])
        #expect(raw.map(\.state) == [5])
      }
    }

    /// The kernel looks at the port of no socket that is only bound, so that the product looks again.
    @Test(.needs(.boundSockets))
    func boundSocketsAreListedWhateverTheirPort() throws {
      try withNetworkNamespace { lab in
        try lab.boundOnly(port: 9527)
        try lab.boundOnly(port: 9528)
        let raw = try rawDump(states: StateSet(.bound), sourcePort: 9527)
        #expect(raw.contains { $0.sourcePort == 9527 })
        #expect(raw.contains { $0.sourcePort == 9528 })
        #expect(raw.allSatisfy { $0.state == 7 })
        #expect(
          try rawDump(states: StateSet(.close), sourcePort: 9527).isEmpty, "bit 7 is no state of theirs")
        #expect(try rawDump(states: StateSet(rawValue: 0xfff), sourcePort: 9527).isEmpty)

        let found = try record(onPort: 9527)
        #expect(found.state == .bound)
        #expect(found.local.port == 9527)
        #expect(found.inode != 0)
      }
    }

    /// A client that was bound to its port keeps it, and its cookie, when its connection becomes a TIME_WAIT
    /// while it is open; and the TIME_WAIT has that cookie too, if it was asked for before.
    @Test(.needs(.boundSockets))
    func openSocketSharesItsCookieWithItsTimeWait() throws {
      try withNetworkNamespace { lab in
        let connection = try lab.connect(clientPort: 9527)
        let cookie = try record(onPort: 9527).cookie
        try connection.client.shutdownWriting()
        try lab.wait(for: .finWait2, local: connection.peer)
        try connection.child.shutdownWriting()
        try lab.wait(for: .timeWait, local: connection.peer)
        let bound = try rawDump(states: StateSet(.bound)).filter { $0.sourcePort == 9527 }
        #expect(bound.map(\.cookie) == [cookie])
        #expect(try rawDump(states: StateSet(.timeWait), sourcePort: 9527).map(\.cookie) == [cookie])
        let shown = Set(try records(onPort: 9527).map(\.state))
        #expect(shown == [.bound, .timeWait], "one of the two was taken for a repetition")
      }
    }

    @Test func connectionRequestIsReportedBySeveralBits() throws {
      try withNetworkNamespace { lab in
        let port = try lab.synRecv().port
        let raw = try rawDump(states: StateSet(.synReceived), sourcePort: port)
        #expect(raw.map(\.state) == [3])
        #expect(raw.map(\.inode) == [0])
      }
    }

    @Test(.needs(.ipv6)) func v6OnlyIsToldOfListenersAlone() throws {
      try withNetworkNamespace { lab in
        for (route, isV6Only) in [(Route.dualStackOverIPv6, false), (.ipv6OnlyWildcard, true), (.ipv6, true)]
        {
          let port = try lab.established(via: route, keepListener: true).port
          let found = try records(onPort: port)
          #expect(found.first { $0.state == .listen }?.v6Only == isV6Only, "\(route)")
          let connection = try #require(found.first { $0.state == .established })
          #expect(connection.v6Only == nil, "\(route)")
        }
      }
    }

    /// A source that was opened before setns(2) goes on seeing where it was opened.
    @Test func netlinkSocketStaysInItsNamespace() throws {
      try withNetworkNamespace { lab in
        try lab.listener(port: 9527)
        var source = try SocketSource(.netlink)
        let filter = SocketFilter(ports: PortSet(9527), states: .states(StateSet(.listen)))
        let (old, new) = try withNetworkNamespace { _ in
          (try source.snapshot(filter).records.count, try records(onPort: 9527).count)
        }
        #expect((old, new) == (1, 0))
      }
    }

    @Test(.needs(.mptcp))
    func multipathListenerIsInTheTable() throws {
      try withNetworkNamespace { lab in
        let situation = try lab.listener(.init(multipath: true))
        let inode = try situation.subject?.inode
        #expect(try record(onPort: situation.port).inode == inode)
      }
    }
  }
}

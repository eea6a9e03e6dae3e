@testable import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// What an audit says of listeners, from the records and what was read of them.
@Suite struct AuditTests {
  /// A listener of a process, or of several.
  struct Server {
    var record: SocketRecord
    /// Nil: it could not be read.
    var options: SocketOptions?
    var pids: [Int32] = [1000]
    var service: String?
  }

  private static func listener(
    _ address: IPAddress = .anyIPv4, _ port: UInt16 = 9527, id: UInt32 = 11, v6Only: Bool? = nil
  ) -> SocketRecord {
    .on(address, port, .listen, uid: 0, inode: id, cookie: UInt64(id), v6Only: v6Only)
  }

  private static func connection(_ port: UInt16 = 9527, id: UInt32 = 50) -> SocketRecord {
    .on(.loopback, port, .established, uid: 0, inode: id, cookie: UInt64(id))
  }

  private static func audit(
    _ servers: [Server], _ others: [(record: SocketRecord, pid: Int32?)] = [], coverage: Coverage = .netlink,
    settings: HostSettings = HostSettings(timerSlack: 2048), change: (inout SocketDetails) -> Void = { _ in }
  ) -> Audit {
    var details = SocketDetailsTable()
    var sockets: [Int: ServerSocket] = [:]
    for (index, server) in servers.enumerated() {
      var known = SocketDetails(
        owners: server.pids.map { pid in
          SocketOwner(
            pid: pid, command: "web", descriptor: 3,
            cgroup: server.service.map { CgroupPath("/system.slice/\($0)") })
        }, isOwnersComplete: true, visibility: server.pids.isEmpty ? .hidden : .visible)
      if let options = server.options {
        known.reuseAddress = options.contains(.reuseAddress)
        known.reusePort = options.contains(.reusePort)
        sockets[index] = ServerSocket(
          address: BindAddress(server.record.local.address, v6Only: server.record.v6Only == true),
          settings: .init(options: options, uid: 0))
      }
      change(&known)
      details[server.record] = known
    }
    for (record, pid) in others {
      guard let pid else { continue }
      details[record] = SocketDetails(
        owners: [SocketOwner(pid: pid, command: "web")], isOwnersComplete: true, visibility: .visible)
    }
    let records = servers.map(\.record) + others.map(\.record)
    return Audit(
      AuditEvidence(
        Snapshot(records: records, coverage: coverage), asked: Array(servers.indices), sockets: sockets,
        details: details, settings: settings))
  }

  /// "9527 no 60000 time-wait-holder-without-reuse".
  private static func lines(_ audit: Audit) -> [String] {
    audit.listeners.map { listener in
      ([
        "\(listener.record.localPort)", listener.restart.rawValue, listener.blockedFor.map { "\($0)" } ?? "-",
      ] + listener.findings.map(\.rawValue)).joined(separator: " ")
    }
  }

  // MARK: Restart

  @Test func withAndWithoutConnections() {
    for options in [[], .reuseAddress, .reusePort, [.reuseAddress, .reusePort]] as [SocketOptions] {
      let server = Server(record: Self.listener(), options: options)
      #expect(Self.lines(Self.audit([server])) == ["9527 yes 0"])
      let audit = Self.audit([server], [(Self.connection(), 1000)])
      #expect(
        Self.lines(audit)
          == [options.isEmpty ? "9527 no 60000 time-wait-holder-without-reuse" : "9527 yes 0"], "\(options)")
      #expect(audit.listeners[0].blockedLatest == (options.isEmpty ? 122_048 : 0))
      #expect(audit.verdict == (options.isEmpty ? .no : .yes))
    }
  }

  @Test func timersDecideWhenItIsFree() {
    let timeWait = SocketRecord.on(.loopback, expires: 41_000, cookie: 4)
    let audit = Self.audit([Server(record: Self.listener(), options: [])], [(timeWait, nil)])
    #expect(Self.lines(audit) == ["9527 no 41000 time-wait-holder-without-reuse"])
    #expect(audit.listeners[0].blockedLatest == 43_048)
  }

  @Test func whatCouldNotBeReadIsUnknown() {
    let audit = Self.audit([
      Server(record: Self.listener(), options: nil),
      Server(record: Self.listener(.anyIPv4, 80, id: 12), options: nil, pids: []),
    ])
    #expect(Self.lines(audit) == ["80 unknown - owner-hidden", "9527 unknown -"])
    #expect(audit.verdict == .unknown)
    // One that surely fails decides.
    let failing = Self.audit(
      [
        Server(record: Self.listener(.anyIPv4, 80, id: 12), options: nil),
        Server(record: Self.listener(), options: []),
      ], [(Self.connection(), 1000)])
    #expect(failing.verdict == .no && failing.listeners[0].record.localPort == 9527)
  }

  @Test func anIncompleteLookIsNoAnswer() {
    let coverage = Coverage(origin: .sockDiag, isComplete: false, blindSpots: [])
    for server in [
      Server(record: Self.listener(), options: .reuseAddress), Server(record: Self.listener(), options: []),
    ] {
      let audit = Self.audit([server], [(Self.connection(), 1000)], coverage: coverage)
      #expect(Self.lines(audit) == ["9527 unknown -"] && audit.verdict == .unknown)
    }
    #expect(Self.audit([], coverage: coverage).verdict == .unknown)
    #expect(Self.audit([]).verdict == .yes)
  }

  @Test func whatIsNotListedLeavesItOpen() {
    let audit = Self.audit([Server(record: Self.listener(), options: .reuseAddress)], coverage: .proc)
    #expect(Self.lines(audit) == ["9527 depends -"] && audit.verdict == .depends)
    #expect(audit.listeners[0].reason == .dependsOn(.boundNotListening))
  }

  /// Of several on a port only the one that is asked about stops.
  @Test func othersStay() {
    func servers(_ options: [SocketOptions]) -> [Server] {
      options.enumerated().map { index, options in
        Server(
          record: Self.listener(.anyIPv4, 9527, id: 11 + UInt32(index)), options: options,
          pids: [1000 + Int32(index)])
      }
    }
    let shared = Self.audit(servers([.reusePort, .reusePort]))
    #expect(Self.lines(shared) == Array(repeating: "9527 yes 0 shared-by-reuse-port", count: 2))
    #expect(shared.listeners.allSatisfy { $0.sharers == 2 })
    let stale = Self.audit(servers([.reusePort, []]))
    #expect(
      Self.lines(stale) == Array(repeating: "9527 no - listener-alive shared-by-reuse-port", count: 2))
    // Processes of one service restart together.
    var together = servers([.reusePort, []])
    for index in together.indices { together[index].service = "web.service" }
    #expect(
      Self.lines(Self.audit(together)) == Array(repeating: "9527 yes 0 shared-by-reuse-port", count: 2))
  }

  /// The connection of the server that stays does not become a TIME_WAIT.
  @Test func othersKeepTheirConnections() {
    let servers = [
      Server(record: Self.listener(.loopback, id: 11), options: [], pids: [1000]),
      Server(record: Self.listener(.v4(127, 0, 0, 2), id: 12), options: [], pids: [1001]),
    ]
    let other = SocketRecord.on(.v4(127, 0, 0, 2), 9527, .established, uid: 0, inode: 60, cookie: 60)
    #expect(
      Self.lines(Self.audit(servers, [(other, 1001)])) == [
        "9527 no 60000 time-wait-holder-without-reuse", "9527 yes 0",
      ])
  }

  /// More servers than are judged one by one: all are stopped together, as --after-stop does.
  @Test func veryManyOnOnePort() {
    let servers = (0..<2000).map { index in
      Server(
        record: Self.listener(.anyIPv4, 9527, id: 1000 + UInt32(index)), options: .reusePort,
        pids: [2000 + Int32(index)])
    }
    let connections = (0..<5000).map { index in
      (record: Self.connection(id: 10_000 + UInt32(index)), pid: Int32?(2000 + Int32(index % 2000)))
    }
    let audit = Self.audit(servers, connections)
    #expect(audit.count(.yes) == 2000 && audit.listeners[0].sharers == 2000)
  }

  // MARK: Findings

  @Test func whatElseIsWrong() {
    let server = Server(record: Self.listener(), options: .reuseAddress)
    var settings = HostSettings(ephemeralRange: 9000...9999)
    #expect(Self.lines(Self.audit([server], settings: settings)) == ["9527 yes 0 port-in-ephemeral-range"])
    settings.reservedPorts = PortSet(9527)
    #expect(Self.lines(Self.audit([server], settings: settings)) == ["9527 yes 0"])
    let stopped = Self.audit([server]) { $0.owners?[0].activity = .stopped }
    #expect(Self.lines(stopped) == ["9527 yes 0 holder-stopped"])
    let inherited = Self.audit([server]) { known in
      var other = known.owners?[0] ?? SocketOwner(pid: 1, command: "")
      known.owners?[0].executable = .init(device: 1, inode: 1)
      other.pid = 1001
      other.executable = .init(device: 1, inode: 2)
      known.owners?.append(other)
    }
    #expect(Self.lines(inherited) == ["9527 yes 0 listener-inherited"])
    let kernels = Self.audit([Server(record: Self.listener(), options: nil, pids: [])]) {
      $0.visibility = .none
    }
    #expect(Self.lines(kernels) == ["9527 unknown - kernel-owned-socket"])
    #expect(kernels.listeners[0].reason == .ofKernel)
  }

  @Test func theOtherNameOfLocalhost() {
    func servers(_ left: SocketRecord, _ right: SocketRecord, pids: [Int32] = [1000, 1001]) -> [String] {
      Self.lines(
        Self.audit([
          Server(record: left, options: [], pids: [pids[0]]),
          Server(record: right, options: [], pids: [pids[1]]),
        ]))
    }
    let (ipv4, ipv6) = (Self.listener(.loopback, id: 11), Self.listener(.loopbackIPv6, id: 12))
    #expect(servers(ipv4, ipv6) == Array(repeating: "9527 yes 0 other-name-elsewhere", count: 2))
    #expect(servers(ipv4, ipv6, pids: [1000, 1000]) == ["9527 yes 0", "9527 yes 0"])
    #expect(
      servers(Self.listener(.anyIPv4, id: 11), Self.listener(.anyIPv6, id: 12, v6Only: true)).allSatisfy {
        $0.hasSuffix("other-name-elsewhere")
      })
    #expect(servers(Self.listener(.v4(127, 0, 0, 2), id: 11), ipv6) == ["9527 yes 0", "9527 yes 0"])
  }

  // MARK: Order

  @Test func theWorstComeFirst() {
    let audit = Self.audit(
      [
        Server(record: Self.listener(.anyIPv4, 1, id: 21), options: .reuseAddress),
        Server(record: Self.listener(.anyIPv4, 9200, id: 22), options: .reuseAddress),
        Server(record: Self.listener(.anyIPv4, 2, id: 23), options: nil),
        Server(record: Self.listener(.anyIPv4, 3, id: 24), options: []),
      ], [(Self.connection(3), 1000)], settings: HostSettings(ephemeralRange: 9000...9999))
    #expect(audit.listeners.map(\.record.localPort) == [3, 2, 9200, 1])
  }
}

import Glibc
import TestSupport
import Testing

/// The lab itself: each situation is what the kernel's own table says it is.
@Suite(.needs(.networkNamespaces))
struct LabTests {
  @Test func namespaceIsEmptyAtFirstAndLeftAtTheEnd() throws {
    let outside = namespaceInode()
    try withNetworkNamespace { lab in
      #expect(lab.inode == namespaceInode())
      #expect(lab.inode != outside)
      #expect(try KernelTable.read().rows.isEmpty)
      try lab.listener()
      #expect(try KernelTable.read().rows.count == 1)
    }
    #expect(namespaceInode() == outside)
  }

  @Test func namespaceIsLeftAfterAnError() throws {
    struct Failure: Error {}
    let outside = namespaceInode()
    #expect(throws: Failure.self) { try withNetworkNamespace { _ in throw Failure() } }
    #expect(namespaceInode() == outside)
  }

  @Test func pathLeadsInFromOutside() throws {
    try withNetworkNamespace { outer in
      try withNetworkNamespace { inner in
        let result = try Command("/usr/bin/stat", ["-L", "-c", "%i", outer.path]).run()
        #expect(result.output == "\(outer.inode)\n")
        #expect(inner.inode != outer.inode)
      }
    }
  }

  @Test func sysctlsAreTheNamespacesOwn() throws {
    try withNetworkNamespace { lab in
      let before = try lab.sysctl("net.ipv4.tcp_fin_timeout")
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "5")
      #expect(try lab.sysctl("net.ipv4.tcp_fin_timeout") == "5")
      let inner = try withNetworkNamespace { try $0.sysctl("net.ipv4.tcp_fin_timeout") }
      #expect(inner == before)
    }
  }

  @Test(arguments: Route.allCases)
  func listener(route: Route) throws {
    try onLab(route) { lab in
      let situation = try lab.listener(via: route, port: 9527)
      let row = try #require(situation.row)
      #expect(row.state == .listen)
      #expect(row.local == (try SocketAddress(route.listenAddress, port: 9527)))
      #expect(row.line.contains(" 0A "))
      #expect(row.inode != 0)
    }
  }

  @Test func boundOnlyIsNotInProc() throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9527)
      #expect(try KernelTable.read().rows.isEmpty)
      let second = try TCPSocket()
      #expect(throws: SystemCallError("bind", EADDRINUSE, "127.0.0.1:9527")) {
        try second.bind("127.0.0.1", port: 9527)
      }
    }
  }

  @Test(arguments: Route.allCases)
  func established(route: Route) throws {
    try onLab(route) { lab in
      let accepted = try lab.established(via: route, port: 9527)
      try expect(accepted, .established, " 01 ", address: route.connectionAddress)
      #expect(accepted.row?.inode != 0)
      #expect(try KernelTable.read().rows(onPort: 9527).count == 1)

      let beside = try lab.established(via: route, port: 9528, keepListener: true)
      #expect(try KernelTable.read().rows(onPort: beside.port).map(\.state).contains(.listen))

      let unaccepted = try lab.unaccepted(via: route, port: 9529)
      try expect(unaccepted, .established, " 01 ", address: route.connectionAddress)
      #expect(unaccepted.row?.inode == 0)
    }
  }

  @Test(arguments: [nil, 40_001] as [UInt16?])
  func outgoing(port: UInt16?) throws {
    try withNetworkNamespace { lab in
      let situation = try lab.outgoing(localPort: port, toPort: 9527)
      #expect(situation.row?.state == .established)
      #expect(situation.peer?.port == 9527)
      if let port { #expect(situation.port == port) }
      #expect(try KernelTable.read().rows(onPort: 9527).count == 2)
    }
  }

  @Test func selfConnected() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.selfConnected(port: 9527)
      #expect(situation.row?.state == .established)
      #expect(situation.row?.local == situation.row?.peer)
      #expect(try KernelTable.read().rows.count == 1)
    }
  }

  @Test(arguments: Route.allCases)
  func connecting(route: Route) throws {
    try onLab(route) { lab in
      let receiving = try lab.synRecv(via: route, port: 9527)
      try expect(receiving, .synRecv, " 03 ", timer: .retransmit, address: route.connectionAddress)
      #expect(receiving.row?.inode == 0)

      let sent = try lab.synSent(via: route, localPort: 40_001)
      try expect(sent, .synSent, " 02 ", timer: .retransmit, address: route.connectAddress)
      #expect(sent.port == 40_001)
    }
  }

  @Test(arguments: Route.allCases)
  func closedByTheClient(route: Route) throws {
    try onLab(route) { lab in
      let waiting = try lab.closeWait(via: route, port: 9527)
      try expect(waiting, .closeWait, " 08 ", timer: .off, address: route.connectionAddress)
      for orphan in [false, true] {
        let last = try lab.lastAck(via: route, orphan: orphan)
        try expect(last, .lastAck, " 09 ", timer: .retransmit, address: route.connectionAddress)
        #expect((last.row?.inode == 0) == orphan)
        #expect((last.subject == nil) == orphan)
      }
    }
  }

  @Test(arguments: Route.allCases)
  func closedByTheServer(route: Route) throws {
    try onLab(route) { lab in
      for orphan in [false, true] {
        let first = try lab.finWait1(via: route, orphan: orphan)
        try expect(first, .finWait1, " 04 ", timer: .retransmit, address: route.connectionAddress)
        #expect((first.row?.inode == 0) == orphan)
      }
      let open = try lab.finWait2(via: route)
      try expect(open, .finWait2, " 05 ", timer: .off, address: route.connectionAddress)
      #expect(open.row?.inode != 0)

      let orphan = try lab.finWait2Orphan(via: route)
      try expect(orphan, .finWait2, " 05 ", timer: .keepalive, address: route.connectionAddress)
      #expect(orphan.row?.inode == 0)

      let small = try lab.finWait2Minisocket(via: route)
      try expect(small, .finWait2, " 05 ", timer: .timeWait, address: route.connectionAddress)
      #expect(small.row?.line.contains(" 05 00000000:00000000 03:") == true)
    }
  }

  @Test func zeroWindow() throws {
    try withNetworkNamespace { lab in
      let first = try lab.finWait1(orphan: true, by: .zeroWindow)
      #expect(first.row?.state == .finWait1)
      #expect(first.row?.sendQueue ?? 0 > 1)
      let last = try lab.lastAck(orphan: true, by: .zeroWindow)
      #expect(last.row?.state == .lastAck)
      #expect(last.row?.sendQueue ?? 0 > 1)
    }
  }

  @Test(arguments: Route.allCases, [false, true])
  func closing(route: Route, orphan: Bool) throws {
    try onLab(route) { lab in
      let situation = try lab.closing(via: route, port: 9527, orphan: orphan)
      try expect(situation, .closing, " 0B ", timer: .retransmit, address: route.connectionAddress)
      #expect((situation.row?.inode == 0) == orphan)
    }
  }

  private func expect(
    _ situation: Situation, _ state: TCPStateCode, _ column: String, timer: TCPTimerCode? = nil,
    address: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let row = try #require(situation.row, sourceLocation: sourceLocation)
    #expect(row.state == state, sourceLocation: sourceLocation)
    #expect(row.line.contains(column), sourceLocation: sourceLocation)
    #expect(row.local.address == address, sourceLocation: sourceLocation)
    if let timer { #expect(row.timer == timer, sourceLocation: sourceLocation) }
    // Still so a moment later, for the test that uses it.
    pause(milliseconds: 20)
    let later = try KernelTable.read().row(local: situation.local, peer: situation.peer)
    #expect(later?.state == state, sourceLocation: sourceLocation)
  }
}

/// In a namespace; skipped where the route needs an IPv6 that is not there.
func onLab(_ route: Route, _ body: (Lab) throws -> Void) throws {
  if route.needsIPv6 { try Requirement.ipv6.orSkip() }
  try withNetworkNamespace(body)
}

private func namespaceInode() -> UInt64 {
  var status = stat()
  return stat("/proc/thread-self/ns/net", &status) == 0 ? UInt64(status.st_ino) : 0
}

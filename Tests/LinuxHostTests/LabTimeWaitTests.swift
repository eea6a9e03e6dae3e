import Glibc
import TestSupport
import Testing

/// TIME_WAIT in all its forms.
@Suite(.needs(.networkNamespaces))
struct LabTimeWaitTests {
  @Test(arguments: Route.allCases)
  func serverClosedFirst(route: Route) throws {
    try onLab(route) { lab in
      let situation = try lab.timeWait(via: route, port: 9527)
      let row = try #require(situation.row)
      #expect(row.line.contains(" 06 00000000:00000000 03:"))
      #expect(row.local == (try SocketAddress(route.connectionAddress, port: 9527)))
      #expect((row.uid, row.inode) == (0, 0))
      #expect(row.expires > 5_000 && row.expires <= 6_000)
      #expect(try KernelTable.read().rows.count == 1)
    }
  }

  /// What the old socket was decides whether a new server gets in, so these are not interchangeable.
  @Test func oldFlagsAreKept() throws {
    let cases: [(SocketOptions, SocketOptions, Bool)] = [
      (.none, .init(reuseAddress: true), false),
      (.init(reuseAddress: true), .none, false),
      (.init(reuseAddress: true), .init(reuseAddress: true), true),
      (.init(reusePort: true), .init(reusePort: true), true),
      (.init(reuseAddress: true), .init(reusePort: true), false),
    ]
    try withNetworkNamespace { lab in
      for (old, new, works) in cases {
        let port = try lab.timeWait(old).port
        let socket = try TCPSocket(.ipv4, new)
        if works {
          try socket.bind("127.0.0.1", port: port)
        } else {
          #expect(throws: SystemCallError("bind", EADDRINUSE, "127.0.0.1:\(port)")) {
            try socket.bind("127.0.0.1", port: port)
          }
        }
      }
      let switched = try lab.timeWait { try $0.setReuseAddress(true) }
      try TCPSocket(.ipv4, .init(reuseAddress: true)).bind("127.0.0.1", port: switched.port)
    }
  }

  @Test func many() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 50, port: 9527, keepListener: true)
      let states = try KernelTable.read().rows(onPort: 9527).map(\.state)
      #expect(states.filter { $0 == .timeWait }.count == 50)
      #expect(states.filter { $0 == .listen }.count == 1)
    }
  }

  @Test(arguments: [nil, 40_001] as [UInt16?])
  func clientClosedFirst(port: UInt16?) throws {
    try withNetworkNamespace { lab in
      let situation = try lab.clientTimeWait(localPort: port, toPort: 9527)
      #expect(situation.row?.state == .timeWait)
      #expect(situation.peer?.port == 9527)
      if let port { #expect(situation.port == port) }
      #expect(try KernelTable.read().rows(onPort: 9527).map(\.state) == [.listen])
    }
  }
}

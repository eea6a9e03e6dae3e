import NetlinkCodec
import SocketTable
import RecordSupport
import Testing

@Suite struct SocketFilterTests {
  private static let port = PortSet(9527)

  // MARK: Sides

  /// Local port, peer port (nil: none), the side that is found, and who lists it.
  @Test(
    arguments: [
      (9527, 50_000, .local, [.local, .any]), (50_000, 9527, .peer, [.peer, .any]),
      (9527, 9527, .both, [.local, .peer, .any]), (50_000, 50_001, nil, []),
      (9527, nil, .local, [.local, .any]),
      (50_000, nil, nil, []),
    ] as [(UInt16, UInt16?, MatchedSide?, [SocketFilter.Side])])
  func sides(local: UInt16, peer: UInt16?, side: MatchedSide?, listedBy: [SocketFilter.Side]) {
    let record = SocketRecord.on(
      .loopback, local, peer == nil ? .listen : .established, peer: peer ?? 0, inode: 1)
    for asked in [SocketFilter.Side.local, .peer, .any] {
      let filter = SocketFilter(ports: Self.port, side: asked, states: .states(.all))
      #expect(filter.side(of: record) == side)
      #expect(filter.matches(record) == listedBy.contains(asked), "\(asked)")
    }
  }

  /// A listener has peer port 0 in the kernel's tables, and no peer here.
  @Test func portZeroIsNoPeer() {
    let filter = SocketFilter(ports: PortSet([0...10]), side: .peer, states: .states(.all))
    #expect(!filter.matches(.on(.loopback, 9527, .listen, peer: 0, inode: 1)))
    #expect(!filter.matches(.on(.loopback, 9527, .bound, peer: 0, inode: 1)))
  }

  @Test func noPorts() {
    for side in [SocketFilter.Side.local, .peer, .any] {
      let filter = SocketFilter(ports: PortSet([]), side: side, states: .states(.all))
      #expect(!filter.matches(.on(.loopback)))
    }
  }

  /// TCP port 53 and UDP port 53 are two things.
  @Test func transports() {
    let tcp = SocketRecord.on(.loopback, 9527, .bound, inode: 1)
    let udp = SocketRecord.on(.loopback, 9527, .bound, inode: 1, transport: .udp)
    var filter = SocketFilter(ports: Self.port, states: .states(.all))
    #expect(filter.matches(tcp) && !filter.matches(udp))
    filter.transport = .udp
    #expect(!filter.matches(tcp) && filter.matches(udp))
  }

  // MARK: States

  @Test func minisocketsByDefault() {
    let filter = SocketFilter(ports: Self.port)
    #expect(filter.matches(.on(.loopback)))
    #expect(filter.matches(.on(.loopback, 9527, .finWait2, timer: .timeWait)))
    #expect(!filter.matches(.on(.loopback, 9527, .finWait2, timer: .keepalive)))
    #expect(!filter.matches(.on(.loopback, 9527, .finWait2, inode: 5)))
    for state in TCPState.known where state != .timeWait {
      #expect(!filter.matches(.on(.loopback, 9527, state)), "\(state)")
    }
  }

  @Test func strictStates() {
    let timeWait = SocketFilter(ports: Self.port, states: .states(StateSet(.timeWait)))
    #expect(timeWait.matches(.on(.loopback)))
    #expect(!timeWait.matches(.on(.loopback, 9527, .finWait2, timer: .timeWait)))
    let finWait2 = SocketFilter(ports: Self.port, states: .states(StateSet(.finWait2)))
    #expect(finWait2.matches(.on(.loopback, 9527, .finWait2, timer: .timeWait)))
    #expect(finWait2.matches(.on(.loopback, 9527, .finWait2, inode: 5)))
  }

  @Test func everythingIsEverything() {
    for state in TCPState.known + [.unknown(14)] {
      let everything = SocketFilter(ports: PortSet([0...65535]), states: .states(.all))
      #expect(everything.matches(.on(.loopback, 0, state)))
    }
  }

  // MARK: Families

  /// The local address, its state and IPV6_V6ONLY; listed with -4, with -6.
  private static let familyCases: [(IPAddress, TCPState, Bool?, Bool, Bool)] = [
    (.loopback, .timeWait, nil, true, false), (.anyIPv4, .listen, nil, true, false),
    (.anyIPv4, .bound, nil, true, false),
    (.mapped(127, 0, 0, 1), .timeWait, nil, true, false),
    (.mapped(127, 0, 0, 1), .established, nil, true, false),
    (.mapped(0, 0, 0, 0), .listen, nil, true, false),
    (.loopbackIPv6, .timeWait, nil, false, true), (.loopbackIPv6, .listen, true, false, true),
    // [::] without IPV6_V6ONLY receives IPv4 as well, listening or bound.
    (.anyIPv6, .listen, false, true, true), (.anyIPv6, .bound, false, true, true),
    (.anyIPv6, .listen, true, false, true), (.anyIPv6, .bound, true, false, true),
  ]

  @Test(arguments: familyCases.indices)
  func families(index: Int) {
    let (address, state, v6Only, with4, with6) = Self.familyCases[index]
    let record = SocketRecord.on(address, 9527, state, inode: 1, v6Only: v6Only)
    func matches(_ family: SocketFilter.Family) -> Bool {
      SocketFilter(ports: Self.port, states: .states(.all), family: family).matches(record)
    }
    #expect(matches(.any))
    #expect(matches(.ipv4) == with4, "-4 \(address.text) \(state)")
    #expect(matches(.ipv6) == with6, "-6 \(address.text) \(state)")
  }

  /// /proc does not tell IPV6_V6ONLY. What may hold the IPv4 port has to be counted, or -4 calls a port free that is
  /// not.
  @Test func wildcardWhoseV6OnlyIsUnknown() {
    let filter = SocketFilter(ports: Self.port, states: .states(.all), family: .ipv4)
    #expect(filter.matches(.on(.anyIPv6, 9527, .listen, inode: 1, v6Only: nil)))
  }

  // MARK: What the kernel is asked

  @Test func onePortIsAskedForInTheRequest() {
    let request = SocketFilter(ports: Self.port).request()
    #expect(request == InetDiagRequest(states: 1 << 5 | 1 << 6, sourcePort: 9527))
  }

  /// Unconnected UDP sockets are asked for by bit 7, which of TCP matches nothing, as bit 13 does of UDP.
  @Test func udp() {
    func states(_ states: [TCPState], _ transport: TransportProtocol) -> UInt32 {
      SocketFilter(transport: transport, ports: Self.port, states: .states(StateSet(states))).request().states
    }
    #expect(states([.bound], .udp) == 1 << 7)
    #expect(states([.established], .udp) == 1 << 1)
    #expect(states([.bound], .tcp) == 1 << 13)
    let request = SocketFilter(transport: .udp, ports: PortSet([53...54]), states: .states(.all)).request()
    #expect(request.transport == .udp)
    #expect(request.attributes.map(\.type) == [1, 3])
  }

  @Test func everyPort() {
    for range: ClosedRange<UInt16> in [0...65535, 1...65535] {
      for side in [SocketFilter.Side.local, .peer, .any] {
        let request = SocketFilter(ports: PortSet([range]), side: side, states: .states(.all)).request()
        #expect(request == InetDiagRequest(states: 0x3ffe))
      }
    }
  }

  @Test func rangesAndPeersNeedAProgram() {
    let range: ClosedRange<UInt16> = 9000...9100
    func request(_ side: SocketFilter.Side, _ ports: PortSet) -> InetDiagRequest {
      SocketFilter(ports: ports, side: side, states: .states(StateSet(.listen))).request()
    }
    func program(_ tests: PortBytecode.Test...) -> InetDiagRequest {
      InetDiagRequest(states: 1 << 10, bytecode: PortBytecode.program(tests) ?? [])
    }
    #expect(request(.local, PortSet([range])) == program(.init(.source, range)))
    #expect(request(.peer, Self.port) == program(.init(.destination, 9527...9527)))
    #expect(
      request(.any, Self.port) == program(.init(.source, 9527...9527), .init(.destination, 9527...9527)))
    #expect(
      request(.local, PortSet([range, 1...1])) == program(.init(.source, 1...1), .init(.source, range)))
  }

  /// A socket of our own has to pass a program that is about other ports; without a program it passes anyway.
  @Test func aPortMore() {
    let range: ClosedRange<UInt16> = 9000...9100
    func request(_ side: SocketFilter.Side, _ ports: PortSet) -> InetDiagRequest {
      SocketFilter(ports: ports, side: side, states: .states(.all)).request(alsoLocalPort: 40_000)
    }
    func program(_ tests: PortBytecode.Test...) -> InetDiagRequest {
      InetDiagRequest(states: 0x3ffe, bytecode: PortBytecode.program(tests) ?? [])
    }
    #expect(request(.local, Self.port) == InetDiagRequest(states: 0x3ffe, sourcePort: 9527))
    #expect(request(.any, PortSet([0...65535])) == InetDiagRequest(states: 0x3ffe))
    #expect(request(.local, PortSet([])) == InetDiagRequest(states: 0x3ffe))
    #expect(
      request(.local, PortSet([range])) == program(.init(.source, range), .init(.source, 40_000...40_000)))
    #expect(
      request(.peer, Self.port) == program(.init(.destination, 9527...9527), .init(.source, 40_000...40_000)))
  }

  @Test func withoutBoundSockets() {
    func states(_ states: StateSet, _ transport: TransportProtocol = .tcp) -> UInt32 {
      SocketFilter(transport: transport, ports: Self.port, states: .states(states))
        .request(asksForBound: false).states
    }
    #expect(states(.all) == 0x1ffe)
    #expect(states(StateSet(.listen)) == 1 << 10)
    #expect(states(StateSet(.bound)) == 0)
    #expect(states(.all, .udp) & (1 << 7 | 1 << 13 | 1 << 1) == 1 << 1)
    #expect(SocketFilter(ports: Self.port, states: .states(.all)).request().states == 0x3ffe)
  }

  /// Filtered here instead: nothing may get lost.
  @Test func tooManyRangesForAProgram() {
    let many = PortSet((0..<UInt16(PortBytecode.maximumTests + 1)).map { $0 * 2...$0 * 2 })
    #expect(SocketFilter(ports: many, side: .local).request().bytecode.isEmpty)
    let half = PortSet((0..<UInt16(PortBytecode.maximumTests / 2 + 1)).map { $0 * 2...$0 * 2 })
    #expect(SocketFilter(ports: half, side: .any).request().bytecode.isEmpty)
    #expect(!SocketFilter(ports: half, side: .local).request().bytecode.isEmpty)
    #expect(SocketFilter(ports: many, side: .local).request().sourcePort == 0)
  }

  @Test func noPortsAskForNothingInParticular() {
    #expect(SocketFilter(ports: PortSet([])).request() == InetDiagRequest(states: 1 << 5 | 1 << 6))
  }

  /// Port 0 in a request means any port; the filter sorts it out.
  @Test func portZero() {
    let filter = SocketFilter(ports: PortSet(0), states: .states(.all))
    #expect(filter.request().sourcePort == 0)
    #expect(!filter.matches(.on(.loopback, 9527)))
  }
}

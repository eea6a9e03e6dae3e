package import NetlinkCodec

/// Which sockets are asked for: those that pass every one of these.
package struct SocketFilter: Hashable, Sendable {
  /// Which end's port counts. The raw values are those of `--side`.
  package enum Side: String, Hashable, CaseIterable, Sendable {
    /// Sockets whose own port is asked for: they hold it.
    case local
    /// Sockets connected to such a port elsewhere: they hold nothing of it.
    case peer
    case any
  }

  /// Which states count.
  package enum States: Hashable, Sendable {
    /// TIME_WAIT, and FIN_WAIT2 that only a timer keeps.
    case minisockets
    /// These states, whether a process or a timer keeps the socket.
    case states(StateSet)

    /// What the kernel is asked for; it cannot tell the two kinds of FIN_WAIT2 apart.
    package var mask: StateSet {
      switch self {
      case .minisockets: .minisockets
      case .states(let states): states
      }
    }
  }

  /// Which kind of traffic counts.
  package enum Family: Hashable, Sendable {
    case any
    /// IPv4, also where it arrives at an IPv6 socket: v4-mapped addresses, and [::] listeners unless they are known
    /// to be IPV6_V6ONLY.
    case ipv4
    /// IPv6 without v4-mapped addresses.
    case ipv6
  }

  package var transport: TransportProtocol
  package var ports: PortSet
  package var side: Side
  package var states: States
  package var family: Family

  package init(
    transport: TransportProtocol = .tcp, ports: PortSet, side: Side = .local, states: States = .minisockets,
    family: Family = .any
  ) {
    self.transport = transport
    self.ports = ports
    self.side = side
    self.states = states
    self.family = family
  }

  /// At which end of the socket a port of this filter stands; nil at none.
  package func side(of record: SocketRecord) -> MatchedSide? {
    let isLocal = ports.contains(record.localPort)
    let isPeer = record.hasPeer && ports.contains(record.peerPort)
    return switch (isLocal, isPeer) {
    case (true, true): .both
    case (true, false): .local
    case (false, true): .peer
    case (false, false): nil
    }
  }

  /// Whether the socket passes.
  package func matches(_ record: SocketRecord) -> Bool {
    matchesTransport(record) && matchesState(record) && matchesFamily(record) && matchesSide(record)
  }

  /// A switch, because `==` of an enum of another module would call through its witness table for each row.
  private func matchesTransport(_ record: SocketRecord) -> Bool {
    switch (transport, record.transport) {
    case (.tcp, .tcp), (.udp, .udp): true
    case (.tcp, .udp), (.udp, .tcp): false
    }
  }

  private func matchesSide(_ record: SocketRecord) -> Bool {
    switch side {
    case .local: ports.contains(record.localPort)
    case .peer: record.hasPeer && ports.contains(record.peerPort)
    case .any: side(of: record) != nil
    }
  }

  /// Whether the socket's state alone would let it pass.
  package func matchesState(_ record: SocketRecord) -> Bool {
    switch states {
    case .minisockets: record.isMinisocket
    case .states(let states): states.contains(record.state)
    }
  }

  private func matchesFamily(_ record: SocketRecord) -> Bool {
    switch family {
    case .any: true
    case .ipv4:
      record.local.address.ipv4 != nil
        || (record.local.address.isUnspecified && record.state.hasNoPeer && record.v6Only != true)
    case .ipv6: record.local.address.ipv4 == nil
    }
  }

  /// The request for what the kernel can filter. `matches` still has to be asked: the kernel ignores the source port of
  /// sockets that are bound and do not listen, and cannot filter by v4-mapped addresses or minisockets.
  ///
  /// - Parameters:
  ///   - alsoLocalPort: Another local port to ask for: that of a socket of the program's own that is only bound. If it is not
  ///     in the answer, this kernel lists no such sockets.
  ///   - asksForBound: False leaves out sockets that are only bound, where there can be none: the kernel looks for them in a
  ///     walk of its own.
  package func request(alsoLocalPort: UInt16? = nil, asksForBound: Bool = true) -> InetDiagRequest {
    let asked = asksForBound ? states.mask : states.mask.subtracting(StateSet(.bound))
    var request = InetDiagRequest(transport: transport, states: asked.kernelMask(of: transport))
    if side == .local, let port = ports.single {
      request.sourcePort = port
      return request
    }
    if ports.ranges == [0...65535] || ports.ranges == [1...65535] { return request }
    var tests = ports.ranges.flatMap { range -> [PortBytecode.Test] in
      switch side {
      case .local: [PortBytecode.Test(.source, range)]
      case .peer: [PortBytecode.Test(.destination, range)]
      case .any: [PortBytecode.Test(.source, range), PortBytecode.Test(.destination, range)]
      }
    }
    // Without a test every socket passes already.
    if let alsoLocalPort, !tests.isEmpty {
      tests.append(PortBytecode.Test(.source, alsoLocalPort...alsoLocalPort))
    }
    request.bytecode = PortBytecode.program(tests) ?? []
    return request
  }
}

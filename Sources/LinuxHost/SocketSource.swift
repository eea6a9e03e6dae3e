package import SocketTable

/// The sockets of this network namespace, by netlink where that works and by /proc otherwise.
package struct SocketSource: ~Copyable {
  package enum Choice: String, CaseIterable, Sendable {
    case auto
    case netlink
    case proc
  }

  private var sockDiag: SockDiagSource<NetlinkSocket>?
  private let procNet: ProcNetSource
  private let mayFallBack: Bool
  /// The last walk ended before its answer did.
  private var hasUnfinishedDump = false
  /// Why /proc is read although netlink was to be tried first; nil if it is not.
  package private(set) var fallbackReason: String?

  /// Collected looks are repeated up to this often where messages were lost.
  private static let attempts = 3
  private static let fewRecords = 1024

  package init(_ choice: Choice) throws(SourceError) {
    procNet = ProcNetSource()
    mayFallBack = choice == .auto
    guard choice != .proc else { return }
    do throws(SystemError) {
      sockDiag = SockDiagSource(try NetlinkSocket())
    } catch {
      let failure = SockDiagSource<NetlinkSocket>.sourceError(error)
      guard mayFallBack, case .unavailable(let reason) = failure else { throw failure }
      fallbackReason = reason
    }
  }

  /// The tables of a process in a network namespace that cannot be entered.
  package init(tablesOf pid: Int32, reason: String) {
    procNet = ProcNetSource(directory: "/proc/\(pid)/net")
    mayFallBack = false
    fallbackReason = reason
  }

  package var origin: Look.Origin { sockDiag == nil ? .procNet : .sockDiag }

  /// Hands out what matches as it arrives, in the kernel's order. `begin` is called once, when the origin is certain
  /// and before the first record. True if every message arrived.
  package mutating func stream(
    _ filter: SocketFilter, begin: (Look.Origin) -> Void, _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    try stream(filter, witness: nil, begin: begin, body)
  }

  private mutating func stream(
    _ filter: SocketFilter, witness: UInt16?, begin: (Look.Origin) -> Void, _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    var hasBegun = false
    if hasUnfinishedDump, sockDiag != nil {
      // The kernel still answers the last request on the old socket, and would refuse another with EBUSY.
      hasUnfinishedDump = false
      do throws(SystemError) {
        sockDiag = SockDiagSource(try NetlinkSocket())
      } catch {
        throw .system(error)
      }
    }
    if sockDiag != nil {
      do throws(SourceError) {
        let isComplete = try sockDiag?.dump(filter, witness: witness) { record in
          if !hasBegun { begin(.sockDiag) }
          hasBegun = true
          body(record)
        }
        if !hasBegun { begin(.sockDiag) }
        hasUnfinishedDump = isComplete != true
        return isComplete ?? false
      } catch {
        guard mayFallBack, !hasBegun, case .unavailable(let reason) = error else { throw error }
        sockDiag = nil
        fallbackReason = reason
      }
    }
    do throws(SourceError) {
      try procNet.dump(filter) { record in
        if !hasBegun { begin(.procNet) }
        hasBegun = true
        body(record)
      }
    } catch {
      guard case .unavailable(let reason) = error, let fallbackReason else { throw error }
      throw .unavailable("\(fallbackReason); \(reason)")
    }
    if !hasBegun { begin(.procNet) }
    return true
  }

  /// Everything that matches, collected whole; looks again where messages were lost.
  package mutating func snapshot(_ filter: SocketFilter) throws(SourceError) -> Snapshot {
    var records: [SocketRecord] = []
    records.reserveCapacity(Self.fewRecords)
    let asksForBound = origin == .sockDiag && filter.states.mask.contains(.bound)
    let witness = try BoundWitness(isNeeded: asksForBound)
    var isComplete = false
    for _ in 0..<Self.attempts where !isComplete {
      records.removeAll(keepingCapacity: true)
      isComplete = try stream(filter, witness: witness.port, begin: { _ in }) { record in
        // There will be more, and growing would copy everything each time.
        if records.count == Self.fewRecords { Memory.reserve(SocketStatistics.tcpSockets, in: &records) }
        records.append(record)
      }
    }
    var sees: Bool?
    if asksForBound, origin == .sockDiag {
      sees = sockDiag?.hasSeenWitness == true || records.contains { $0.state == .bound } || finds(witness)
    }
    return Snapshot(records: records, look: look(isComplete: isComplete, seesBoundSockets: sees))
  }

  /// Asks for our own socket alone, where the filter's program has kept the kernel from showing it.
  private mutating func finds(_ witness: borrowing BoundWitness) -> Bool {
    guard let port = witness.port else { return false }
    let filter = SocketFilter(ports: PortSet(port), states: .states(StateSet(.bound)))
    _ = try? sockDiag?.dump(filter, witness: port) { _ in }
    return sockDiag?.hasSeenWitness == true
  }

  /// The look at what has been read so far. `seesBoundSockets` is nil where nobody asked for them.
  package func look(isComplete: Bool, seesBoundSockets: Bool? = nil) -> Look {
    var spots = Self.blindSpots(of: origin)
    if seesBoundSockets == false, !spots.contains(.boundNotListening) {
      spots.insert(.boundNotListening, at: 0)
    }
    return Look(origin: origin, isComplete: isComplete, blindSpots: spots)
  }

  /// What a source never shows on this host.
  package static func blindSpots(of origin: Look.Origin) -> [BlindSpot] {
    var spots: [BlindSpot] =
      switch origin {
      case .procNet: [.boundNotListening, .v6Only, .cgroup, .device]
      case .sockDiag: []
      }
    if let entries = Sysctl.connectionHashEntries, entries < BlindSpot.smallHashEntries {
      spots.append(.smallHash)
    }
    return spots
  }
}

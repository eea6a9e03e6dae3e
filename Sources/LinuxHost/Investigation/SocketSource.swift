package import SocketTable

/// The sockets of this network namespace, by netlink where that works and by /proc otherwise.
package struct SocketSource: ~Copyable {
  /// The raw values are those of `--source`.
  package enum Choice: String, CaseIterable, Sendable {
    case auto
    case netlink
    case proc
  }

  /// When a snapshot finds out, with sockets of our own, what this kernel does.
  enum Witnessing {
    /// Where something in this namespace depends on it.
    case whereNeeded
    /// Also where it does not: other namespaces are looked at afterwards.
    case always
    /// Not here: this namespace is somebody else's, where nothing is to be bound.
    case never
  }

  private var sockDiag: SockDiagSource<NetlinkSocket>?
  private let procNet: ProcNetSource
  private let mayFallBack: Bool
  /// The last dump may not have been read to its end.
  private var hasUnfinishedDump = false
  /// Why the last dump was incomplete; nil if it was complete.
  package private(set) var shortfall: Coverage.Shortfall?
  /// Whether this kernel lists sockets that are bound and do not listen; nil as long as that is unknown. It is found out
  /// with a socket of our own (`BoundWitness`), and only where there can be such sockets.
  var listsBoundSockets: Bool?
  var witnessing = Witnessing.whereNeeded
  /// Why /proc is read although netlink was to be tried first; nil if it is not.
  package private(set) var fallbackReason: String?

  /// A snapshot is taken this many times at most, if messages are lost each time.
  private static let attempts = 3
  /// Where one reading can miss sockets, this many are put together: of three none was seen to miss one.
  private static let readings = 3
  /// Room that is reserved before it is known that there are more records.
  private static let fewRecords = 1024

  /// - Throws: with `.auto` only `.system`, as for want of descriptors: where netlink is unavailable /proc is read. With
  ///   `.netlink` also `.unavailable`.
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

  /// The tables in /proc/PID/net of a process whose network namespace cannot be entered, for this reason.
  package init(tablesOf pid: Int32, reason: String) {
    procNet = ProcNetSource(directory: "/proc/\(pid)/net")
    mayFallBack = false
    fallbackReason = reason
  }

  package var origin: Coverage.Origin { sockDiag == nil ? .procNet : .sockDiag }

  /// Hands out what matches as it arrives, in the kernel's order. `begin` is called once, when the origin is certain
  /// and before the first record. True if every message arrived. With `Choice.auto`, /proc takes the place of a netlink
  /// that turns out to be unavailable before the first record.
  package mutating func stream(
    _ filter: SocketFilter, begin: (Coverage.Origin) -> Void = { _ in }, _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    try stream(filter, nil, begin: begin, body)
  }

  private mutating func stream(
    _ filter: SocketFilter, _ bound: BoundQuestion?, begin: (Coverage.Origin) -> Void,
    _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    var hasBegun = false
    let mayTest = witnessing != .never
    shortfall = nil
    try renewUnfinished()
    if sockDiag != nil {
      do throws(SourceError) {
        let isComplete = try sockDiag?.dump(
          filter, asksForBound: bound?.canBeThere ?? true, witness: bound?.witness
        ) { record in
          if !hasBegun { begin(.sockDiag) }
          hasBegun = true
          body(Self.withKnownUser(record, mayTest))
        }
        if !hasBegun { begin(.sockDiag) }
        hasUnfinishedDump = isComplete != true
        shortfall = sockDiag?.shortfall
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
        body(Self.withKnownUser(record, mayTest))
      }
    } catch {
      guard case .unavailable(let reason) = error, let fallbackReason else { throw error }
      throw .unavailable("\(fallbackReason); \(reason)")
    }
    if !hasBegun { begin(.procNet) }
    return true
  }

  /// UDP sockets that match, beside an answer that is about others: a source that cannot list them stays the source of those.
  /// Nil where they could not be listed to the end. A kernel without udp_diag still has /proc/net/udp.
  mutating func bystanders(_ filter: SocketFilter) -> [SocketRecord]? {
    var records: [SocketRecord] = []
    var areOfTCP = false
    func add(_ record: SocketRecord) {
      switch record.state {
      case .established, .bound, .close: records.append(record)
      // UDP has no such state: the kernel has not understood for which protocol it was asked.
      default: areOfTCP = true
      }
    }
    if sockDiag != nil {
      do throws(SourceError) {
        try renewUnfinished()
        let isComplete = try sockDiag?.dump(filter, add) ?? false
        hasUnfinishedDump = !isComplete
        if isComplete, !areOfTCP { return records }
      } catch {
        if case .unavailable = error {} else { hasUnfinishedDump = true }
      }
      guard mayFallBack else { return nil }
      records = []
      areOfTCP = false
    }
    do throws(SourceError) {
      try procNet.dump(filter, add)
    } catch {
      return nil
    }
    return areOfTCP ? nil : records
  }

  /// The kernel still answers the last request on the old socket, and would refuse another with EBUSY.
  private mutating func renewUnfinished() throws(SourceError) {
    guard hasUnfinishedDump, sockDiag != nil else { return }
    hasUnfinishedDump = false
    sockDiag = SockDiagSource(try SourceError.ofSystem { () throws(SystemError) in try NetlinkSocket() })
  }

  /// Without the user where the kernel has perhaps forgotten it.
  private static func withKnownUser(_ record: SocketRecord, _ mayTest: Bool) -> SocketRecord {
    guard record.hasDoubtfulUser else { return record }
    return mayTest && KernelSelfTest.keepsUserOfOrphans == true ? record : record.withoutUser
  }

  // MARK: Collected

  /// Everything that matches, collected whole; looks again where messages were lost, and keeps the look that saw most. Where
  /// sockets can be missed without a word, several readings are put together.
  package mutating func snapshot(_ filter: SocketFilter) throws(SourceError) -> Snapshot {
    let bound = BoundQuestion(
      isAsked: origin == .sockDiag && filter.states.mask.contains(.bound) && filter.side != .peer,
      isAnswered: listsBoundSockets != nil, witnessing)
    var start = Clock.monotonicNanoseconds
    var (records, isComplete) = try collect(filter, bound)
    var hasChanged = false
    if isComplete, ConnectionHash.canLoseSockets {
      var union = SocketUnion(records)
      for _ in 1..<Self.readings where isComplete {
        let before = start
        start = Clock.monotonicNanoseconds
        let reading: [SocketRecord]
        (reading, isComplete) = try collect(filter, bound)
        union.add(reading, elapsed: UInt32(clamping: (start - before) / 1_000_000))
      }
      records = union.records
      hasChanged = union.hasChanged
    }
    if bound.canBeThere, origin == .sockDiag {
      if bound.witness?.wasShown == true || records.contains(where: { $0.state == .bound }) {
        listsBoundSockets = true
      } else if bound.witness != nil, isComplete {
        listsBoundSockets = false
      }
    }
    let isBlind = bound.canBeThere && listsBoundSockets != true
    var snapshot = Snapshot(
      records: records, coverage: look(isComplete: isComplete, isBlindToBound: isBlind))
    snapshot.coverage.hasChangedMeanwhile = hasChanged
    snapshot.hasDoubtfulWildcard =
      witnessing != .never && records.contains { $0.local.address.isMappedWildcard }
      && KernelSelfTest.takesMappedWildcardForOne != true
    return snapshot
  }

  /// One reading, repeated where messages were lost; then the fullest of them.
  private mutating func collect(
    _ filter: SocketFilter, _ bound: BoundQuestion
  ) throws(SourceError) -> (records: [SocketRecord], isComplete: Bool) {
    var records: [SocketRecord] = []
    records.reserveCapacity(Self.fewRecords)
    var isComplete = false
    var fullest: (records: [SocketRecord], shortfall: Coverage.Shortfall?)?
    for _ in 0..<Self.attempts where !isComplete {
      records.removeAll(keepingCapacity: true)
      do throws(SourceError) {
        isComplete = try stream(filter, bound, begin: { _ in }) { record in
          // There will be more, and growing would copy everything each time.
          if records.count == Self.fewRecords { Memory.reserve(SocketStatistics.tcpSockets, in: &records) }
          records.append(record)
        }
      } catch {
        // What has been seen is worth more than the reason why it was not seen again.
        guard fullest != nil else { throw error }
        break
      }
      if !isComplete, records.count >= fullest?.records.count ?? 0 { fullest = (records, shortfall) }
    }
    if !isComplete, let fullest {
      records = fullest.records
      shortfall = fullest.shortfall
    }
    return (records, isComplete)
  }

  /// What a look by the present source can have missed.
  /// - Parameter isBlindToBound: sockets that are bound and do not listen could be there without being listed.
  package func look(isComplete: Bool, isBlindToBound: Bool = false) -> Coverage {
    var spots = Self.blindSpots(of: origin)
    if isBlindToBound, !spots.contains(.boundNotListening) { spots.insert(.boundNotListening, at: 0) }
    return Coverage(origin: origin, isComplete: isComplete, shortfall: shortfall, blindSpots: spots)
  }

  /// What a source does not show, or can miss, on this host.
  package static func blindSpots(of origin: Coverage.Origin) -> [BlindSpot] {
    var spots: [BlindSpot] =
      switch origin {
      case .procNet: [.boundNotListening, .v6Only, .cgroup, .device]
      case .sockDiag: []
      }
    if ConnectionHash.entries < BlindSpot.smallHashEntries {
      spots.append(.smallHash)
    }
    return spots
  }
}

/// Whether sockets that are bound and do not listen have to be asked for in one look.
private struct BoundQuestion {
  /// They were asked for, and the host's counts do not say that there are none.
  let canBeThere: Bool
  /// Our own socket of this kind, which tells whether they are shown; nil where none is needed, or none could be made.
  let witness: BoundWitness?

  /// - Parameter isAnswered: it is known whether this kernel lists them.
  init(isAsked: Bool, isAnswered: Bool, _ witnessing: SocketSource.Witnessing) {
    canBeThere = isAsked && (witnessing == .always || !SocketStatistics.showNoBoundSocket)
    witness = canBeThere && !isAnswered && witnessing != .never ? BoundWitness.open() : nil
  }
}

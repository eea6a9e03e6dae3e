internal import Diagnosis
package import NetlinkCodec
package import SocketTable

/// Takes a question through the host: enters the network namespace that was asked about, reads the sockets there and, for a
/// server's bind, gathers the evidence for an answer. Nothing else knows the order, and the host is asked once for each
/// thing.
package struct Investigation: ~Copyable {
  /// Something that was asked of the host, for those who want to know what an answer cost.
  package enum Step: Sendable {
    case look(Coverage.Origin, SocketFilter)
    /// The search for the owners of this many sockets.
    case owners(of: Int)
    /// What the kernel told of the options of this many sockets.
    case reuseOptions(of: Int)
  }

  package let place: Place
  /// The process whose /proc/PID/net is read because its namespace may not be entered; nil otherwise.
  package let tablesOf: Int32?
  var source: SocketSource
  /// Nil until it is asked for; then that of these ports.
  var iterator: TCPIterator?
  var iteratorPorts = PortSet([])
  /// Why the kernel did not tell the options that were asked for last. Nil: it did, or was not asked.
  package var reuseOptionsRefusal: String?
  let note: (Step, _ nanoseconds: Int64) -> Void

  /// Enters the place's network namespace for good.
  ///
  /// - Parameters:
  ///   - tablesSuffice: where a process's namespace may not be entered, its /proc/PID/net will do, unless the place asks
  ///     for netlink.
  ///   - note: is told of each step when it is done, and how long it took.
  /// - Throws: `.namespace` if it cannot be entered, `.source` if no source can be opened.
  package init(
    _ place: Place, tablesSuffice: Bool = false,
    note: @escaping (Step, _ nanoseconds: Int64) -> Void = { _, _ in }
  ) throws(InvestigationError) {
    let outside = try Self.enter(place.namespace, tablesSuffice: tablesSuffice && place.source != .netlink)
    let source = try Self.open(place.source, outside)
    self.source = source
    self.place = place
    self.note = note
    tablesOf = outside?.pid
  }

  private init(_ place: Place, _ source: consuming SocketSource, note: @escaping (Step, Int64) -> Void) {
    self.place = place
    self.source = source
    self.note = note
    tablesOf = nil
  }

  /// One that asks in the network namespace that the calling thread has entered meanwhile, by the source that this one has come
  /// to. What is to be found out of the kernel is not tried there, but only where the question was asked.
  borrowing func elsewhere() throws(InvestigationError) -> Investigation {
    let choice: SocketSource.Choice = origin == .sockDiag ? .netlink : .proc
    var source = try InvestigationError.ofSource { () throws(SourceError) in try SocketSource(choice) }
    source.witnessing = .never
    source.listsBoundSockets = self.source.listsBoundSockets
    return Investigation(place, source, note: note)
  }

  private static func open(
    _ choice: SocketSource.Choice, _ outside: (pid: Int32, reason: String)?
  ) throws(InvestigationError) -> SocketSource {
    if let outside { return SocketSource(tablesOf: outside.pid, reason: outside.reason) }
    return try InvestigationError.ofSource { () throws(SourceError) in try SocketSource(choice) }
  }

  /// Nil if it was entered, or is our own; otherwise the process whose tables will do, and why it could not be entered.
  private static func enter(
    _ namespace: NetworkNamespace?, tablesSuffice: Bool
  ) throws(InvestigationError) -> (pid: Int32, reason: String)? {
    guard let namespace else { return nil }
    do throws(NetworkNamespace.EntryError) {
      try namespace.enter()
      return nil
    } catch {
      if case .notPermitted(let refusal) = error, case .process(let pid) = namespace, tablesSuffice,
        namespace.hasReadableTables
      {
        return (pid, "\(refusal)")
      }
      throw .namespace(error, namespace)
    }
  }

  /// What the sockets are read from, as far as is known: /proc may still take netlink's place at the first look.
  package var origin: Coverage.Origin { source.origin }
  /// Why /proc is read although netlink was to be tried first; nil if it is not.
  package var fallbackReason: String? { source.fallbackReason }

  func noteStep(_ step: Step, since start: Int64) { note(step, Clock.monotonicNanoseconds - start) }

  // MARK: Looking

  /// Every socket that matches; see `SocketSource.snapshot`.
  package mutating func snapshot(_ filter: SocketFilter) throws(InvestigationError) -> Snapshot {
    let start = Clock.monotonicNanoseconds
    do throws(SourceError) {
      var snapshot = try source.snapshot(filter)
      note(.look(origin, filter), Clock.monotonicNanoseconds - start)
      if source.witnessing == .whereNeeded, snapshot.coverage.isBlind(to: .boundNotListening),
        snapshot.coverage.isComplete, origin == .sockDiag, source.listsBoundSockets == false,
        BoundSocketSearch.isPermitted
      {
        try addUnlisted(to: &snapshot, filter)
      }
      return snapshot
    } catch {
      throw .source(error)
    }
  }

  /// Adds sockets that are only bound, which this kernel does not list.
  private mutating func addUnlisted(
    to snapshot: inout Snapshot, _ filter: SocketFilter
  ) throws(SourceError) {
    let start = Clock.monotonicNanoseconds
    var listed: Set<UInt32> = []
    let everything = SocketFilter(
      transport: filter.transport, ports: PortSet([0...65535]), states: .states(.all))
    _ = try source.stream(everything) { record in if record.inode != 0 { listed.insert(record.inode) } }
    snapshot.records += BoundSocketSearch.sockets(besides: listed).filter(filter.matches)
    snapshot.hasSearchedProcesses = true
    note(.owners(of: snapshot.records.count { $0.state == .bound }), Clock.monotonicNanoseconds - start)
  }

  /// Hands out what matches as it arrives; see `SocketSource.stream`. True if every message arrived.
  /// - Parameter isNoted: false for a look that is one of very many.
  package mutating func stream(
    _ filter: SocketFilter, isNoted: Bool = true, begin: (Coverage.Origin) -> Void = { _ in },
    _ body: (SocketRecord) -> Void
  ) throws(InvestigationError) -> Bool {
    let start = Clock.monotonicNanoseconds
    do throws(SourceError) {
      let isComplete = try source.stream(filter, begin: begin, body)
      if isNoted { note(.look(origin, filter), Clock.monotonicNanoseconds - start) }
      return isComplete
    } catch {
      throw .source(error)
    }
  }

  /// What the look that was just streamed can have missed.
  package func look(isComplete: Bool) -> Coverage { source.look(isComplete: isComplete) }

  /// Every socket whose local port it is, in any state.
  package mutating func snapshot(
    onPort port: UInt16, _ transport: TransportProtocol
  ) throws(InvestigationError) -> Snapshot {
    try snapshot(SocketFilter(transport: transport, ports: PortSet(port), states: .states(.all)))
  }

  // MARK: Owners

  /// Options are read of this many connections at most, as each takes several system calls; the others have, as a
  /// rule, inherited their listener's.
  static let optionsLimit = 1000

  /// Who has these sockets open, and what the sockets were set to.
  ///
  /// - Parameters:
  ///   - depth: how long to go on looking.
  ///   - deadline: see `OwnerSearch.details`.
  ///   - reuseOptions: SO_REUSEADDR and SO_REUSEPORT of sockets whose record lacks them are read from the processes that have
  ///     them, where that is permitted. For `all`, the kernel was asked before (`learnReuseOptions`).
  package func details(
    of records: [SocketRecord], _ depth: OwnerSearch.Depth, until deadline: Int64? = nil,
    _ reuseOptions: ReuseOptionsChoice
  ) -> SocketDetailsTable {
    let start = Clock.monotonicNanoseconds
    var details = OwnerSearch.details(of: records, depth, until: deadline)
    if reuseOptions != .none {
      details.reuseOptionsAsked = reuseOptions
      details.reuseOptionsRefusal = reuseOptions == .all ? reuseOptionsRefusal : nil
      let listeners = records.filter { $0.state == .listen }
      LiveReuseOptions.read(
        listeners + records.filter { $0.state != .listen }.prefix(Self.optionsLimit), into: &details)
    }
    details.nameInterfaces(of: records)
    if !records.isEmpty { note(.owners(of: records.count), Clock.monotonicNanoseconds - start) }
    return details
  }

  /// As `details(of:_:until:_:)`, and looks again for sockets of which no process was found. `haveGone` is true where
  /// one is not there any more: its process has ended since the look, and nothing may be said of who had it.
  mutating func detailsOfHolders(
    _ holders: [SocketRecord], for question: BindQuestion
  ) throws(InvestigationError) -> (details: SocketDetailsTable, haveGone: Bool) {
    let target = question.target
    // What a stop leaves behind, and how the rules judge a socket whose options are read, depends on each one's owner.
    let asksOwners =
      question.reuseOptions == .live
      || question.reuseOptions == .all && holders.contains { $0.reuseAddress == nil }
    var details = details(
      of: holders, target.isAfterStop || asksOwners ? .every : .holders, until: question.ownersDeadline,
      question.reuseOptions)
    let ownerless = holders.filter { details[$0]?.owners?.isEmpty == true }
    guard !ownerless.isEmpty else { return (details, false) }
    var present: Set<UInt32> = []
    _ = try stream(
      SocketFilter(
        transport: target.transport, ports: PortSet(target.port),
        states: .states(StateSet(ownerless.map(\.state))))
    ) { present.insert($0.inode) }
    let gone = ownerless.filter { !present.contains($0.inode) }
    for record in gone { details[record]?.visibility = .unknown }
    return (details, !gone.isEmpty)
  }
}

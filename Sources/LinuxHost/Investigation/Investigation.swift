internal import Diagnosis
package import NetlinkCodec
package import SocketTable

/// The way of a question through the host: into the network namespace that was asked about, to the sockets there, and, of
/// a server's bind, to the evidence for an answer. The only place that knows the order, and it asks the host once for
/// each thing.
package struct Investigation: ~Copyable {
  /// Something that was asked of the host, for those who want to know what an answer cost.
  package enum Step: Sendable {
    case look(Coverage.Origin, SocketFilter)
    /// The processes that have so many sockets open.
    case owners(of: Int)
  }

  package let place: Place
  /// Whose tables are read, as the namespace may not be entered; nil where it was.
  package let tablesOf: Int32?
  var source: SocketSource
  private let note: (Step, _ nanoseconds: Int64) -> Void

  /// Enters the place's network namespace for good.
  ///
  /// - Parameters:
  ///   - tablesSuffice: where a process's namespace may not be entered, its /proc/PID/net will do.
  ///   - note: told of each step when it is done.
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

  /// By what the sockets are read, as far as is known: /proc may take netlink's place at the first look.
  package var origin: Coverage.Origin { source.origin }
  /// Why /proc is read although netlink was to be tried first; nil if it is not.
  package var fallbackReason: String? { source.fallbackReason }

  // MARK: Looking

  /// Everything that matches, collected whole.
  package mutating func snapshot(_ filter: SocketFilter) throws(InvestigationError) -> Snapshot {
    let start = Clock.monotonicNanoseconds
    do throws(SourceError) {
      let snapshot = try source.snapshot(filter)
      note(.look(origin, filter), Clock.monotonicNanoseconds - start)
      return snapshot
    } catch {
      throw .source(error)
    }
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

  /// The look at what has been streamed so far.
  package func look(isComplete: Bool) -> Coverage { source.look(isComplete: isComplete) }

  /// Every socket whose own port it is.
  package mutating func snapshot(
    onPort port: UInt16, _ transport: TransportProtocol
  ) throws(InvestigationError) -> Snapshot {
    try snapshot(SocketFilter(transport: transport, ports: PortSet(port), states: .states(.all)))
  }

  // MARK: Owners

  /// So many connections are asked for their socket options; the others have their listener's.
  private static let optionsLimit = 1000

  /// Who has these sockets open, and what the sockets were set to.
  ///
  /// - Parameters:
  ///   - depth: how long to go on looking.
  ///   - readsOptions: SO_REUSEADDR and SO_REUSEPORT are read from the processes that have them, where that is permitted.
  package func details(
    of records: [SocketRecord], _ depth: OwnerSearch.Depth, readsOptions: Bool
  ) -> SocketDetailsTable {
    let start = Clock.monotonicNanoseconds
    var details = OwnerSearch.details(of: records, depth)
    if readsOptions {
      let listeners = records.filter { $0.state == .listen }
      LiveReuseOptions.read(
        listeners + records.filter { $0.state != .listen }.prefix(Self.optionsLimit), into: &details)
    }
    if !records.isEmpty { note(.owners(of: records.count), Clock.monotonicNanoseconds - start) }
    return details
  }

  /// As `details(of:_:readsOptions:)`, and looks again for sockets that no process was found to have: where the process
  /// has ended in the meantime the socket is gone, and its visibility becomes unknown.
  mutating func detailsOfHolders(
    _ holders: [SocketRecord], of target: BindTarget, readsOptions: Bool
  ) throws(InvestigationError) -> SocketDetailsTable {
    var details = details(of: holders, .every, readsOptions: readsOptions)
    let abandoned = holders.filter { details[$0]?.visibility == OwnerVisibility.none }
    guard !abandoned.isEmpty else { return details }
    var present: Set<UInt32> = []
    _ = try stream(
      SocketFilter(
        transport: target.transport, ports: PortSet(target.port),
        states: .states(StateSet(abandoned.map(\.state))))
    ) { present.insert($0.inode) }
    for record in abandoned where !present.contains(record.inode) { details[record]?.visibility = .unknown }
    return details
  }
}

package import Diagnosis
internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// Takes a running server for the description of the one that is asked about.
extension Investigation {
  /// The same question about a server like the one that is named: with its addresses on the port, the options, interface and
  /// protocol of its sockets, and as the user who made them.
  ///
  /// - Parameter uid: the user to bind as in the place of that one.
  /// - Throws: `.server` where it cannot be taken; `.system` where a call failed that has nothing to do with it.
  package mutating func target(
    _ described: BindTarget, like reference: ServerReference, as uid: UInt32? = nil
  ) throws(InvestigationError) -> BindTarget {
    let look = try snapshot(
      SocketFilter(
        transport: described.transport, ports: PortSet(described.port), states: .states(StateSet(.listen))))
    let pids = try processes(of: reference, look.records)
    let walk = OwnerWalk(look.records, .every, until: Clock.monotonicNanoseconds + OwnerSearch.patience)
    walk.run(only: pids)
    let held = walk.found(look.records)
    if held.isEmpty {
      guard look.coverage.isComplete else { throw .server(.incomplete(look.coverage.shortfall), reference) }
      throw try absence(of: pids, walk, reference)
    }
    var sockets: [ServerSocket] = []
    for (record, owners) in held {
      do throws(SystemError) {
        sockets.append(try ServerSocket.read(record, of: owners))
      } catch {
        throw Self.refusal(error, reference)
      }
    }
    guard let target = described.like(sockets, of: TakenServer(held[0].owners[0], sockets[0]), as: uid) else {
      throw .server(.differ(sockets), reference)
    }
    return target
  }

  /// The server of a question about a restart: where nothing of it was described, what listens on the port now. Adds to the
  /// details how the listeners were set.
  func restarted(
    _ described: BindTarget, _ question: BindQuestion, _ records: [SocketRecord],
    _ details: inout SocketDetailsTable
  ) -> BindTarget {
    var held: [(owner: SocketOwner, socket: ServerSocket)] = []
    var areAllRead = true
    for record in records where record.state == .listen {
      guard let owners = details[record]?.owners, let owner = owners.first else {
        areAllRead = false
        continue
      }
      do throws(SystemError) {
        let socket = try ServerSocket.read(record, of: owners)
        details[record]?.reuseAddress = socket.settings.options.contains(.reuseAddress)
        details[record]?.reusePort = socket.settings.options.contains(.reusePort)
        held.append((owner, socket))
      } catch {
        areAllRead = false
        // That it is not permitted is no news to an ordinary user.
        let isExpected = error.errno == .noSuchProcess || error.errno.isNotPermitted && geteuid() != 0
        if !isExpected, details.failure == nil { details.failure = "\(error)" }
      }
    }
    guard question.takesListeners, !held.isEmpty || !areAllRead else { return described }
    var target = described
    if !areAllRead {
      target.origin = .unreadable
      return target
    }
    held.sort { ($0.owner.descriptor ?? 0) < ($1.owner.descriptor ?? 0) }
    target.origin = .unlike
    return described.like(
      held.map(\.socket), of: TakenServer(held[0].owner, held[0].socket), as: question.user?.uid) ?? target
  }

  private func processes(
    of reference: ServerReference, _ listeners: [SocketRecord]
  ) throws(InvestigationError) -> [Int32] {
    let pids: [Int32]
    do throws(SystemError) {
      pids = try Self.processes(of: reference)
    } catch {
      throw [.noSuchFile, .noSuchProcess].contains(error.errno)
        ? .server(.noSuchProcess, reference) : .system(error)
    }
    guard pids.isEmpty, case .unit(let unit) = reference else { return pids }
    let details = details(of: listeners, .first, .none)
    let owner = listeners.lazy.compactMap { details[$0]?.owners?.first }.first
    throw .server(.notRunning(isKnown: UnitProcesses.isKnown(unit), listening: owner), reference)
  }

  private static func processes(of reference: ServerReference) throws(SystemError) -> [Int32] {
    switch reference {
    case .process(let pid):
      // /proc has a directory for each thread as well, and pidfd_open(2) takes processes only.
      let status = try readFile("/proc/\(pid)/status")
      return [ProcessDirectory.process(in: status) ?? pid]
    case .unit(let unit): return try UnitProcesses.all(in: unit)
    }
  }

  /// Why none of these processes has any of the listeners.
  private mutating func absence(
    of pids: [Int32], _ walk: OwnerWalk, _ reference: ServerReference
  ) throws(InvestigationError) -> InvestigationError {
    if let reason = walk.failure { return .server(.couldNotSearch(reason), reference) }
    if let pid = pids.first(where: walk.denied.contains) {
      return .server(.notPermitted(.of(pid), pid: pid), reference)
    }
    let present = pids.filter { pid in
      guard let process = try? Descriptor.open("/proc/\(pid)", flags: O_DIRECTORY) else { return false }
      return !ProcessDirectory(process: process).isDefunct
    }
    if present.isEmpty { return .server(.hasEnded, reference) }
    let look = try snapshot(SocketFilter(ports: PortSet([1...65535]), states: .states(StateSet(.listen))))
    guard look.coverage.isComplete else { return .server(.incomplete(look.coverage.shortfall), reference) }
    let all = OwnerWalk(look.records, .every, until: Clock.monotonicNanoseconds + OwnerSearch.patience)
    all.run(only: present)
    if let reason = all.failure { return .server(.couldNotSearch(reason), reference) }
    let ports = Set(all.found(look.records).map(\.record.localPort)).sorted()
    if ports.isEmpty, let pid = present.first(where: Self.isInOtherNamespace) {
      return .server(.inOtherNamespace(pid: pid), reference)
    }
    return .server(.notOnPort(ports), reference)
  }

  /// False where that may not be looked at.
  private static func isInOtherNamespace(_ pid: Int32) -> Bool {
    var (own, other) = (stat(), stat())
    return unsafe stat("/proc/thread-self/ns/net", &own) == 0
      && stat("/proc/\(pid)/ns/net", &other) == 0 && own.st_ino != other.st_ino
  }

  /// - Parameter error: of `ServerSocket.read`.
  private static func refusal(_ error: SystemError, _ reference: ServerReference) -> InvestigationError {
    switch error.errno {
    case .noSuchProcess: .server(.hasEnded, reference)
    case .notPermitted, .accessDenied:
      if let pid = Int32(error.context) {
        .server(.notPermitted(.of(pid), pid: pid), reference)
      } else {
        .system(error)
      }
    case .notImplemented: .server(.notSupported, reference)
    default: .system(error)
    }
  }
}

extension OwnerWalk {
  /// Those of the sockets that some process has, with these processes, in the order of the descriptors: that is the order in
  /// which a server makes them.
  fileprivate func found(_ records: [SocketRecord]) -> [(record: SocketRecord, owners: [SocketOwner])] {
    records.compactMap { record in
      details(of: record).owners.flatMap { $0.isEmpty ? nil : (record, $0) }
    }.sorted { ($0.owners[0].descriptor ?? 0) < ($1.owners[0].descriptor ?? 0) }
  }
}

extension TakenServer {
  init(_ process: SocketOwner, _ socket: ServerSocket) {
    var users = UserNames()
    self.init(process: process, uid: socket.settings.uid, userName: users.name(of: socket.settings.uid))
  }
}

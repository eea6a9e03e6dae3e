internal import CLinux
internal import Glibc
internal import NetlinkCodec
package import SocketTable

/// Takes a question through every network namespace of this host that is found (`NamespaceList`), and back to the own one.
/// Sockets are read from within, so this needs CAP_SYS_ADMIN.
package struct NamespaceWalk: ~Copyable {
  package typealias Look = (inout Investigation, Visit) throws(InvestigationError) -> Coverage

  /// So many namespaces are looked at, the own one among them.
  package static let limit = 512
  /// For how long, in seconds.
  package static let patience = 5

  /// One namespace, while it is looked at.
  package final class Visit {
    private let entry: NamespaceList.Entry
    package let isOwn: Bool
    /// Who it is. It costs something, and is asked for only where something is found.
    package private(set) lazy var identity = entry.identity(isOwn: isOwn)
    /// Names of its network devices, if they are asked for while it is looked at.
    package let interfaces = Interfaces()

    init(_ entry: NamespaceList.Entry, isOwn: Bool) {
      self.entry = entry
      self.isOwn = isOwn
    }
  }

  private let home: Descriptor
  private let deadline: Int64
  private var totals = NamespaceCoverage()

  /// Whether this process may enter the namespaces of others, and see which these are.
  package static var isPermitted: Bool {
    Capabilities.isEffective(.sysAdmin) && Capabilities.isEffective(.sysPtrace)
  }

  /// - Throws: `.source` and `.system` where there would be no way back.
  package init() throws(InvestigationError) {
    deadline = Clock.monotonicNanoseconds + Int64(Self.patience) * 1_000_000_000
    home = try InvestigationError.ofSystem { () throws(SystemError) in
      try Descriptor.open("/proc/thread-self/ns/net")
    }
  }

  /// Looks in each, in the own one first. What `look` throws there is thrown; elsewhere it makes the answer incomplete, and so
  /// does a namespace that cannot be entered. One that is gone meanwhile is left out.
  ///
  /// - Parameter own: asks in the own namespace. The others are asked in the same way, by the source that it has come to.
  package consuming func look(
    _ own: inout Investigation, _ look: Look
  ) throws(InvestigationError) -> Coverage {
    let list = try InvestigationError.ofSystem { () throws(SystemError) in
      try NamespaceList(names: NamespaceList.directories)
    }
    let others = list.others
    if !others.isEmpty { own.source.witnessing = .always }
    var coverage = try look(&own, Visit(list.ownEntry, isOwn: true))
    totals.lookedAt = 1
    totals.hiddenProcesses = list.hiddenProcesses
    if let failure = list.failure { totals.note(.failed("\(failure)")) }
    if others.count >= Self.limit {
      totals.notLookedAt = others.count - (Self.limit - 1)
      totals.note(.tooMany(limit: Self.limit))
    }
    let vanished = try visit(others.prefix(Self.limit - 1), own, look, &coverage)
    if !vanished.isEmpty {
      // Who led there has gone; others may have come to it since the list was made.
      let again = try? NamespaceList(names: NamespaceList.directories)
      let found = again?.others.filter { vanished.contains($0.inode) } ?? []
      _ = try visit(found[...], own, look, &coverage)
    }
    coverage.take(totals)
    return coverage
  }

  /// Returns those that nothing leads to any more, by their inodes.
  private mutating func visit(
    _ entries: ArraySlice<NamespaceList.Entry>, _ own: borrowing Investigation, _ look: Look,
    _ coverage: inout Coverage
  ) throws(InvestigationError) -> Set<UInt64> {
    guard !entries.isEmpty else { return [] }
    var vanished: Set<UInt64> = []
    for (number, entry) in entries.enumerated() {
      if Clock.monotonicNanoseconds > deadline {
        totals.notLookedAt += entries.count - number
        totals.note(.tooLate(seconds: Self.patience))
        break
      }
      switch Self.enter(entry) {
      case .entered: break
      case .vanished:
        vanished.insert(entry.inode)
        continue
      case .isOther: continue
      case .failed(let error):
        fail("\(error)")
        continue
      }
      // Most have nothing. The kernel keeps the sockets of all in one hash, and would walk through it once more for each.
      if SocketStatistics.showNoSocketAtAll {
        totals.lookedAt += 1
        continue
      }
      do throws(InvestigationError) {
        var investigation = try own.elsewhere()
        coverage.formUnion(try look(&investigation, Visit(entry, isOwn: false)))
        totals.lookedAt += 1
      } catch {
        fail(error.reason)
      }
    }
    guard tw_setns(home.number, CLONE_NEWNET) == 0 else {
      throw .system(.last("setns", "back to the own network namespace"))
    }
    return vanished
  }

  private mutating func fail(_ reason: String) {
    totals.notLookedAt += 1
    totals.note(.failed(reason))
  }

  // MARK: Entering

  private enum Entrance {
    case entered
    case vanished
    /// It is a namespace of another kind: such a file, too, can lie where network namespaces have names.
    case isOther
    case failed(SystemError)
  }

  private static func enter(_ entry: NamespaceList.Entry) -> Entrance {
    var failure: SystemError?
    func attempt(_ path: UnsafePointer<CChar>, _ shown: @autoclosure () -> String) -> Entrance? {
      guard let file = unsafe Descriptor.open(path, below: AT_FDCWD, flags: O_NONBLOCK) else {
        let error = errno
        if !NamespaceList.isGone(error) {
          failure = SystemError(call: "open", errno: .init(error), context: shown())
        }
        return nil
      }
      var status = stat()
      // The number of a process can have become another's.
      guard unsafe fstat(file.number, &status) == 0 else {
        failure = .last("fstat", shown())
        return nil
      }
      guard UInt64(status.st_ino) == entry.inode else { return nil }
      if tw_setns(file.number, CLONE_NEWNET) == 0 { return .entered }
      let error = SystemError.last("setns", shown())
      if error.errno == .invalidArgument, !isNetwork(file) { return .isOther }
      failure = error
      return nil
    }
    for pid in entry.pids {
      if let result = unsafe attempt("/proc/\(pid)/ns/net", "/proc/\(pid)/ns/net") { return result }
    }
    for name in entry.names {
      if let result = unsafe attempt(name.path, ByteSafety.escaped(name.text)) { return result }
    }
    return failure.map(Entrance.failed) ?? .vanished
  }

  /// By NS_GET_NSTYPE (ioctl_ns(2)); true where the kernel does not tell.
  private static func isNetwork(_ file: borrowing Descriptor) -> Bool {
    let kind = ioctl(file.number, UInt(0xb703), 0)
    return kind < 0 || kind == CLONE_NEWNET
  }
}

extension NamespaceList.Entry {
  fileprivate func identity(isOwn: Bool) -> NamespaceIdentity {
    let name = names.first
    let groups = firstProcess.flatMap { try? readFile("/proc/\($0)/cgroup", limit: 1 << 16) }
    return NamespaceIdentity(
      inode: inode, isOwn: isOwn, name: name?.text, isNamedByDocker: name?.isDockers ?? false,
      pid: firstProcess, service: groups.flatMap { ProcessDirectory.cgroups(in: $0).naming })
  }
}

extension InvestigationError {
  /// Without /proc no namespace can be found.
  fileprivate static func ofSystem<Result: ~Copyable>(
    _ body: () throws(SystemError) -> Result
  ) throws(InvestigationError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw error.errno.isExhaustion ? .system(error) : .source(.unavailable("\(error)"))
    }
  }

  /// Why there was no answer in one namespace.
  fileprivate var reason: String {
    switch self {
    case .source(let error): "\(error)"
    case .system(let error), .user(let error): "\(error)"
    case .namespace, .wouldTakeConnections, .server: "\(self)"
    }
  }
}

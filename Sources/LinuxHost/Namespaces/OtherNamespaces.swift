package import Diagnosis
internal import Glibc
package import NetlinkCodec
internal import SocketTable

/// The network namespaces of processes that may be looked at, but for the calling thread's.
package enum OtherNamespaces {
  /// For how long they are looked through, in nanoseconds: this is a hint beside the answer.
  private static let patience: Int64 = 200_000_000

  /// Those with sockets whose own port it is, by /proc/PID/net, so that none has to be entered. What takes too long is left
  /// out. Those with a listener come first.
  package static func holding(_ port: UInt16, _ transport: TransportProtocol) -> [OtherNamespace] {
    let deadline = Clock.monotonicNanoseconds + patience
    let filter = SocketFilter(transport: transport, ports: PortSet(port), states: .states(.all))
    var found: [(inode: UInt64, pid: Int32, records: [SocketRecord])] = []
    // What was started last is the likeliest to be looked for.
    for entry in (try? NamespaceList())?.others.reversed() ?? [] {
      guard let pid = entry.firstProcess else { continue }
      if Clock.monotonicNanoseconds > deadline { break }
      guard SocketStatistics.mayList(socketsOf: pid) else { continue }
      var records: [SocketRecord] = []
      let source = ProcNetSource(directory: "/proc/\(pid)/net", deadline: deadline)
      // A process that has ended meanwhile has no sockets to tell of.
      try? source.dump(filter) { records.append($0) }
      if !records.isEmpty { found.append((entry.inode, pid, records)) }
    }
    if found.isEmpty { return [] }
    let listeners = found.flatMap { $0.records.filter { $0.state == .listen } }
    let details = OwnerSearch.details(of: listeners, .first, until: deadline)
    return found.map { namespace in
      // Who has a socket may live elsewhere, and would lead there.
      let owner = namespace.records.lazy.compactMap { details[$0]?.owners?.first }.first {
        inodeOfNamespace(of: $0.pid) == namespace.inode
      }
      let process =
        owner.map { OtherNamespace.Process(pid: $0.pid, command: $0.command) }
        ?? OtherNamespace.Process(pid: namespace.pid, command: command(namespace.pid))
      return OtherNamespace(
        inode: namespace.inode, sockets: StateCounts(namespace.records), process: process)
    }.sorted { left, right in
      let (leftListens, rightListens) = (left.sockets[.listen] > 0, right.sockets[.listen] > 0)
      return leftListens != rightListens ? leftListens : left.process.pid < right.process.pid
    }
  }

  /// Nil where it may not be looked at.
  private static func inodeOfNamespace(of pid: Int32) -> UInt64? {
    var status = stat()
    return unsafe stat("/proc/\(pid)/ns/net", &status) == 0 ? UInt64(status.st_ino) : nil
  }

  private static func command(_ pid: Int32) -> String {
    guard let contents = try? readFile("/proc/\(pid)/comm") else { return "" }
    return String(decoding: contents.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}

/// /proc/net/sockstat and sockstat6: counts that the kernel keeps anyway.
package enum SocketStatistics {
  /// TCP sockets of the calling thread's network namespace, timewait minisockets included (`inuse` and `tw` of sockstat); 0
  /// if it cannot be read. An estimate: IPv6 sockets that are no minisockets, and sockets that are only bound, are missing.
  package static var tcpSockets: Int {
    let counts = counts("sockstat", "TCP:")
    return min((counts["inuse"] ?? 0) + (counts["tw"] ?? 0), 1 << 24)
  }

  /// Timewait minisockets of the calling thread's network namespace (`tw` of sockstat); nil if it cannot be read.
  package static var timeWaits: Int? { counts("sockstat", "TCP:")["tw"] }

  /// False where certainly no TCP socket of this process's network namespace is listed: none listens, is connected, or is a
  /// timewait minisocket. Reading the table to learn that would take the kernel a walk through all of its hash.
  static func mayList(socketsOf pid: Int32) -> Bool {
    let counts4 = counts("sockstat", "TCP:", of: "\(pid)")
    let counts6 = counts("sockstat6", "TCP6:", of: "\(pid)")
    guard let inUse = counts4["inuse"], let timeWaits = counts4["tw"] else { return true }
    return inUse + timeWaits + (counts6["inuse"] ?? 0) > 0
  }

  /// True where certainly nobody has a socket of any kind in the calling thread's network namespace, also none that is only bound, and
  /// no minisocket is left there: `used` counts every socket but those of the kernel itself.
  static var showNoSocketAtAll: Bool {
    counts("sockstat", "sockets:")["used"] == 0 && timeWaits == 0
  }

  /// True where certainly no TCP socket is bound without listening or being connected: `alloc` counts every TCP socket of the
  /// host but minisockets, `inuse` those of this network namespace that listen or are connected, and the two are equal. False
  /// proves nothing: other namespaces may have sockets. As the two counts are not read at one instant, they must be the same
  /// in two readings.
  static var showNoBoundSocket: Bool {
    guard let first = unboundCounts, first.allocated == first.inUse else { return false }
    return unboundCounts.map { $0 == first } ?? false
  }

  private static var unboundCounts: (allocated: Int, inUse: Int)? {
    let counts4 = counts("sockstat", "TCP:")
    // A host without IPv6 has no sockstat6.
    let inUse6 = counts("sockstat6", "TCP6:")["inuse"] ?? 0
    guard let allocated = counts4["alloc"], let inUse = counts4["inuse"] else { return nil }
    return (allocated, inUse + inUse6)
  }

  /// The counts of one line by their names; empty if it cannot be read.
  private static func counts(
    _ file: String, _ label: String, of process: String = "thread-self"
  ) -> [Substring: Int] {
    guard let bytes = try? readFile("/proc/\(process)/net/\(file)", limit: 4096) else { return [:] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let words = lines.first(where: { $0.hasPrefix(label) })?.split(separator: " ").dropFirst() else {
      return [:]
    }
    var counts: [Substring: Int] = [:]
    for (name, value) in zip(words, words.dropFirst()) {
      if let number = Int(value) { counts[name] = number }
    }
    return counts
  }
}

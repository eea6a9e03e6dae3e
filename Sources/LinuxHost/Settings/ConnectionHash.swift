internal import SocketTable

/// The hash in which the kernel keeps connections.
enum ConnectionHash {
  /// Buckets of that of the calling thread's network namespace: net.ipv4.tcp_ehash_entries, or how many a kernel without that
  /// setting (before 6.1) has at least; such a kernel has one hash for all namespaces. 0 where nothing tells.
  static var entries: Int { Sysctl.connectionHashEntries ?? entriesByMemory }

  /// A reading goes on, after each message, at a place in a bucket; where sockets of the same bucket have come or gone since, it
  /// misses or repeats one. That takes a small hash in which several sockets share a bucket.
  static var canLoseSockets: Bool {
    let entries = entries
    return entries < BlindSpot.smallHashEntries && SocketStatistics.tcpSockets > entries / 16
  }

  /// What the kernel chooses when it starts: a bucket for each 128 KiB of memory, rounded up to a power of two and 524,288 at
  /// the most, unless its command line names a number (alloc_large_system_hash in tcp_init).
  private static let entriesByMemory: Int = {
    guard let commandLine = try? readFile("/proc/cmdline", limit: 4096),
      let memory = try? readFile("/proc/meminfo", limit: 4096)
    else { return 0 }
    return entries(
      commandLine: String(decoding: commandLine, as: UTF8.self),
      memory: String(decoding: memory, as: UTF8.self))
  }()

  static func entries(commandLine: String, memory: String) -> Int {
    let given = commandLine.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("thash_entries=") }
    // Whatever it is rounded to, it need not be decimal.
    if let given { return Int(given.dropFirst("thash_entries=".count)) ?? 0 }
    let line = memory.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
    guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return 0 }
    // MemTotal leaves out what the kernel itself takes up, so this is never more than what it chose.
    var entries = 1
    while entries < min(kibibytes / 128, 524_288) { entries *= 2 }
    return entries
  }
}

/// /proc/net/sockstat: counts that the kernel keeps anyway.
package enum SocketStatistics {
  /// TCP sockets of the calling thread's network namespace, timewait minisockets included; 0 if it cannot be read. An
  /// estimate: IPv6 sockets and bound ones are not all in it.
  package static var tcpSockets: Int {
    guard let bytes = try? readFile("/proc/thread-self/net/sockstat", limit: 4096) else { return 0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("TCP:") }) else { return 0 }
    let words = line.split(separator: " ")
    var sum = 0
    for (name, value) in zip(words, words.dropFirst()) where name == "inuse" || name == "tw" {
      sum += Int(value) ?? 0
    }
    return min(sum, 1 << 24)
  }
}

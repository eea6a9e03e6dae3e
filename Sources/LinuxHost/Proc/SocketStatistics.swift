/// /proc/net/sockstat: counts that the kernel keeps anyway.
package enum SocketStatistics {
  /// TCP sockets of the calling thread's network namespace, timewait minisockets included; 0 if it cannot be read. An
  /// estimate: IPv6 sockets and bound ones are not all in it.
  package static var tcpSockets: Int {
    min(counts("inuse", "tw")?.reduce(0, +) ?? 0, 1 << 24)
  }

  /// Timewait minisockets of the calling thread's network namespace; nil if it cannot be read.
  package static var timeWaits: Int? { counts("tw")?.first }

  private static func counts(_ names: String...) -> [Int]? {
    guard let bytes = try? readFile("/proc/thread-self/net/sockstat", limit: 4096) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let words = lines.first(where: { $0.hasPrefix("TCP:") })?.split(separator: " ") else { return nil }
    return zip(words, words.dropFirst()).filter { names.contains(String($0.0)) }.compactMap { Int($0.1) }
  }
}

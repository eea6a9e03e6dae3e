internal import NetlinkCodec

/// Values under /proc/sys. Those under net/ are the calling thread's network namespace's.
package enum Sysctl {
  /// The value's words as numbers; nil if it cannot be read (an older kernel, no /proc).
  package static func numbers(_ name: String) -> [Int]? {
    guard let text = text(name) else { return nil }
    return text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
  }

  /// The first of the value's numbers; nil if there is none.
  package static func number(_ name: String) -> Int? { numbers(name)?.first }

  /// The value without its newline. `name` is dotted, as in sysctl(8).
  package static func text(_ name: String) -> String? {
    guard let bytes = try? readFile(path(name), limit: 1 << 16) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// This kernel has no such setting; false where /proc/sys cannot be looked at.
  package static func isAbsent(_ name: String) -> Bool {
    guard (try? Descriptor.open("/proc/sys/kernel/ostype")) != nil else { return false }
    do throws(SystemError) {
      _ = try Descriptor.open(path(name))
      return false
    } catch {
      return error.errno == .noSuchFile
    }
  }

  static func path(_ name: String) -> String { "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 }) }

  /// net.ipv4.tcp_ehash_entries: buckets of the connection hash. The kernel shows it negated where the namespace
  /// shares the hash of the host.
  package static var connectionHashEntries: Int? { number("net.ipv4.tcp_ehash_entries").map(abs) }
}

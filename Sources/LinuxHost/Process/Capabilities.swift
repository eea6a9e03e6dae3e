internal import CLinux

/// What this process is allowed beyond its user id (capabilities(7)).
package enum Capabilities {
  package enum Capability: Int, Sendable {
    case dacReadSearch = 2
    case setUID = 7
    case netBindService = 10
    case netAdmin = 12
    case sysPtrace = 19
  }

  /// Whether the calling thread has it in its own user namespace (capget(2)).
  package static func isEffective(_ capability: Capability) -> Bool {
    tw_has_effective_capability(Int32(capability.rawValue)) == 1
  }

  /// Carries `body` out without the capability, if the calling thread has it.
  package static func without<Result: ~Copyable, Problem: Error>(
    _ capability: Capability, _ body: () throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let isDropped = tw_set_effective_capability(Int32(capability.rawValue), 0) == 1
    defer { if isDropped { _ = tw_set_effective_capability(Int32(capability.rawValue), 1) } }
    return try body()
  }

  /// Whether this is the host's own user namespace, as one that maps every id to itself (uid_map); false if unknown.
  package static var isInitialUserNamespace: Bool {
    guard let map = try? readFile("/proc/thread-self/uid_map", limit: 4096) else { return false }
    let words = String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words == ["0", "0", "4294967295"]
  }
}

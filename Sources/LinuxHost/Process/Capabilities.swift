internal import CLinux

/// What this process is allowed beyond its user id (capabilities(7)).
package struct Capabilities: OptionSet, Sendable {
  /// A bit for each, by its number in linux/capability.h.
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let chown = Capabilities(rawValue: 1 << 0)
  package static let dacReadSearch = Capabilities(rawValue: 1 << 2)
  package static let setGID = Capabilities(rawValue: 1 << 6)
  package static let setUID = Capabilities(rawValue: 1 << 7)
  package static let netBindService = Capabilities(rawValue: 1 << 10)
  package static let netAdmin = Capabilities(rawValue: 1 << 12)
  package static let netRaw = Capabilities(rawValue: 1 << 13)
  package static let sysPtrace = Capabilities(rawValue: 1 << 19)
  package static let sysAdmin = Capabilities(rawValue: 1 << 21)
  package static let performanceMonitoring = Capabilities(rawValue: 1 << 38)
  package static let bpf = Capabilities(rawValue: 1 << 39)

  /// Of one capability.
  private var number: Int32 { Int32(rawValue.trailingZeroBitCount) }

  /// Whether the calling thread has this one in its own user namespace (capget(2)).
  package static func isEffective(_ capability: Capabilities) -> Bool {
    tw_has_effective_capability(capability.number) == 1
  }

  /// Carries `body` out without the capability, if the calling thread has it.
  package static func without<Result: ~Copyable, Problem: Error>(
    _ capability: Capabilities, _ body: () throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let isDropped = tw_set_effective_capability(capability.number, 0) == 1
    defer { if isDropped { _ = tw_set_effective_capability(capability.number, 1) } }
    return try body()
  }

  /// Whether exec has given this process rights that whoever started it does not have.
  package static var wereRaised: Bool { tw_has_raised_privileges() != 0 }

  /// Whoever started the process may not be trusted where exec has changed its rights, be it by a security module.
  package static func ignoreUntrustedEnvironment() { tw_ignore_untrusted_environment() }

  /// Gives up every other capability for good, and the chance to get new ones by exec (no_new_privs).
  ///
  /// Whoever lacks CAP_SYS_PTRACE may look into a process only while it has every capability of that process
  /// (`cap_ptrace_access_check` of the kernel). Then none is given up if owners may be looked for.
  package static func keep(only kept: Capabilities) {
    let comparesOwn = kept.contains(.sysPtrace) && !isEffective(.sysPtrace)
    tw_give_up_privileges(comparesOwn ? .max : kept.rawValue)
  }

  /// Whether this is the host's own user namespace, as one that maps every id to itself (uid_map); false if unknown.
  package static var isInitialUserNamespace: Bool {
    guard let map = try? readFile("/proc/thread-self/uid_map", limit: 4096) else { return false }
    let words = String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words == ["0", "0", "4294967295"]
  }
}

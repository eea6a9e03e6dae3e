import CTestSupport
import Glibc
import Testing

/// What a test needs of the machine. Where that is missing the test is skipped, with a reason that begins with this name;
/// scripts/check-skips looks for itself whether the machine lacks it, and fails where it does not.
package struct Requirement: Sendable {
  let name: String
  /// What is missing, in words.
  let lack: String
  package let isMet: @Sendable () -> Bool

  package init(_ name: String, _ lack: String, isMet: @escaping @Sendable () -> Bool) {
    self.name = name
    self.lack = lack
    self.isMet = isMet
  }

  var reason: String { "\(name): \(lack)" }

  /// For what only some cases of a test need, or only a machine in a certain state lacks: ends this test, or this case of
  /// it, as skipped.
  package func orSkip(sourceLocation: SourceLocation = #_sourceLocation) throws {
    if isMet() { return }
    // Of a case nothing would be printed.
    if Test.Case.current?.isParameterized == true {
      print("➜ A case of \(Test.current?.name ?? "a test") skipped: \"\(reason)\"")
    }
    #if compiler(>=6.3)
      try Test.cancel("\(reason)", sourceLocation: sourceLocation)
    #else
      throw CannotSkip(reason: reason)
    #endif
  }
}

#if compiler(<6.3)
  /// Swift Testing before 6.3 knows no way to skip a test that has begun.
  private struct CannotSkip: Error {
    let reason: String
  }
#endif

extension Trait where Self == ConditionTrait {
  /// The test, or every test of the suite, is skipped where the machine lacks this.
  package static func needs(
    _ requirement: Requirement, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Self {
    .enabled(
      if: requirement.isMet(), Comment(rawValue: requirement.reason), sourceLocation: sourceLocation)
  }
}

extension Requirement {
  package static let networkNamespaces = Requirement(
    "network-namespaces", LabAvailability.current.reason ?? "",
    isMet: { LabAvailability.current.reason == nil })

  package static let ipv6 = Requirement("ipv6", "a new network namespace has no IPv6", isMet: { hasIPv6 })

  /// A namespace of `unshare -r` has one user only.
  package static let otherUsers = Requirement(
    "other-users", "this process cannot become another user", isMet: { Lab.canSwitchUser })

  /// A user who is not root makes a user namespace.
  package static let userNamespaces = Requirement(
    "user-namespaces", "an ordinary user may not make a user namespace", isMet: { hasUserNamespaces })

  package static let hiddenProc = Requirement(
    "hidden-proc", "no mount namespace in which /proc is hidden", isMet: { Lab.canHideProc })

  /// Neither mounted with nosuid nor in a user namespace.
  package static let setUserID = Requirement(
    "set-user-id", "set-user-ID has no effect in /tmp", isMet: { hasSetUserID })

  package static let hidepid = Requirement(
    "hidepid", "no mount namespace in which /proc is mounted with hidepid", isMet: { hasHidepid })

  package static let connectionHashes = Requirement(
    "connection-hashes", "no network namespace with a hash of connections of its own (Linux 6.1)",
    isMet: { access("/proc/sys/net/ipv4/tcp_child_ehash_entries", F_OK) == 0 })

  package static let cgroup2 = Requirement(
    "cgroup2", "no cgroup2 hierarchy that tests may write to", isMet: { TestCgroup.isAvailable })

  package static let mptcp = Requirement(
    "mptcp", "no Multipath TCP, or it is switched off", isMet: { hasMultipath })

  /// Root of the host, BPF not locked down, and the kernel's own types (BTF) with the iterator among them (Linux 5.9).
  package static let tcpIterator = Requirement(
    "tcp-iterator", "the kernel's BPF iterator over TCP sockets is not here, or not permitted",
    isMet: { test_has_tcp_iterator() == 0 })

  /// Some policies keep even root from the processes of others; then nobody can be ruled out as an owner.
  package static let everyProcess = Requirement(
    "every-process", "even root may not look into some processes here", isMet: { seesEveryProcess })

  /// A test opens ten thousand.
  package static let descriptors = Requirement(
    "descriptors", "fewer than 12,000 descriptors are allowed", isMet: { descriptorLimit >= 12_000 })

  /// Tests that take a minute.
  package static let slow = Requirement(
    "slow", "a minute long: TW_SLOW=1", isMet: { getenv("TW_SLOW").map { String(cString: $0) } == "1" })

  /// The program is held to a time that passes on the clock.
  package static let realTime = Requirement(
    "real-time", "an emulated processor is too slow for this", isMet: { !isEmulated })

  package static func program(_ name: String) -> Requirement {
    Requirement("program-\(name)", "no /usr/bin/\(name)", isMet: { access("/usr/bin/\(name)", X_OK) == 0 })
  }

  /// A server, which is installed only where it may run: it would listen on port 80 of its host.
  package static func server(_ name: String) -> Requirement {
    Requirement("server-\(name)", "no /usr/sbin/\(name)", isMet: { access("/usr/sbin/\(name)", X_OK) == 0 })
  }

  private static let isEmulated: Bool = {
    let processors = (try? readFile("/proc/cpuinfo")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return processors.contains(/model name\s*:.*TCG/)
  }()

  private static let hasIPv6 = (try? withNetworkNamespace { $0.hasIPv6 }) ?? false

  private static let hasMultipath: Bool = {
    (try? withNetworkNamespace { try $0.sysctl("net.mptcp.enabled") }) == "1"
  }()

  private static var descriptorLimit: Int {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(7), &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
  }

  private static let hasUserNamespaces: Bool = {
    var command = Command("/usr/bin/unshare", ["--map-root-user", "--net", "true"])
    if Lab.canSwitchUser { command.user = 65_534 }
    return (try? command.run().exitCode) == 0
  }()

  private static let hasSetUserID: Bool = {
    var status = statvfs()
    return Lab.canSwitchUser && statvfs("/tmp", &status) == 0 && status.f_flag & UInt(ST_NOSUID) == 0
  }()

  private static let hasHidepid: Bool = {
    let script = "mount -t proc -o hidepid=2 proc /proc && exec true"
    return (try? Command("/usr/bin/unshare", ["--mount", "sh", "-c", script]).run().exitCode) == 0
  }()

  private static let seesEveryProcess: Bool = {
    var buffer = [CChar](repeating: 0, count: 64)
    return geteuid() == 0 && readlink("/proc/1/fd/0", &buffer, 63) >= 0
  }()
}

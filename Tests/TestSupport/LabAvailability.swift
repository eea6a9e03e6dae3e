import CTestSupport
import Glibc

/// Whether tests can have a network namespace of their own here.
package struct LabAvailability: Sendable {
  /// Why not, or nil.
  package let reason: String?

  package static let current = LabAvailability(reason: probe())

  private static func probe() -> String? {
    // While there are no sockets yet that a fork would copy.
    _ = test_start_spawner()
    var stage: UnsafePointer<CChar>?
    guard test_probe_namespace(&stage) < 0 else { return nil }
    let number = errno
    let hint = number == EPERM ? "; run as root or under `unshare -rn`" : ""
    return "no network namespace for tests: \(stage.map { String(cString: $0) } ?? ""): "
      + String(cString: strerror(number)) + hint
  }
}

/// Thrown by `withNetworkNamespace` where tests cannot have a namespace.
package struct LabUnavailable: Error, CustomStringConvertible {
  package let reason: String
  package var description: String { reason }
}

extension Lab {
  /// Whether this process can become another user: a namespace of `unshare -r` has one user only.
  package static let canSwitchUser: Bool = {
    guard geteuid() == 0, let map = try? readFile("/proc/self/uid_map") else { return false }
    let fields = String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return fields.count >= 3 && (UInt64(fields[2]) ?? 0) > 65_534
  }()

  /// Whether a child can have a mount namespace with another /proc.
  package static let canHideProc: Bool = {
    var command = Command("/bin/ls", ["/proc"])
    command.hidesProc = true
    return (try? command.run().output) == ""
  }()
}

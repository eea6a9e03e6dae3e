import LinuxHost
import Reports

extension Envelope {
  /// `common` tells whether the answer is of a network namespace that this process is not in.
  static func current(_ command: String, _ common: CommonSettings? = nil) -> Envelope {
    let host = HostIdentity.current()
    return Envelope(
      command: command, toolVersion: Version.number, observedAtMilliseconds: Clock.wallMilliseconds,
      hostname: host.hostname, kernel: host.kernel,
      networkNamespace: common?.tables == nil ? host.networkNamespace : nil,
      effectiveUserID: host.effectiveUserID)
  }
}

enum Version {
  static let number = "0.1.0"
}

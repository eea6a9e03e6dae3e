import LinuxHost
import Reports

extension Envelope {
  static func current(_ command: String) -> Envelope {
    let host = HostIdentity.current()
    return Envelope(
      command: command, toolVersion: Version.number, observedAtMilliseconds: Clock.wallMilliseconds,
      hostname: host.hostname, kernel: host.kernel, networkNamespace: host.networkNamespace,
      effectiveUserID: host.effectiveUserID)
  }
}

enum Version {
  static let number = "0.1.0"
}

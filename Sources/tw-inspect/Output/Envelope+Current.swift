import LinuxHost
import Reports

extension Envelope {
  /// The envelope of an answer that is given now.
  ///
  /// - Parameter isOutside: whether the answer is about a network namespace that this process is not in.
  static func current(_ command: String, isOutside: Bool = false) -> Envelope {
    let host = HostIdentity.current()
    return Envelope(
      command: command, toolVersion: Version.number, observedAtMilliseconds: Clock.wallMilliseconds,
      hostname: host.hostname, kernel: host.kernel,
      networkNamespace: isOutside ? nil : host.networkNamespace,
      effectiveUserID: host.effectiveUserID)
  }
}

enum Version {
  static let number = "0.1.0"
}

internal import CLinux
internal import Glibc

/// A network namespace that only this process is in: nothing in it touches the host's network, and it ends with the process.
package enum PrivateNetwork {
  /// Leaves the network namespace for a new one with `lo` up; there is no way back. Without CAP_SYS_ADMIN a new user
  /// namespace is entered as well, which a process with several threads cannot do.
  /// - Throws: `unshare` where both are refused, and `ioctl` where `lo` cannot be set up.
  package static func enter() throws(SystemError) {
    if tw_unshare(CLONE_NEWNET) != 0 {
      let user = geteuid()
      guard tw_unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 else {
        throw .last("unshare", "CLONE_NEWUSER|CLONE_NEWNET")
      }
      // The user keeps its number. If the map cannot be written everything still works, and the user is shown as 65534.
      try? writeFile("/proc/self/uid_map", "\(user) \(user) 1")
    }
    guard unsafe tw_set_link_up("lo") == 0 else { throw .last("ioctl", "SIOCSIFFLAGS lo") }
  }
}

extension Sysctl {
  /// Writes a value. `name` is dotted, as in sysctl(8).
  package static func set(_ name: String, _ value: String) throws(SystemError) {
    try writeFile(path(name), value)
  }
}

/// Writes a file of /proc in one call, as such files require.
private func writeFile(_ path: String, _ text: String) throws(SystemError) {
  let number = retryingOnInterrupt { unsafe open(path, O_WRONLY | O_CLOEXEC) }
  guard number >= 0 else { throw .last("open", path) }
  let descriptor = Descriptor(owning: number)
  let bytes = Array(text.utf8)
  guard unsafe write(descriptor.number, bytes, bytes.count) == bytes.count else { throw .last("write", path) }
}

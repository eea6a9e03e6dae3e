internal import Glibc

/// Which host, kernel and network namespace an answer speaks of.
package struct HostIdentity: Sendable {
  package let hostname: String
  /// `uname -r`.
  package let kernel: String
  /// The inode of the calling thread's network namespace; nil without /proc.
  package let networkNamespace: UInt64?
  package let effectiveUserID: UInt32

  package static func current() -> HostIdentity {
    var names = utsname()
    _ = unsafe uname(&names)
    var status = stat()
    let found = unsafe stat("/proc/thread-self/ns/net", &status) == 0
    return HostIdentity(
      hostname: text(of: &names.nodename), kernel: text(of: &names.release),
      networkNamespace: found ? UInt64(status.st_ino) : nil, effectiveUserID: geteuid())
  }

  private static func text<T>(of field: inout T) -> String {
    unsafe withUnsafeBytes(of: &field) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

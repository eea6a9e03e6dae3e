internal import Glibc
package import NetlinkCodec

/// A system call that failed: which, with what errno, on what. Other errors of this room wrap it and add what it means.
package struct SystemError: Error, Hashable, Sendable {
  /// The call's name, as in its man page.
  package let call: String
  package let errno: Errno
  /// What it was called on, as a path; empty where there is nothing to say.
  package let context: String

  package init(call: String, errno: Errno, context: String = "") {
    self.call = call
    self.errno = errno
    self.context = context
  }

  /// Reads errno, so it must be the first thing after the call.
  package static func last(_ call: String, _ context: String = "") -> SystemError {
    SystemError(call: call, errno: Errno(Glibc.errno), context: context)
  }
}

extension SystemError: CustomStringConvertible {
  package var description: String {
    context.isEmpty ? "\(call): \(errno.message)" : "\(call) \(context): \(errno.message)"
  }
}

/// Repeats the call as long as it fails with EINTR; then returns its result, with its errno.
func retryingOnInterrupt<T: FixedWidthInteger & SignedInteger>(_ call: () -> T) -> T {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

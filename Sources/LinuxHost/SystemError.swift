internal import Glibc

/// A system call that failed: which, with what errno, on what.
package struct SystemError: Error, Hashable, Sendable {
  /// The call's name, as in its man page.
  package let call: String
  package let errno: Int32
  /// What it was called on, or "".
  package let context: String

  package init(call: String, errno: Int32, context: String = "") {
    self.call = call
    self.errno = errno
    self.context = context
  }

  /// Reads errno, so it must be the first thing after the call.
  package static func last(_ call: String, _ context: String = "") -> SystemError {
    SystemError(call: call, errno: Glibc.errno, context: context)
  }

  /// The C library's sentence for the errno.
  package var message: String {
    guard let text = unsafe strerror(errno) else { return "errno \(errno)" }
    return unsafe String(cString: text)
  }

  /// The process or the host has run out of something; what was asked about has nothing to do with it.
  package var isExhaustion: Bool {
    switch errno {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
    default: false
    }
  }

  package var isNotPermitted: Bool { errno == EPERM || errno == EACCES }

  /// The kernel has no such thing.
  package var isNotSupported: Bool {
    errno == EOPNOTSUPP || errno == ENOSYS || errno == EPROTONOSUPPORT || errno == EINVAL
  }

  /// The other end has ended the connection with a RST.
  package var isConnectionReset: Bool { errno == ECONNRESET }
}

extension SystemError: CustomStringConvertible {
  package var description: String {
    context.isEmpty ? "\(call): \(message)" : "\(call) \(context): \(message)"
  }
}

/// Calls again while the call was interrupted by a signal; -1 and errno as the call left them otherwise.
func retryingOnInterrupt<T: FixedWidthInteger & SignedInteger>(_ call: () -> T) -> T {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// What the kernel answered instead of sockets: an NLMSG_ERROR, or an NLMSG_DONE that carries an errno.
/// A kernel without a handler for the request sends the latter, which looks like an empty table.
package struct KernelError: Error, Equatable, Sendable {
  /// Positive.
  package let errno: Int32

  package init(errno: Int32) { self.errno = errno }
}

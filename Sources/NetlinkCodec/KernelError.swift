/// What the kernel answered instead of sockets: an NLMSG_ERROR, or an NLMSG_DONE that carries an errno.
/// A kernel without a handler for the request sends the latter, which looks like an empty table.
package struct KernelError: Error, Equatable, Sendable {
  /// Positive.
  package let errno: Int32

  package init(errno: Int32) { self.errno = errno }

  /// The body of NLMSG_DONE and NLMSG_ERROR begins with a negative errno, or with 0: nil.
  @_lifetime(payload: copy payload)
  init?(reading payload: inout ByteReader) throws(DecodingError) {
    let status = Int32(bitPattern: try payload.hostUInt32())
    guard status < 0 else { return nil }
    errno = status == .min ? .max : -status
  }
}

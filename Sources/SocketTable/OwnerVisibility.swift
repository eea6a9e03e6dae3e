/// How far the processes that have a socket open could be seen.
package enum OwnerVisibility: String, Hashable, Sendable {
  /// At least one was seen.
  case visible
  /// There is one, or there can be, and it may not be looked at from here.
  case hidden
  /// No process can have it: a minisocket, an orphan, a connection request, a socket of the kernel's own.
  case none
  /// Not looked for, or not found without a reason to tell.
  case unknown
}

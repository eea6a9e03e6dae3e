/// How far the processes that have a socket open could be seen.
package enum OwnerVisibility: String, Hashable, Sendable, CaseIterable {
  /// At least one was seen.
  case visible
  /// There is one, or there can be, and it may not be looked at from here.
  case hidden
  /// No process can have it: a minisocket, an orphan, a connection request, a socket of the kernel's own.
  case none
  /// Owners were not looked for, or the search failed, or the socket was closed in the meantime.
  case unknown
}

/// The sockets of which SO_REUSEADDR and SO_REUSEPORT are read. The raw values are those of `--flags`, and stand in JSON.
package enum ReuseOptionsChoice: String, CaseIterable, Hashable, Sendable {
  case none
  /// The sockets that a process has open, which tells them.
  case live
  /// Every socket, minisockets as well: the kernel tells them, and of those that it does not list, the process.
  case all
}

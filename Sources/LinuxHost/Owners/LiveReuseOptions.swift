internal import CLinux
package import SocketTable

/// SO_REUSEADDR and SO_REUSEPORT of sockets that a process has open, read from the sockets themselves.
package enum LiveReuseOptions {
  /// Adds the options to what is known of these sockets, as far as that is permitted (ptrace(2): root, or the same user).
  /// They stay unknown where the process has closed the socket in the meantime, or its descriptor is now another file. Records
  /// that have their options are passed over: no duplicate is made without need.
  package static func read(_ records: some Sequence<SocketRecord>, into details: inout SocketDetailsTable) {
    for record in records where record.reuseAddress == nil {
      guard var known = details[record], let owners = known.owners else { continue }
      for owner in owners {
        guard let descriptor = owner.descriptor else { continue }
        var flags = tw_reuse_options()
        guard unsafe tw_reuse_options_of(owner.pid, descriptor, &flags) == 0,
          flags.inode == UInt64(record.inode), record.cookie == 0 || flags.cookie == record.cookie
        else { continue }
        known.reuseAddress = flags.reuse_address != 0
        known.reusePort = flags.reuse_port != 0
        details[record] = known
        break
      }
    }
  }
}

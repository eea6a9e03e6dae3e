/// Why processes that have a socket open may not have been seen: what keeps this process from looking.
package struct Concealment: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Descriptors of other processes may not be read: it takes CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for those of
  /// other users.
  package static let permission = Concealment(rawValue: 1)
  /// /proc is mounted with hidepid, which leaves processes out.
  package static let hidepid = Concealment(rawValue: 2)
  /// This process is in a PID namespace of its own, and sees no others.
  package static let pidNamespace = Concealment(rawValue: 4)
  /// Its privilege counts in a user namespace of its own only.
  package static let userNamespace = Concealment(rawValue: 8)
  /// /proc shows no processes.
  package static let noProc = Concealment(rawValue: 32)
  /// It has the privilege, and is refused all the same, as by Landlock or SELinux.
  package static let policy = Concealment(rawValue: 16)
}

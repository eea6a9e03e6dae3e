internal import Glibc
internal import SocketTable

/// Why this process may not look at the sockets of another (PTRACE_MODE_ATTACH of ptrace(2)), as far as can be told.
package enum TraceObstacle: Sendable, Equatable {
  /// It is another user's, whose name or number this is.
  case otherUser(String)
  /// kernel.yama.ptrace_scope: 1 or 2; root may nevertheless.
  case yama(Int)
  /// kernel.yama.ptrace_scope is 3: nobody may until the host is started anew.
  case yamaForbids
  /// It is this user's, and not dumpable (prctl(2), PR_SET_DUMPABLE), as after a change of users.
  case notDumpable
  /// This process is root, and lacks CAP_SYS_PTRACE over it: it lacks the capability itself, or a user namespace or a security
  /// policy is between them.
  case capability

  /// - Parameter pid: of a process for which the kernel has answered EPERM or EACCES.
  static func of(_ pid: Int32) -> TraceObstacle {
    let scope = yamaScope
    if scope == 3 { return .yamaForbids }
    if geteuid() == 0 { return .capability }
    guard let process = try? Descriptor.open("/proc/\(pid)", flags: O_DIRECTORY) else {
      return .otherUser("")
    }
    var users = UserNames()
    let owner = ProcessDirectory(process: process).owner(pid, &users)
    if let uid = owner?.uid, uid != geteuid() { return .otherUser(owner?.user ?? "\(uid)") }
    // The directory of a process that is not dumpable belongs to root (proc(5)).
    var status = stat()
    if unsafe fstat(process.number, &status) == 0, status.st_uid != geteuid() { return .notDumpable }
    return scope > 0 ? .yama(scope) : .notDumpable
  }

  private static var yamaScope: Int {
    Sysctl.number("kernel.yama.ptrace_scope") ?? 0
  }
}

import CTestSupport
import Glibc

/// Runs `body` as another user where sockets are concerned: those that socket(2) and accept(2) make belong to
/// the file-system uid of the thread that calls them. Needs root; nil leaves everything as it is.
package func asUser<Result>(_ uid: uid_t?, _ body: () throws -> Result) throws -> Result {
  guard let uid else { return try body() }
  let before = test_set_thread_fsuid(uid)
  defer { _ = test_set_thread_fsuid(before) }
  // The call reports what was, not whether it worked.
  guard test_set_thread_fsuid(uid) == uid else { throw SystemCallError("setfsuid", EPERM, "\(uid)") }
  return try body()
}

/// Runs `body` without CAP_NET_BIND_SERVICE, as a server does that was not given it.
package func withoutPrivilegedPorts<Result>(_ body: () throws -> Result) throws -> Result {
  let netBindService: Int32 = 10
  let before = try check("capset") { test_set_capability(netBindService, 0) }
  defer { _ = test_set_capability(netBindService, before) }
  return try body()
}

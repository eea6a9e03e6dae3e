import CLinux
import CTestSupport
import Glibc

/// A network namespace of its own, with `lo` up, for one test. Sockets that the situations make stay open
/// until the body ends or a test closes them.
package final class Lab {
  private var kept: [TCPSocket] = []
  private let descriptor: Int32

  fileprivate init() throws {
    let path = "/proc/thread-self/ns/net"
    descriptor = try check("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
  }

  deinit { close(descriptor) }

  /// Keeps a socket open for as long as the namespace lasts.
  @discardableResult
  package func keep(_ socket: TCPSocket) -> TCPSocket {
    kept.append(socket)
    return socket
  }

  fileprivate func closeAll() {
    for socket in kept { socket.close() }
    kept = []
  }

  /// Writes a sysctl of this namespace, named as sysctl(8) names it.
  package func sysctl(_ name: String, _ value: String) throws {
    let path = Self.sysctlPath(name)
    let descriptor = try check("open", path) { open(path, O_WRONLY | O_CLOEXEC) }
    defer { close(descriptor) }
    let bytes = Array(value.utf8)
    try check("write", "\(path) \(value)") { write(descriptor, bytes, bytes.count) }
  }

  package func sysctl(_ name: String) throws -> String {
    let text = String(decoding: try readFile(Self.sysctlPath(name)), as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// /proc/sys/net resolves to the namespace of the thread that looks, unlike /proc/net (its process's).
  private static func sysctlPath(_ name: String) -> String {
    "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
  }

  /// For a namespace in which IPv6 is missing or switched off.
  package var hasIPv6: Bool {
    (try? sysctl("net.ipv6.conf.lo.disable_ipv6")) == "0"
  }

  /// By which any process of this user can open the namespace while the lab lasts, also from outside of it.
  package var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

  /// The inode that names the namespace.
  package var inode: UInt64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return 0 }
    return UInt64(status.st_ino)
  }
}

/// Runs `body` on this thread in a new network namespace. It must not suspend: only this one thread is in
/// there, with the children it starts.
package func withNetworkNamespace<Result>(_ body: (Lab) throws -> Result) throws -> Result {
  if let reason = LabAvailability.current.reason { throw LabUnavailable(reason: reason) }
  let home = try enterNewNamespace()
  defer { returnToNamespace(home) }
  let lab = try Lab()
  defer { lab.closeAll() }
  return try body(lab)
}

/// Leaves this thread in a new namespace with `lo` up; returns a descriptor of the one it came from.
func enterNewNamespace() throws(SystemCallError) -> Int32 {
  let path = "/proc/thread-self/ns/net"
  let home = try check("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
  do throws(SystemCallError) {
    try check("unshare", "CLONE_NEWNET") { tw_unshare(CLONE_NEWNET) }
  } catch {
    close(home)
    throw error
  }
  do throws(SystemCallError) {
    try check("ioctl", "SIOCSIFFLAGS lo") { test_set_link_up("lo", 1) }
  } catch {
    returnToNamespace(home)
    throw error
  }
  return home
}

private func returnToNamespace(_ home: Int32) {
  guard tw_setns(home, CLONE_NEWNET) == 0 else {
    // Whatever ran next on this thread would run in the wrong place, and might pass there.
    fatalError("setns back from the lab's network namespace: \(String(cString: strerror(errno)))")
  }
  close(home)
}

import CTestSupport
import Glibc

extension TCPSocket {
  package func set(_ level: Int32, _ name: Int32, _ value: Int32) throws(SystemCallError) {
    var value = value
    try check("setsockopt", "\(level)/\(name)") {
      setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  package func get(_ level: Int32, _ name: Int32) throws(SystemCallError) -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    try check("getsockopt", "\(level)/\(name)") { getsockopt(descriptor, level, name, &value, &length) }
    return value
  }

  package var reuseAddress: Bool {
    get throws(SystemCallError) { try get(SOL_SOCKET, SO_REUSEADDR) != 0 }
  }

  package func setReuseAddress(_ on: Bool) throws(SystemCallError) {
    try set(SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0)
  }

  package func setReusePort(_ on: Bool) throws(SystemCallError) {
    try set(SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0)
  }

  /// SO_LINGER; with 0 seconds close(2) sends a RST and leaves nothing. nil switches it off.
  package func setLinger(seconds: Int32?) throws(SystemCallError) {
    var value = linger(l_onoff: seconds == nil ? 0 : 1, l_linger: seconds ?? 0)
    try check("setsockopt", "SO_LINGER") {
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
  }

  /// TCP_LINGER2: how long FIN_WAIT2 lasts after close(2), 120 at most.
  package func setFinWait2Life(seconds: Int32) throws(SystemCallError) {
    try set(Int32(IPPROTO_TCP), TCP_LINGER2, seconds)
  }

  package func bindToDevice(_ name: String) throws(SystemCallError) {
    try check("setsockopt", "SO_BINDTODEVICE \(name)") {
      setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.utf8.count))
    }
  }

  /// Every segment that arrives for this socket is dropped before TCP sees it, as by a broken network: a
  /// socket filter of one instruction that keeps nothing. Needs no privilege, no netfilter and no tc.
  package func dropIncoming() throws(SystemCallError) {
    try check("setsockopt", "SO_ATTACH_FILTER") { test_drop_incoming(descriptor) }
  }

  /// Ends `dropIncoming`.
  package func acceptIncoming() throws(SystemCallError) {
    try set(SOL_SOCKET, SO_DETACH_FILTER, 0)
  }

  func setNonBlocking(_ on: Bool) throws(SystemCallError) {
    let flags = try check("fcntl") { fcntl(descriptor, F_GETFL) }
    try check("fcntl") { fcntl(descriptor, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) }
  }
}

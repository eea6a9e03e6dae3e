internal import CLinux
internal import Diagnosis
internal import Glibc
internal import NetlinkCodec
internal import SocketTable

extension ServerSocket {
  /// IPPROTO_MPTCP of linux/in.h.
  private static let multipath: Int32 = 262

  /// What the socket of a listener was set to, read from the socket itself through one of these processes.
  ///
  /// - Throws: `pidfd_getfd` with EPERM where that is not permitted (ptrace(2)), with ESRCH where none of them has the socket
  ///   any more, and otherwise with what failed; the context is the process.
  static func read(_ record: SocketRecord, of owners: [SocketOwner]) throws(SystemError) -> ServerSocket {
    var failure = SystemError(call: "pidfd_getfd", errno: .noSuchProcess)
    for owner in owners {
      guard let descriptor = owner.descriptor else { continue }
      var found = tw_server_socket()
      guard unsafe tw_server_socket_of(owner.pid, descriptor, &found) == 0 else {
        let error = Errno(errno)
        // The process has ended, or has closed the descriptor: another may still have the socket.
        if ![.noSuchProcess, .badDescriptor].contains(error) || failure.errno == .noSuchProcess {
          failure = SystemError(
            call: "pidfd_getfd", errno: error == .badDescriptor ? .noSuchProcess : error,
            context: "\(owner.pid)")
        }
        continue
      }
      let isMultipath = found.protocol == multipath
      // A Multipath TCP socket has a cookie of its own: in the table is the TCP socket beneath it.
      guard found.reuse.inode == UInt64(record.inode),
        isMultipath || record.cookie == 0 || found.reuse.cookie == record.cookie
      else { continue }
      return ServerSocket(record, found, isMultipath)
    }
    throw failure
  }

  private init(_ record: SocketRecord, _ found: tw_server_socket, _ isMultipath: Bool) {
    let local = record.local.address
    let interface = record.interface != 0 ? record.interface : UInt32(found.interface)
    let name = interface == 0 ? nil : Interfaces().name(interface)
    var options: SocketOptions = []
    if found.reuse.reuse_address != 0 { options.insert(.reuseAddress) }
    if found.reuse.reuse_port != 0 { options.insert(.reusePort) }
    // bind(2) sets IPV6_V6ONLY itself at any other address, and ties a socket to the interface of a link-local one.
    let isLinkLocal = local.isLinkLocal
    self.init(
      address: BindAddress(
        local, v6Only: local == .anyIPv6 && (record.v6Only ?? (found.v6_only == 1)),
        scope: isLinkLocal ? interface : 0, scopeName: isLinkLocal ? ByteSafety.escaped(name ?? "") : ""),
      settings: Settings(
        options: options, interface: isLinkLocal ? nil : name, interfaceIndex: isLinkLocal ? 0 : interface,
        uid: found.uid, isMultipath: isMultipath),
      isFreeBind: found.free_bind != 0)
  }
}

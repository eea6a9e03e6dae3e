import LinuxHost
import SocketTable
import TestSupport

/// In what kernels differ, asked of the one that runs: never its version, as distributions carry changes back and leave
/// others out.
extension Requirement {
  /// Linux 6.8 and later.
  package static let boundSockets = Requirement(
    "bound-sockets", "this kernel does not list sockets that are only bound", isMet: { listsBoundSockets })

  /// Linux 6.16 and later. Before, bind(2) takes the owner of a socket that no process has for root.
  package static let usersOfOrphans = Requirement(
    "users-of-orphans", "this kernel forgets whose socket it is that no process has",
    isMet: { keepsUsersOfOrphans })

  /// Linux 6.0 and later, if built with CONFIG_INET_DIAG_DESTROY.
  package static let endOfMinisockets = Requirement(
    "end-of-minisockets", "this kernel cannot end TIME_WAIT sockets", isMet: { endsMinisockets })

  private static let listsBoundSockets: Bool = {
    do {
      let own = try TCPSocket()
      try own.bind("127.0.0.1")
      let port = try own.localPort
      var source = SockDiagSource(try NetlinkSocket())
      var isListed = false
      _ = try source.dump(SocketFilter(ports: PortSet(port), states: .states(StateSet(.bound)))) { _ in
        isListed = true
      }
      return isListed
    } catch {
      return false
    }
  }()

  private static let keepsUsersOfOrphans: Bool = {
    guard Lab.canSwitchUser else { return false }
    let nobody: UInt32 = 65_534
    let uids = try? withNetworkNamespace { lab in
      var options = TestSupport.SocketOptions.none
      options.owner = nobody
      return try records(onPort: try lab.unaccepted(options).port).filter { $0.state == .established }
        .map(\.uid)
    }
    return uids == [nobody]
  }()

  private static let endsMinisockets: Bool = {
    let outcome = try? withNetworkNamespace { lab in
      let left = try records(onPort: try lab.timeWait().port)
      var destroyer = SockDestroyer(try NetlinkSocket())
      return destroyer.destroy(left[0])
    }
    return outcome == .ended
  }()

  private static func records(onPort port: UInt16) throws -> [SocketRecord] {
    var source = try SocketSource(.netlink)
    return try source.snapshot(SocketFilter(ports: PortSet(port), states: .states(.all))).records
  }
}

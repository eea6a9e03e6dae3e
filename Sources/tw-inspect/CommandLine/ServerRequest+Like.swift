import Diagnosis
import LinuxHost
import SocketTable

extension ServerRequest {
  /// The server with all names looked up and, with `--like`, as the running one is; and the user to bind as, nil for this
  /// process's own.
  ///
  /// - Parameters:
  ///   - user: who was named by `--as-user`; nil if nobody was.
  ///   - isPredicted: nothing is bound, so that no right to do so is needed.
  func target(
    _ port: UInt16, as user: User? = nil, isPredicted: Bool = false, _ investigation: inout Investigation
  ) throws -> (target: BindTarget, user: User?) {
    guard let like else {
      var target = target(port)
      if let user {
        target.uid = user.uid
        target.asUID = user.uid
      }
      return (target, user)
    }
    let target = try investigation.target(target(port), like: like, as: user?.uid)
    if isPredicted || user != nil { return (target, user) }
    return (target, try maker(of: target, like))
  }

  /// Who made the sockets, to bind as; nil if this process is of that user.
  private func maker(of target: BindTarget, _ like: ServerReference) throws(Failure) -> User? {
    let isPrivileged = Int(target.port) < HostSettings.current().unprivilegedPortStart
    if isPrivileged, !Capabilities.isEffective(.netBindService) {
      throw .notPermitted(
        "--like \(like.text): to try port \(target.port) as it does needs CAP_NET_BIND_SERVICE, which root has"
      )
    }
    if target.uid == HostIdentity.current().effectiveUserID { return nil }
    guard Capabilities.isEffective(.setUID), var user = User.find("\(target.uid)") else {
      let name = target.taken?.userName.map(ByteSafety.escaped) ?? "uid \(target.uid)"
      throw .notPermitted(
        "--like \(like.text): its sockets were made by \(name); to try as that user needs CAP_SETUID, which root has"
      )
    }
    // Whoever made them could bind the port, as by AmbientCapabilities= of a unit.
    user.keepsNetBindService = isPrivileged
    return user
  }
}

import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Why `--like` found no server to take for a description.
extension Failure {
  init(_ error: ServerError, _ reference: ServerReference) {
    let like = "--like \(ByteSafety.escaped(reference.text))"
    switch error {
    case .noSuchProcess: self = .look("\(like): there is no such process")
    case .hasEnded: self = .look("\(like): it has ended, or closed its sockets, while they were read")
    case .notRunning(let isKnown, let owner):
      let who =
        owner.map {
          "; on the port listens \(ByteSafety.escaped($0.command)): --like \($0.pid)"
        } ?? ""
      self = .look(
        isKnown
          ? "\(like): the unit is not running, and has no socket that could be read; describe it by options\(who)"
          : "\(like): no process is in a unit of that name\(who)")
    case .notOnPort(let ports):
      let text =
        ports.isEmpty ? "listens on no TCP port" : "does not listen on this port, but on \(Self.list(ports))"
      self = .usage("\(like): it \(text)")
    case .inOtherNamespace(let pid):
      self = .usage("\(like): it is in another network namespace; add --netns pid:\(pid)")
    case .differ(let sockets):
      let some = sockets.prefix(Self.mostShown).map { "\($0.address.text) \(Self.text($0.settings))" }
      let all = some + (sockets.count > some.count ? ["..."] : [])
      self = .usage(
        "\(like): its sockets on this port differ (\(all.joined(separator: "; "))); describe one by --address and options"
      )
    case .notPermitted(let obstacle, let pid):
      self = .notPermitted("\(like): its sockets may not be read: \(Self.text(obstacle, pid))")
    case .couldNotSearch(let reason): self = .look("\(like): its sockets could not be looked for: \(reason)")
    case .notSupported:
      self = .look("\(like): this kernel cannot show the sockets of a process (pidfd_getfd, Linux 5.6)")
    case .incomplete(let shortfall): self = .look(Reason.text(of: shortfall))
    }
  }

  private static let mostShown = 8

  private static func list(_ ports: [UInt16]) -> String {
    let shown = ports.prefix(mostShown).map { "\($0)" }.joined(separator: ", ")
    return ports.count > mostShown ? "\(shown) and \(ports.count - mostShown) more" : shown
  }

  private static func text(_ settings: ServerSocket.Settings) -> String {
    var words = settings.options.names
    if let interface = settings.interface { words.append("SO_BINDTODEVICE \(ByteSafety.escaped(interface))") }
    if settings.isMultipath { words.append("Multipath TCP") }
    return (words.isEmpty ? ["no option"] : words).joined(separator: ", ") + ", uid \(settings.uid)"
  }

  private static func text(_ obstacle: TraceObstacle, _ pid: Int32) -> String {
    switch obstacle {
    case .otherUser(let name):
      "process \(pid) is \(name.isEmpty ? "another user" : ByteSafety.escaped(name))'s; run as root"
    case .yama(let scope):
      "kernel.yama.ptrace_scope is \(scope), so only root may; run as root"
    case .yamaForbids: "kernel.yama.ptrace_scope is 3, so nobody may until the host is started anew"
    case .notDumpable:
      "process \(pid) is protected (not dumpable, as after a change of users); run as root"
    case .capability:
      "root may not either: CAP_SYS_PTRACE is missing, or process \(pid) is outside of this user namespace"
    }
  }
}

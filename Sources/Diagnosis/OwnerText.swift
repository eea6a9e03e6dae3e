package import SocketTable

/// Processes in words. Their names come from others, and are made harmless here.
package enum OwnerText {
  /// "nginx (pid 812)".
  package static func name(_ owner: SocketOwner) -> String {
    "\(command(owner)) (pid\(Quantity.unbreakableSpace)\(owner.pid))"
  }

  /// "nginx (pid 812)", "nginx (pid 812) and worker (pid 813)", "nginx (pid 812) and 3 more processes".
  package static func names(_ owners: [SocketOwner]) -> String {
    guard let first = owners.first else { return "" }
    if owners.count == 2 { return "\(name(first)) and \(name(owners[1]))" }
    return owners.count == 1 ? name(first) : "\(name(first)) and \(owners.count - 1) more processes"
  }

  private static func command(_ owner: SocketOwner) -> String {
    owner.command.isEmpty ? "a process without a name" : ByteSafety.escaped(owner.command)
  }

  /// "nginx  pid 812, fd 6  user www-data  unit nginx.service  running for 2 h 14 min". Parts stand two spaces apart.
  package static func line(_ owner: SocketOwner, now: Int64?) -> String {
    var parts = [command(owner)]
    parts.append("pid \(owner.pid)" + (owner.descriptor.map { ", fd \($0)" } ?? ""))
    if let user = owner.user ?? owner.uid.map({ "\($0)" }) {
      parts.append("user \(ByteSafety.escaped(user))")
    }
    if let container = owner.container {
      parts.append("\(container.isPod ? "pod" : "container") \(ByteSafety.escaped(container.shortID))")
    }
    if let unit = owner.unit { parts.append("unit \(ByteSafety.escaped(unit))") }
    if let now, let started = owner.startedAt, now >= started {
      parts.append("running for \(Quantity.age(milliseconds: now - started))")
    }
    return parts.joined(separator: "  ")
  }

  /// What is known of a socket whose owner was not seen; nil where that is nothing.
  package static func hidden(_ details: SocketDetails) -> String? {
    guard details.visibility == .hidden else { return nil }
    guard let name = details.cgroup?.container.map({ "container \($0.shortID)" }) ?? details.cgroup?.unit
    else { return "process hidden" }
    return "process hidden, made in \(ByteSafety.escaped(name))"
  }

  /// What is in the way, and who would see more.
  package static func concealment(_ concealment: Concealment) -> String {
    if concealment.contains(.noProc) { return "/proc is not mounted here, or shows no processes." }
    if concealment.contains(.pidNamespace) {
      return """
        This is a PID namespace of its own, in which processes of the host and of other containers are not listed: \
        root of the host sees them.
        """
    }
    if concealment.contains(.userNamespace) {
      return """
        This is a user namespace of its own, whose root may not look into processes outside of it: root of the host \
        may.
        """
    }
    if concealment.contains(.policy) {
      return
        "A security policy, such as Landlock or SELinux, keeps even root from looking into some processes here."
    }
    let what =
      concealment.contains(.hidepid)
      ? "/proc is mounted with hidepid, so that other users' processes are not listed here"
      : "Descriptors of other users' processes may not be read from here"
    return """
      \(what): root sees them, that is CAP_SYS_PTRACE and, for processes of other users, CAP_DAC_READ_SEARCH.
      """
  }
}

extension Quantity {
  /// "12 s", "5 min", "2 h 14 min", "3 d 4 h".
  package static func age(milliseconds: Int64) -> String {
    let seconds = milliseconds / 1000
    let space = unbreakableSpace
    switch seconds {
    case ..<60: return "\(seconds)\(space)s"
    case ..<3600: return "\(seconds / 60)\(space)min"
    case ..<86_400: return "\(seconds / 3600)\(space)h\(space)\(seconds / 60 % 60)\(space)min"
    default: return "\(grouped(Int(seconds / 86_400)))\(space)d\(space)\(seconds / 3600 % 24)\(space)h"
    }
  }
}

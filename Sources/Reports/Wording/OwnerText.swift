internal import Diagnosis
internal import SocketTable

/// The words about processes that have a socket. Anybody can choose the name of a process, so names are escaped here.
enum OwnerText {
  /// "nginx (pid 812)".
  static func name(_ owner: SocketOwner) -> Prose { named(command(owner), pid: owner.pid) }

  static func named(_ command: String, pid: Int32) -> Prose {
    "\(command) (\(Prose(unbreakable: "pid \(pid)")))"
  }

  /// "nginx (pid 812, nginx.service)", or the container in place of the unit. A login session or a user's service manager says
  /// nothing about what the process is, and is left out.
  static func withService(_ owner: SocketOwner) -> Prose {
    let service: String? =
      if let container = owner.container {
        "\(container.isPod ? "pod" : "container") \(container.shortID)"
      } else {
        owner.unit.flatMap { $0.hasSuffix(".service") && !$0.hasPrefix("user@") ? $0 : nil }
      }
    guard let service else { return name(owner) }
    return
      "\(command(owner)) (\(Prose(unbreakable: "pid \(owner.pid)")), \(Prose(unbreakable: ByteSafety.escaped(service))))"
  }

  /// "nginx (pid 812)", "nginx (pid 812) and worker (pid 813)", "nginx (pid 812) and 3 more processes".
  static func names(_ owners: [SocketOwner]) -> Prose {
    guard let first = owners.first else { return "" }
    if owners.count == 2 { return "\(name(first)) and \(name(owners[1]))" }
    return owners.count == 1 ? name(first) : "\(name(first)) and \(owners.count - 1) more processes"
  }

  private static func command(_ owner: SocketOwner) -> String {
    owner.command.isEmpty ? "a process without a name" : ByteSafety.escaped(owner.command)
  }

  /// "nginx  pid 812, fd 6  user www-data  unit nginx.service  running for 2 h 14 min".
  ///
  /// - Parameter now: milliseconds since 1970, when the owner was looked at; nil leaves out the running time.
  static func line(_ owner: SocketOwner, now: Int64?) -> Prose {
    var parts: [Prose] = [Prose(command(owner))]
    parts.append("pid \(owner.pid)\(owner.descriptor.map { ", fd \($0)" } ?? "")")
    if let user = owner.user ?? owner.uid.map({ "\($0)" }) {
      parts.append("user \(ByteSafety.escaped(user))")
    }
    if let container = owner.container {
      parts.append("\(container.isPod ? "pod" : "container") \(ByteSafety.escaped(container.shortID))")
    }
    if let unit = owner.unit { parts.append("unit \(ByteSafety.escaped(unit))") }
    switch owner.activity {
    case .running: break
    case .stopped: parts.append("stopped")
    case .traced: parts.append("stopped by a debugger")
    }
    if let now, let started = owner.startedAt, now >= started {
      parts.append("running for \(Quantity.age(milliseconds: now - started))")
    }
    return parts.joined(separator: "  ")
  }

  /// The words for a socket whose owners are hidden; nil if they are not.
  static func hidden(_ details: SocketDetails) -> Prose? {
    guard details.visibility == .hidden else { return nil }
    guard let name = details.cgroup?.container.map({ "container \($0.shortID)" }) ?? details.cgroup?.unit
    else { return "process hidden" }
    return "process hidden, made in \(ByteSafety.escaped(name))"
  }

  /// What keeps owners hidden, and who would see them.
  static func concealment(_ concealment: Concealment) -> Prose {
    if concealment.contains(.noProc) { return "/proc is not mounted here, or shows no processes." }
    if concealment.contains(.pidNamespace) {
      return """
        You are in a separate PID namespace. It does not list processes of the host or of other containers. Root on the \
        host sees them.
        """
    }
    if concealment.contains(.userNamespace) {
      return """
        You are in a separate user namespace. Its root may not see what processes outside of it have open. Root on the \
        host may.
        """
    }
    if concealment.contains(.policy) {
      return
        "A security policy, such as Landlock or SELinux, keeps even root from seeing what some processes have open."
    }
    let what: Prose =
      concealment.contains(.hidepid)
      ? "/proc is mounted with hidepid and hides other users' processes from you."
      : "You may not see what other users' processes have open."
    return "\(what) Run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH."
  }

  /// "SO_REUSEADDR on, SO_REUSEPORT off". Nil if they were not asked for, or no process could be asked.
  static func reuseOptions(_ record: SocketRecord, _ details: SocketDetailsTable) -> Prose? {
    let known = KnownReuseOptions(record, details[record])
    guard let reuseAddress = known.reuseAddress, let reusePort = known.reusePort else {
      let isAsked = details.reuseOptionsAsked == .all && details.reuseOptionsRefusal == nil
      return details.hasAskedForReuseOptions && record.inode != 0 || isAsked
        ? "options could not be read" : nil
    }
    var words = "SO_REUSEADDR \(reuseAddress ? "on" : "off"), SO_REUSEPORT \(reusePort ? "on" : "off")"
    // What a process tells has none of it, and to IPv4 it does not apply.
    if record.reuseAddress != nil, record.local.address.ipv4 == nil, let v6Only = record.v6Only {
      words += ", IPV6_V6ONLY \(v6Only ? "on" : "off")"
    }
    return Prose(words)
  }
}

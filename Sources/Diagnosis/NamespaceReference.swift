internal import SocketTable

/// How another network namespace was named, for commands that are to be run in it.
package enum NamespaceReference: Equatable, Sendable {
  /// As `ip netns` keeps it.
  case named(String)
  case process(Int32)
  case path(String)

  /// The option that leads there.
  package var option: String {
    switch self {
    case .named(let name): "--netns \(name)"
    case .process(let pid): "--netns pid:\(pid)"
    case .path(let path): "--netns \(path)"
    }
  }

  /// The same command, run there; nil where the name would not be safe to paste. Commands that are the same in every
  /// network namespace stay as they are.
  func command(_ command: String) -> String? {
    let isPrivileged = command.hasPrefix("sudo ")
    let bare = isPrivileged ? String(command.dropFirst("sudo ".count)) : command
    let isOwn = bare.hasPrefix("tw-inspect ")
    guard isOwn || ["ss ", "ip ", "sysctl "].contains(where: bare.hasPrefix) else { return command }
    switch self {
    case .named(let name):
      guard Catalogue.isPasteable(name) else { return nil }
      return isOwn ? "\(command) \(option)" : "sudo ip netns exec \(name) \(bare)"
    case .process(let pid):
      return isOwn ? "\(command) \(option)" : "sudo nsenter --target \(pid) --net \(bare)"
    case .path: return nil
    }
  }
}

/// Another network namespace of this host, and who lives there.
package struct OtherNamespace: Equatable, Sendable {
  package var inode: UInt64
  /// Some of its processes, the one with the lowest number first.
  package var processes: [Process]
  package var processCount: Int

  package struct Process: Equatable, Sendable {
    package var pid: Int32
    package var command: String

    package init(pid: Int32, command: String) {
      self.pid = pid
      self.command = command
    }
  }

  package init(inode: UInt64, processes: [Process], processCount: Int) {
    self.inode = inode
    self.processes = processes
    self.processCount = processCount
  }
}

extension OtherNamespace {
  /// "nginx (pid 812) and 12 more processes".
  package var summary: String {
    guard let first = processes.first else { return "\(processCount) processes" }
    let more = processCount - 1
    return "\(ByteSafety.escaped(first.command)) (pid\(Quantity.unbreakableSpace)\(first.pid))"
      + (more > 0 ? " and \(Quantity.grouped(more)) more \(more == 1 ? "process" : "processes")" : "")
  }
}

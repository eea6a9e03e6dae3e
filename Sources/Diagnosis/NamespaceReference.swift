/// How another network namespace was named, for commands that are to be run in it.
package enum NamespaceReference: Equatable, Sendable {
  /// As `ip netns` keeps it.
  case named(String)
  case process(Int32)
  case path(String)
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

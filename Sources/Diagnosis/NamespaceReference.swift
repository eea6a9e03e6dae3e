/// How the user named another network namespace, so that the commands that are advised name it in the same way.
package enum NamespaceReference: Equatable, Sendable {
  /// A name that `ip netns` knows.
  case named(String)
  case process(Int32)
  case path(String)
}

/// Another network namespace of this host, and processes in it.
package struct OtherNamespace: Equatable, Sendable {
  /// The inode of the namespace's file (`/proc/PID/ns/net`), which identifies it.
  package var inode: UInt64
  /// Some of its processes, the one with the lowest process id first.
  package var processes: [Process]
  /// The number of all of its processes that were seen.
  package var processCount: Int

  package struct Process: Equatable, Sendable {
    package var pid: Int32
    /// The kernel's name of the process (comm).
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

package import SocketTable

/// How the user named another network namespace, so that the commands that are advised name it in the same way.
package enum NamespaceReference: Equatable, Sendable {
  /// A name that `ip netns` knows.
  case named(String)
  case process(Int32)
  case path(String)
}

/// Another network namespace of this host where sockets are on the port that was asked about: it is another port there.
package struct OtherNamespace: Equatable, Sendable {
  package var inode: UInt64
  /// The sockets on the port, by state.
  package var sockets: StateCounts
  /// One of its processes, by which it can be entered: the one that has such a socket, where that could be found out.
  package var process: Process

  package struct Process: Equatable, Sendable {
    package var pid: Int32
    package var command: String

    package init(pid: Int32, command: String) {
      self.pid = pid
      self.command = command
    }
  }

  package init(inode: UInt64, sockets: StateCounts, process: Process) {
    self.inode = inode
    self.sockets = sockets
    self.process = process
  }
}

/// A network namespace of this host, and who is in it. Its names come from others: they can hold any text.
package struct NamespaceIdentity: Hashable, Sendable {
  package var inode: UInt64
  /// The question was asked in it.
  package var isOwn: Bool
  /// Its file in /run/netns, where `ip netns` keeps it; or else in /run/docker/netns. Nil if it is in neither.
  package var name: String?
  /// `name` is Docker's, which means nothing to people.
  package var isNamedByDocker: Bool
  /// The lowest number of a process in it; nil if none is.
  package var pid: Int32?
  /// What tells the unit and the container of that process; nil if there is none, or it cannot be read.
  package var service: CgroupPath?

  package var unit: String? { service?.unit }
  package var container: CgroupPath.Container? { service?.container }

  package init(
    inode: UInt64, isOwn: Bool = false, name: String? = nil, isNamedByDocker: Bool = false,
    pid: Int32? = nil, service: CgroupPath? = nil
  ) {
    self.inode = inode
    self.isOwn = isOwn
    self.name = name
    self.isNamedByDocker = isNamedByDocker
    self.pid = pid
    self.service = service
  }
}

/// Which of the host's network namespaces an answer is about.
package struct NamespaceCoverage: Hashable, Sendable {
  /// Why one was not looked at, or not to its end.
  package enum Obstacle: Hashable, Sendable {
    /// There are more than are looked at.
    case tooMany(limit: Int)
    /// They took longer than this many seconds.
    case tooLate(seconds: Int)
    /// A call failed: which, on what, and why.
    case failed(String)
  }

  package var lookedAt = 0
  package var notLookedAt = 0
  /// Processes of which it could not be told in which namespace they are.
  package var hiddenProcesses = 0
  /// The first that there was; nil if there was none.
  package private(set) var obstacle: Obstacle?

  package init() {}

  package mutating func note(_ obstacle: Obstacle) {
    if self.obstacle == nil { self.obstacle = obstacle }
  }

  package var isComplete: Bool { obstacle == nil && notLookedAt == 0 && hiddenProcesses == 0 }
}

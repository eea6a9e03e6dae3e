/// A process that has a socket open, as /proc shows it. Names come from others: they can hold any text.
package struct SocketOwner: Hashable, Sendable {
  package var pid: Int32
  /// The thread name of its first thread, at most 15 bytes (/proc/PID/comm).
  package var command: String
  /// The lowest descriptor that is the socket; nil where it is known only that the process has it.
  package var descriptor: Int32?
  /// Effective; nil where it cannot be read.
  package var uid: UInt32?
  /// Name of the user, or nil if /etc/passwd has none.
  package var user: String?
  /// The cgroup2 the process is in now, which need not be the one that the socket was made in.
  package var cgroup: CgroupPath?
  /// What program it runs; nil where that cannot be read.
  package var executable: Executable?
  /// Milliseconds since 1970-01-01 UTC.
  package var startedAt: Int64?

  package struct Executable: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
      self.device = device
      self.inode = inode
    }
  }

  package init(
    pid: Int32, command: String, descriptor: Int32? = nil, uid: UInt32? = nil, user: String? = nil,
    cgroup: CgroupPath? = nil, executable: Executable? = nil, startedAt: Int64? = nil
  ) {
    self.pid = pid
    self.command = command
    self.descriptor = descriptor
    self.uid = uid
    self.user = user
    self.cgroup = cgroup
    self.executable = executable
    self.startedAt = startedAt
  }
}

/// How far the processes that have a socket open could be seen.
package enum OwnerVisibility: String, Hashable, Sendable {
  /// At least one was seen.
  case visible
  /// There is one, or there can be, and it may not be looked at from here.
  case hidden
  /// No process can have it: a minisocket, an orphan, a connection request, a socket of the kernel's own.
  case none
  /// Not looked for, or not found without a reason to tell.
  case unknown
}

/// What is known of a socket beyond its record. Nil is unknown.
package struct SocketDetails: Hashable, Sendable {
  /// The cgroup2 the socket was made in.
  package var cgroup: CgroupPath?
  package var reuseAddress: Bool?
  package var reusePort: Bool?
  /// Nil: not looked for. Empty: none seen.
  package var owners: [SocketOwner]?
  /// Every process of the host was looked at, so there are no other owners.
  package var isOwnersComplete: Bool?
  package var visibility: OwnerVisibility

  package init(
    cgroup: CgroupPath? = nil, reuseAddress: Bool? = nil, reusePort: Bool? = nil,
    owners: [SocketOwner]? = nil,
    isOwnersComplete: Bool? = nil, visibility: OwnerVisibility = .unknown
  ) {
    self.cgroup = cgroup
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
    self.owners = owners
    self.isOwnersComplete = isOwnersComplete
    self.visibility = visibility
  }
}

/// Details of some of the sockets of a look. Empty unless they were asked for; then a row costs nothing more.
package struct SocketDetailsTable: Hashable, Sendable {
  /// By cookie, which outlives accept(); by inode where the source has no cookies.
  private enum Key: Hashable, Sendable {
    case cookie(UInt64)
    case inode(UInt32)

    init?(_ record: SocketRecord) {
      if record.cookie != 0 {
        self = .cookie(record.cookie)
      } else if record.inode != 0 {
        self = .inode(record.inode)
      } else {
        return nil
      }
    }
  }

  private var details: [Key: SocketDetails] = [:]

  package init() {}

  package var isEmpty: Bool { details.isEmpty }

  /// Nil if nothing more is known of it. Setting does nothing to a record that has neither cookie nor inode.
  package subscript(record: SocketRecord) -> SocketDetails? {
    get {
      guard !details.isEmpty, let key = Key(record) else { return nil }
      return details[key]
    }
    set {
      guard let key = Key(record) else { return }
      details[key] = newValue
    }
  }
}

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
  /// The cgroup that names its unit and container: `cgroup`, or one of cgroup v1 on a host that still has it.
  package var service: CgroupPath?
  /// What program it runs; nil where that cannot be read.
  package var executable: Executable?
  /// Milliseconds since 1970-01-01 UTC.
  package var startedAt: Int64?
  /// Its command line, read only where it tells what the process holds the port for.
  package var arguments: [String] = []

  /// systemd, which holds sockets for units until they are started.
  package var isServiceManager: Bool { pid == 1 && command == "systemd" }

  package var unit: String? { service?.unit }
  package var container: CgroupPath.Container? { service?.container }

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
    cgroup: CgroupPath? = nil, service: CgroupPath? = nil, executable: Executable? = nil,
    startedAt: Int64? = nil
  ) {
    self.pid = pid
    self.command = command
    self.descriptor = descriptor
    self.uid = uid
    self.user = user
    self.cgroup = cgroup
    self.service = service ?? cgroup
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

/// Why processes that have a socket open may not have been seen.
package struct Concealment: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Descriptors of other processes may not be read: it takes CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for those of
  /// other users.
  package static let permission = Concealment(rawValue: 1)
  /// /proc is mounted with hidepid, which leaves processes out.
  package static let hidepid = Concealment(rawValue: 2)
  /// This process is in a PID namespace of its own, and sees no others.
  package static let pidNamespace = Concealment(rawValue: 4)
  /// Its privilege counts in a user namespace of its own only.
  package static let userNamespace = Concealment(rawValue: 8)
  /// /proc shows no processes.
  package static let noProc = Concealment(rawValue: 32)
  /// It has the privilege, and is refused all the same, as by Landlock or SELinux.
  package static let policy = Concealment(rawValue: 16)
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
  /// Empty where nothing is in the way, or nothing was looked for.
  package var concealment: Concealment = []
  /// Processes of the socket's cgroup that may have it but may not be looked at; only where no owner was seen.
  package var suspects: [SocketOwner] = []
  /// It carries Multipath TCP (IPPROTO_MPTCP).
  package var isMultipath: Bool?
  /// The socket unit that the service manager holds it for, by its unit files; nil where none or several would do.
  package var socketUnit: String?

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

  /// Of a socket that no process can have.
  package static let withoutProcess = SocketDetails(owners: [], isOwnersComplete: true, visibility: .none)
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
  /// When they were found out, in milliseconds since 1970-01-01 UTC.
  package var observedAt: Int64?
  /// SO_REUSEADDR and SO_REUSEPORT were asked for; where they are nil, it was not permitted to read them.
  package var hasAskedForFlags = false

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

/// A process that has a socket open, as /proc shows it. Names come from others: they can hold any text.
package struct SocketOwner: Hashable, Sendable {
  package var pid: Int32
  /// The name of its first thread, at most 15 bytes (/proc/PID/comm); of another thread, where that alone has the socket.
  package var command: String
  /// The lowest descriptor that is the socket; nil where the process only may have it.
  package var descriptor: Int32?
  /// The effective user (/proc/PID/status); nil where it cannot be read.
  package var uid: UInt32?
  /// Name of the user, or nil if /etc/passwd has none.
  package var user: String?
  /// The cgroup2 that the process is in now, which need not be the one that the socket was made in.
  package var cgroup: CgroupPath?
  /// The cgroup that names its unit and container: `cgroup`, or one of cgroup v1 on a host that still has it.
  package var service: CgroupPath?
  /// The program that it runs (/proc/PID/exe); nil where that cannot be read.
  package var executable: Executable?
  /// Milliseconds since 1970-01-01 UTC, from /proc/PID/stat; nil where it cannot be read.
  package var startedAt: Int64?
  /// Its command line (/proc/PID/cmdline), read only where it tells what the process holds the port for.
  package var arguments: [String] = []

  package var activity = Activity.running
  /// Its parent, read only of a container's proxy; nil where it cannot be read.
  package var parent: Parent?

  package enum Activity: Hashable, Sendable {
    /// Or asleep, as most processes are.
    case running
    /// By SIGSTOP or the like, as by Ctrl-Z: state T of /proc/PID/stat.
    case stopped
    /// By the process that traces it, such as a debugger: state t.
    case traced
  }

  package struct Parent: Hashable, Sendable {
    package var pid: Int32
    package var command: String

    package init(pid: Int32, command: String) {
      self.pid = pid
      self.command = command
    }
  }

  /// systemd, which holds sockets for units until they are started.
  package var isServiceManager: Bool { pid == 1 && command == "systemd" }

  /// The systemd unit that it runs in; nil if none is known.
  package var unit: String? { service?.unit }
  /// The container that it runs in; nil if none is known.
  package var container: CgroupPath.Container? { service?.container }

  /// The file of a program, by `st_dev` and `st_ino` of stat(2).
  package struct Executable: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
      self.device = device
      self.inode = inode
    }
  }

  /// - Parameter service: Nil is `cgroup`.
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

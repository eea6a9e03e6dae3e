package import Diagnosis
internal import Glibc
internal import SocketTable

extension Caller {
  /// So many ancestors are looked at; a session has far fewer.
  private static let depth = 64

  package static var isCurrentlyRoot: Bool { geteuid() == 0 }

  /// Ancestors in another PID namespace cannot be seen, and are not among them.
  package static func current() -> Caller {
    var caller = Caller(uid: geteuid())
    var users = UserNames()
    var pid = getppid()
    while pid > 0, caller.ancestors.count < depth, caller.ancestors.insert(pid).inserted {
      guard let process = try? Descriptor.open("/proc/\(pid)", flags: O_DIRECTORY) else { break }
      let directory = ProcessDirectory(process: process)
      if let unit = directory.owner(pid, &users)?.service?.systemUnit { caller.units.insert(unit) }
      guard let parent = directory.parent else { break }
      pid = parent.pid
    }
    return caller
  }
}

internal import Glibc
internal import SocketTable

extension Concealment {
  /// The PID namespace that the host starts with (PID_NS_INIT_INO of linux/nsfs.h).
  private static let initialPIDNamespace: UInt64 = 0xefff_fffc

  /// What hides whole processes from this one.
  /// - Throws: what keeps it from knowing.
  static func here() throws(SystemError) -> Concealment {
    var concealment: Concealment = []
    var status = stat()
    let path = "/proc/thread-self/ns/pid"
    guard unsafe stat(path, &status) == 0 else { throw .last("stat", path) }
    if UInt64(status.st_ino) != initialPIDNamespace { concealment.insert(.pidNamespace) }
    // hidepid hides nothing from a process with CAP_SYS_PTRACE (proc(5)).
    if try isHidepidMounted(), !Capabilities.isEffective(.sysPtrace) { concealment.insert(.hidepid) }
    return concealment
  }

  /// Why /proc/PID/fd of another process was refused: the directory belongs to its user, and its links may be read only by
  /// who may trace the process (PTRACE_MODE_READ_FSCREDS of ptrace(2)).
  static var ofDescriptors: Concealment {
    guard Capabilities.isEffective(.sysPtrace), Capabilities.isEffective(.dacReadSearch) else {
      return .permission
    }
    return Capabilities.isInitialUserNamespace ? .policy : .userNamespace
  }

  private static func isHidepidMounted() throws(SystemError) -> Bool {
    MountInfo.mounts(in: try MountInfo.contents()).contains { mount in
      mount.type == "proc" && mount.point == "/proc"
        && mount.options.contains {
          $0.hasPrefix("hidepid=") && $0 != "hidepid=0" && $0 != "hidepid=off"
        }
    }
  }
}

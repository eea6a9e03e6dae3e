internal import Glibc
internal import SocketTable

extension Concealment {
  /// The PID namespace that the host starts with (PID_NS_INIT_INO of linux/nsfs.h).
  private static let initialPIDNamespace: UInt64 = 0xefff_fffc

  /// What hides whole processes from this one.
  static var here: Concealment {
    var concealment: Concealment = []
    var status = stat()
    let isKnown = unsafe stat("/proc/thread-self/ns/pid", &status) == 0
    if !isKnown || UInt64(status.st_ino) != initialPIDNamespace { concealment.insert(.pidNamespace) }
    // hidepid hides nothing from a process with CAP_SYS_PTRACE (proc(5)).
    if isHidepidMounted, !Capabilities.isEffective(.sysPtrace) { concealment.insert(.hidepid) }
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

  private static var isHidepidMounted: Bool {
    MountInfo.mounts.contains { mount in
      mount.type == "proc" && mount.point == "/proc"
        && mount.options.contains {
          $0.hasPrefix("hidepid=") && $0 != "hidepid=0" && $0 != "hidepid=off"
        }
    }
  }
}

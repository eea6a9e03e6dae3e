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
    // Who may look into every process sees them all the same (proc(5), hidepid).
    if isHidepidMounted, !Capabilities.isEffective(.sysPtrace) { concealment.insert(.hidepid) }
    return concealment
  }

  /// Why /proc/PID/fd of another process is refused: the directory is its user's, and the links in it are for who may
  /// trace it (PTRACE_MODE_READ_FSCREDS of ptrace(2)).
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

internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// The processes of a systemd unit, by /proc/PID/cgroup: that works with cgroup v1 as well, and takes no privilege.
enum UnitProcesses {
  /// In ascending order. The name of a directory that the system's service manager has not made is believed only of this
  /// user's own processes: below a user's service manager others choose the names.
  ///
  /// - Throws: what kept some process from being looked at, other than that it has ended.
  static func all(in unit: String) throws(SystemError) -> [Int32] {
    let proc = try Descriptor.open("/proc", flags: O_DIRECTORY)
    var pids: [Int32] = []
    let error = DirectoryReader().forEach(in: proc) { entry in
      if let pid = entry.number { pids.append(pid) }
      return true
    }
    if error != 0 { throw SystemError(call: "getdents64", errno: Errno(error), context: "/proc") }
    var found: [Int32] = []
    for pid in pids.sorted() where try isIn(unit, pid) { found.append(pid) }
    return found
  }

  private static func isIn(_ unit: String, _ pid: Int32) throws(SystemError) -> Bool {
    do throws(SystemError) {
      let contents = try readFile("/proc/\(pid)/cgroup", limit: 1 << 16)
      guard let path = ProcessDirectory.cgroups(in: contents).naming, path.unit == unit else { return false }
      if path.systemUnit == unit { return true }
    } catch {
      if [.noSuchFile, .noSuchProcess].contains(error.errno) || error.errno.isNotPermitted { return false }
      throw error
    }
    var status = stat()
    return unsafe stat("/proc/\(pid)", &status) == 0 && status.st_uid == geteuid()
  }

  /// Whether a unit file has this name, or is the template of it.
  static func isKnown(_ unit: String, in directories: [String] = SocketUnits.directories) -> Bool {
    var names = [unit]
    if let at = unit.firstIndex(of: "@"), let dot = unit.lastIndex(of: "."), at < dot {
      names.append(String(unit[...at] + unit[dot...]))
    }
    return directories.contains { directory in
      names.contains { unsafe access("\(directory)/\($0)", F_OK) == 0 }
    }
  }
}

internal import CLinux
internal import Glibc
internal import SocketTable

/// What /proc tells of a process. Everything is read below one open directory of it, so that another process that is given the
/// same number later is never taken for it: below the directory of a process that has ended nothing can be opened.
struct ProcessDirectory {
  private let directory: Int32
  /// From `directory` to the directory of the process.
  private let prefix: String

  /// - Parameter descriptors: /proc/PID/fd or /proc/PID/task/TID/fd, which has to stay open while this is used.
  init(descriptors: borrowing Descriptor) {
    directory = descriptors.number
    prefix = "../"
  }

  /// - Parameter process: /proc/PID, which has to stay open while this is used.
  init(process: borrowing Descriptor) {
    directory = process.number
    prefix = ""
  }

  /// Nil if comm or stat cannot be read, as when the process has ended.
  func owner(_ pid: Int32, _ users: inout UserNames) -> SocketOwner? {
    guard let command = read("comm"), let stat = read("stat") else { return nil }
    let uid = read("status").flatMap { Self.effectiveUser(in: $0) }
    let groups = read("cgroup").map(Self.cgroups)
    var owner = SocketOwner(
      pid: pid, command: Self.text(command), uid: uid, user: uid.flatMap { users.name(of: $0) },
      cgroup: groups?.unified, service: groups?.naming, executable: executable,
      startedAt: Self.startTicks(in: stat).map(Self.wallMilliseconds))
    owner.activity = Self.activity(in: stat)
    return owner
  }

  /// Nil if it has ended, or has none that this process can see.
  var parent: SocketOwner.Parent? {
    guard let stat = read("stat"), let pid = Self.parent(in: stat), pid > 0,
      let command = try? readFile("/proc/\(pid)/comm", limit: 64)
    else { return nil }
    return SocketOwner.Parent(pid: pid, command: Self.text(command))
  }

  /// The first 4,096 bytes of the command line (cmdline); empty where it cannot be read.
  var arguments: [String] {
    (read("cmdline") ?? []).prefix(4096).split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private func read(_ name: String) -> [UInt8]? {
    guard let file = unsafe Descriptor.open(prefix + name, below: directory) else { return nil }
    return file.contents()
  }

  /// The file system and inode of the program. Nil where they cannot be read, and for kernel threads.
  private var executable: SocketOwner.Executable? {
    var status = stat()
    guard unsafe fstatat(directory, prefix + "exe", &status, 0) == 0 else { return nil }
    return SocketOwner.Executable(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  private static func text(_ line: [UInt8]) -> String {
    String(decoding: line.last == UInt8(ascii: "\n") ? line.dropLast() : line[...], as: UTF8.self)
  }

  /// From /proc/PID/status, whose line "Uid:" has the real, effective, saved and file system user.
  static func effectiveUser(in status: [UInt8]) -> UInt32? {
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Uid:".utf8) {
      let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      return words.count > 2 ? UInt32(words[2]) : nil
    }
    return nil
  }

  /// The process that a thread is of, from the line "Tgid:" of its status.
  static func process(in status: [UInt8]) -> Int32? {
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Tgid:".utf8) {
      return Int32(String(decoding: line.dropFirst(5), as: UTF8.self).filter { !$0.isWhitespace })
    }
    return nil
  }

  /// The 22nd field of /proc/PID/stat.
  static func startTicks(in stat: [UInt8]) -> UInt64? {
    let words = fieldsAfterName(in: stat)
    return words.count > 19 ? UInt64(String(decoding: words[19], as: UTF8.self)) : nil
  }

  /// The third field.
  static func activity(in stat: [UInt8]) -> SocketOwner.Activity {
    switch fieldsAfterName(in: stat).first?.first {
    case UInt8(ascii: "T"): .stopped
    case UInt8(ascii: "t"): .traced
    default: .running
    }
  }

  /// Whether the third field says that it has ended, or only its first thread.
  var isDefunct: Bool {
    read("stat").flatMap { Self.fieldsAfterName(in: $0).first?.first } == UInt8(ascii: "Z")
  }

  /// The fourth field; 0 where the parent is in another PID namespace.
  static func parent(in stat: [UInt8]) -> Int32? {
    let words = fieldsAfterName(in: stat)
    return words.count > 1 ? Int32(String(decoding: words[1], as: UTF8.self)) : nil
  }

  /// From the third field on. The second is the name in parentheses, which can hold any byte.
  private static func fieldsAfterName(in stat: [UInt8]) -> [ArraySlice<UInt8>] {
    guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return [] }
    return stat[(end + 1)...].split(separator: UInt8(ascii: " "))
  }

  private static func wallMilliseconds(ticks: UInt64) -> Int64 {
    let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    return Clock.bootMilliseconds + Int64(clamping: ticks / ticksPerSecond * 1000)
      + Int64(ticks % ticksPerSecond * 1000 / ticksPerSecond)
  }

  /// Reads /proc/PID/cgroup. `unified` is the path in cgroup2, "0::/path". `naming` is the one that tells unit and container:
  /// where `unified` does not, it is the first of cgroup v1 that names a container, or the one of systemd's own hierarchy.
  static func cgroups(in contents: [UInt8]) -> (unified: CgroupPath?, naming: CgroupPath?) {
    var paths: [(controllers: String, path: CgroupPath)] = []
    for line in contents.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      var path = String(decoding: fields[2], as: UTF8.self)
      if path.hasSuffix(" (deleted)") { path.removeLast(" (deleted)".count) }
      paths.append((String(decoding: fields[1], as: UTF8.self), CgroupPath(path)))
    }
    let unified = paths.first { $0.controllers.isEmpty }?.path
    if let unified, unified.unit != nil || unified.container != nil { return (unified, unified) }
    let naming =
      paths.first { $0.path.container != nil }?.path
      ?? paths.first { $0.controllers == "name=systemd" && $0.path.unit != nil }?.path
    return (unified, naming ?? unified)
  }
}

extension Clock {
  /// When the host was started, in milliseconds since 1970-01-01 UTC by the present clock. It is rounded to the hundredth of a
  /// second, the unit in which /proc counts from there: otherwise a process would seem to have started at a slightly
  /// different time whenever it is asked about.
  static var bootMilliseconds: Int64 {
    let hundredth: Int64 = 10_000_000
    return (nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME) + hundredth / 2) / hundredth * 10
  }
}

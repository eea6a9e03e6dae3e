package import Diagnosis
internal import Glibc

extension OtherNamespace {
  /// This many of a namespace's processes are named at most.
  private static let nameLimit = 2

  /// The network namespaces other than the calling thread's, as far as /proc/PID/ns/net may be read; those with the most
  /// processes first.
  package static func all() -> [OtherNamespace] {
    var own = stat()
    guard unsafe stat("/proc/thread-self/ns/net", &own) == 0,
      let proc = try? Descriptor.open("/proc", flags: O_DIRECTORY)
    else { return [] }
    var pids: [Int32] = []
    DirectoryReader().forEach(in: proc) { entry in
      if let pid = entry.number { pids.append(pid) }
      return true
    }
    var members: [UInt64: [Int32]] = [:]
    for pid in pids {
      var status = stat()
      guard unsafe fstatat(proc.number, "\(pid)/ns/net", &status, 0) == 0, status.st_ino != own.st_ino else {
        continue
      }
      let inode = UInt64(status.st_ino)
      // Kernel threads have no program.
      if unsafe fstatat(proc.number, "\(pid)/exe", &status, 0) == 0 {
        members[inode, default: []].append(pid)
      }
    }
    let namespaces = members.map { inode, pids in
      let named = pids.sorted().prefix(nameLimit).compactMap { pid in
        command(pid, below: proc.number).map { Process(pid: pid, command: $0) }
      }
      return OtherNamespace(inode: inode, processes: named, processCount: pids.count)
    }
    return namespaces.filter { !$0.processes.isEmpty }.sorted {
      $0.processCount != $1.processCount ? $0.processCount > $1.processCount : $0.inode < $1.inode
    }
  }

  private static func command(_ pid: Int32, below proc: Int32) -> String? {
    guard let contents = unsafe Descriptor.open("\(pid)/comm", below: proc)?.contents() else { return nil }
    return String(decoding: contents.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}

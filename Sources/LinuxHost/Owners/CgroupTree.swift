internal import CLinux
internal import Glibc
internal import SocketTable

/// The cgroup2 hierarchy as far as it is mounted here.
struct CgroupTree: ~Copyable {
  /// One of its directories.
  struct Group: ~Copyable {
    let path: CgroupPath
    let directory: Descriptor
  }

  private let mount: CgroupMount
  private let root: Descriptor
  private let reader = DirectoryReader()

  /// A search gives up after this many directories.
  private static let walkLimit = 65_536

  /// Nil without a mount of cgroup2, as on a host of cgroup v1 alone.
  init?(mountInfo: [UInt8]) {
    guard let mount = CgroupMount(mountInfo) else { return nil }
    guard let root = try? Descriptor.open(mount.point, flags: O_DIRECTORY) else { return nil }
    self.mount = mount
    self.root = root
  }

  /// The directory with this inode, which is what the kernel calls the id of a cgroup. Nil if it is gone, or outside
  /// of what is mounted here.
  func group(id: UInt64) -> Group? {
    let number = tw_open_cgroup(root.number, id)
    if number >= 0 { return group(Descriptor(owning: number), id) }
    // Without CAP_DAC_READ_SEARCH the tree is searched: the entries of a directory carry the inodes.
    guard errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP else { return nil }
    return find(id)
  }

  private func group(_ directory: consuming Descriptor, _ id: UInt64) -> Group? {
    var status = stat()
    guard unsafe fstat(directory.number, &status) == 0, UInt64(status.st_ino) == id,
      let link = readLink("/proc/thread-self/fd/\(directory.number)")
    else { return nil }
    // The handle can lead to a cgroup outside of what is mounted here, which has no path below the mount point.
    guard link == mount.point || link.hasPrefix(mount.point == "/" ? "/" : mount.point + "/") else {
      return nil
    }
    return Group(path: mount.path(String(link.dropFirst(mount.point.count))), directory: directory)
  }

  /// Searches the tree for the directory with this inode, which needs no privilege.
  func find(_ id: UInt64) -> Group? {
    var status = stat()
    if unsafe fstat(root.number, &status) == 0, UInt64(status.st_ino) == id {
      guard let directory = try? Descriptor.open(mount.point, flags: O_DIRECTORY) else { return nil }
      return Group(path: mount.path(""), directory: directory)
    }
    // Paths are kept as bytes, because a name that is no valid UTF-8 could not be opened as text.
    var pending: [[UInt8]] = [[UInt8(ascii: ".")]]
    var walked = 0
    while let next = pending.popLast(), walked < Self.walkLimit {
      walked += 1
      guard let directory = Self.open(next, below: root) else { continue }
      var found: [UInt8]?
      reader.forEach(in: directory) { entry in
        guard entry.type == UInt8(DT_DIR) else { return true }
        let name = unsafe Self.bytes(entry.name)
        if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { return true }
        let path = next + [UInt8(ascii: "/")] + name
        if entry.inode == id {
          found = path
          return false
        }
        pending.append(path)
        return true
      }
      if let found {
        guard let directory = Self.open(found, below: root) else { return nil }
        return Group(
          path: mount.path(String(decoding: found.dropFirst(), as: UTF8.self)), directory: directory)
      }
    }
    return nil
  }

  private static func open(_ path: [UInt8], below root: borrowing Descriptor) -> Descriptor? {
    unsafe Descriptor.open((path + [0]).map(CChar.init(bitPattern:)), below: root.number, flags: O_DIRECTORY)
  }

  private static func bytes(_ name: UnsafePointer<CChar>) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }
}

extension CgroupTree.Group {
  /// The processes in it (cgroup.procs), by their ids in this PID namespace; empty where it holds threads only, or cannot be
  /// read.
  borrowing func processes() -> [Int32] {
    guard let file = unsafe Descriptor.open("cgroup.procs", below: directory.number),
      let contents = file.contents(limit: 1 << 22)
    else { return [] }
    return contents.split(separator: UInt8(ascii: "\n")).compactMap {
      // 0 is a process of another PID namespace.
      Int32(String(decoding: $0, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
    }
  }
}

/// Where cgroup2 is mounted.
struct CgroupMount {
  let point: String
  /// The directory of the file system that is mounted there, without a "/" at its end.
  private let root: String

  /// Chooses the mount that shows the most of the hierarchy: bind mounts and the hybrid layout make several. Nil if there is
  /// none.
  init?(_ mountInfo: [UInt8]) {
    let mounts = MountInfo.mounts(in: mountInfo).filter { $0.type == "cgroup2" }
    guard let widest = mounts.min(by: { $0.root.utf8.count < $1.root.utf8.count }) else { return nil }
    point = widest.point
    root = widest.root == "/" ? "" : widest.root
  }

  /// What /proc/PID/cgroup calls the directory at a path below the mount point.
  func path(_ below: String) -> CgroupPath {
    let text = root + below
    return CgroupPath(text.isEmpty ? "/" : text)
  }
}

/// Where a symbolic link leads, as text; nil if it cannot be read or is longer than 4,096 bytes.
func readLink(_ path: String, below directory: Int32 = AT_FDCWD) -> String? {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
    guard let start = bytes.baseAddress else { return -1 }
    return unsafe readlinkat(directory, path, start.assumingMemoryBound(to: CChar.self), bytes.count)
  }
  return count > 0 && count < buffer.count ? String(decoding: buffer[..<count], as: UTF8.self) : nil
}

extension Descriptor {
  /// What is left to read; nil if it cannot be read. Reading stops once there are `limit` bytes, which the last read can
  /// exceed by less than 4 KiB.
  borrowing func contents(limit: Int = 1 << 16) -> [UInt8]? {
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while contents.count < limit {
      guard let count = try? read(into: &buffer) else { return nil }
      if count == 0 { break }
      contents.append(contentsOf: buffer[..<count])
    }
    return contents
  }
}

internal import CLinux
internal import Glibc
internal import SocketTable

/// Finds TCP sockets that are bound and neither listen nor connect where the kernel does not list them (before 6.8): in the
/// processes that have them open, by /proc/PID/fd, pidfd_getfd(2) and getsockname(2). For root; a socket that is on its way
/// from one process to another is in none.
enum BoundSocketSearch {
  /// Whether this process may look into those of everybody.
  static var isPermitted: Bool {
    geteuid() == 0 && Capabilities.isEffective(.sysPtrace)
  }

  /// Those of the calling thread's network namespace.
  /// - Parameter listed: inodes of sockets that the kernel does list; they are passed over.
  static func sockets(besides listed: Set<UInt32>) -> [SocketRecord] {
    guard let proc = try? Descriptor.open("/proc", flags: O_DIRECTORY),
      let namespace = namespace("thread-self", proc.number)
    else { return [] }
    let reader = DirectoryReader()
    var pids: [Int32] = []
    reader.forEach(in: proc) { entry in
      if let pid = entry.number { pids.append(pid) }
      return true
    }
    var seen = listed
    var records: [SocketRecord] = []
    for pid in pids {
      guard let directory = unsafe Descriptor.open("\(pid)/fd", below: proc.number, flags: O_DIRECTORY) else {
        continue
      }
      var descriptors: [Int32] = []
      reader.forEach(in: directory) { entry in
        if let number = entry.number { descriptors.append(number) }
        return true
      }
      for number in descriptors {
        guard let inode = inode(number, directory.number), !seen.contains(inode),
          isTCP(number, directory.number)
        else {
          continue
        }
        seen.insert(inode)
        var found = tw_bound_socket()
        guard unsafe tw_bound_socket_of(pid, number, &found) == 0, found.inode == UInt64(inode) else {
          continue
        }
        // A process can have sockets of other namespaces than its own.
        let place = found.namespace == 0 ? Self.namespace("\(pid)", proc.number) : found.namespace
        if place == namespace, let record = record(found) { records.append(record) }
      }
    }
    return records
  }

  private static func record(_ found: tw_bound_socket) -> SocketRecord? {
    let (high, low) = unsafe withUnsafeBytes(of: found.address) { bytes in
      unsafe (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    let address: IPAddress
    switch found.version {
    case 4: address = IPAddress(ipv4: UInt32(truncatingIfNeeded: high >> 32))
    case 6: address = IPAddress(ipv6High: high, low: low)
    default: return nil
    }
    return SocketRecord(
      state: .bound, local: Endpoint(address: address, port: found.port), peer: nil,
      interface: found.interface,
      uid: found.uid, inode: UInt32(truncatingIfNeeded: found.inode), cookie: found.cookie,
      v6Only: found.v6_only != 0)
  }

  // MARK: /proc

  /// The inode of a process's network namespace; nil if it cannot be told.
  private static func namespace(_ process: String, _ proc: Int32) -> UInt64? {
    var status = stat()
    return unsafe fstatat(proc, "\(process)/ns/net", &status, 0) == 0 ? UInt64(status.st_ino) : nil
  }

  /// Of a socket; nil for any other file.
  private static func inode(_ descriptor: Int32, _ directory: Int32) -> UInt32? {
    var status = stat()
    guard unsafe fstatat(directory, "\(descriptor)", &status, 0) == 0, status.st_mode & S_IFMT == S_IFSOCK
    else {
      return nil
    }
    return UInt32(truncatingIfNeeded: status.st_ino)
  }

  private static func isTCP(_ descriptor: Int32, _ directory: Int32) -> Bool {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { name in
      guard let start = name.baseAddress else { return false }
      let length = unsafe tw_socket_protocol("/proc/thread-self/fd/\(directory)/\(descriptor)", start, 32)
      // "TCP" or "TCPv6".
      return unsafe length >= 3 && memcmp(start, "TCP", 3) == 0
    }
  }
}

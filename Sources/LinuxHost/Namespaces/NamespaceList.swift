internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// The network namespaces of this host that a process is in, or that have a name.
struct NamespaceList {
  /// What leads to one of them.
  struct Entry {
    let inode: UInt64
    /// Files that it is mounted on, in the order in which names are chosen.
    fileprivate(set) var names: [Name] = []
    /// Processes in it, in ascending order.
    fileprivate(set) var pids: [Int32] = []

    /// The process with the lowest number.
    var firstProcess: Int32? { pids.first }
  }

  struct Name {
    /// The path, as bytes: it need not be valid UTF-8.
    let path: [CChar]
    let text: String
    let isDockers: Bool
  }

  /// Of the calling thread.
  let own: Identity
  private var entries: [UInt64: Entry] = [:]
  /// Processes of which it could not be told in which namespace they are.
  private(set) var hiddenProcesses = 0
  /// The first call that failed, other than for what is gone meanwhile; nil if none did.
  private(set) var failure: SystemError?

  /// Tells a network namespace from every other file.
  struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  /// - Parameter directories: where names are looked for; each is one of `ip netns`, or of Docker.
  /// - Throws: where the calling thread's own cannot be told.
  init(names directories: [(path: String, isDockers: Bool)] = []) throws(SystemError) {
    let path = "/proc/thread-self/ns/net"
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .last("stat", path) }
    own = Identity(status)
    entries[own.inode] = Entry(inode: own.inode)
    addProcesses()
    for directory in directories { addNames(in: directory.path, isDockers: directory.isDockers) }
  }

  /// Where namespaces have names. Docker bind-mounts those of its containers.
  static let directories = [(NetworkNamespace.directory, false), ("/run/docker/netns", true)]

  /// The calling thread's own.
  var ownEntry: Entry { entries[own.inode] ?? Entry(inode: own.inode) }

  /// The others: first those with processes, the oldest first.
  var others: [Entry] {
    entries.values.filter { $0.inode != own.inode }.sorted { left, right in
      let (first, second) = (left.firstProcess ?? .max, right.firstProcess ?? .max)
      if first != second { return first < second }
      return (left.names.first?.text ?? "", left.inode) < (right.names.first?.text ?? "", right.inode)
    }
  }

  // MARK: Processes

  private mutating func addProcesses() {
    guard let proc = unsafe Descriptor.open("/proc", below: AT_FDCWD, flags: O_DIRECTORY) else {
      return note(.last("open", "/proc"))
    }
    var pids: [Int32] = []
    let error = DirectoryReader().forEach(in: proc) { entry in
      if let pid = entry.number { pids.append(pid) }
      return true
    }
    if error != 0 { note(SystemError(call: "getdents64", errno: .init(error), context: "/proc")) }
    var hidden: [Int32] = []
    for pid in pids.sorted() {
      let path = "\(pid)/ns/net"
      guard let status = unsafe Self.status(path, below: proc.number) else {
        switch errno {
        case EACCES, EPERM: hidden.append(pid)
        case let error where !Self.isGone(error):
          note(SystemError(call: "stat", errno: Errno(error), context: "/proc/\(path)"))
          hiddenProcesses += 1
        default: break
        }
        continue
      }
      let inode = UInt64(status.st_ino)
      // Of the own one, which most processes are in, only the first is ever asked for.
      if inode == own.inode, entries[inode]?.pids.isEmpty == false { continue }
      entries[inode, default: Entry(inode: inode)].pids.append(pid)
    }
    addHidden(hidden, proc)
  }

  /// Where a policy keeps even root from a process's namespaces, its tables in /proc tell which network namespace it is in: each has
  /// such files of its own.
  private mutating func addHidden(_ pids: [Int32], _ proc: borrowing Descriptor) {
    guard !pids.isEmpty else { return }
    func table(_ process: String) -> UInt64? {
      unsafe Self.status("\(process)/net/tcp", below: proc.number).map { UInt64($0.st_ino) }
    }
    var namespaces: [UInt64: UInt64] = [:]
    for entry in entries.values {
      let process = entry.inode == own.inode ? "thread-self" : entry.firstProcess.map { "\($0)" }
      if let process, let table = table(process) { namespaces[table] = entry.inode }
    }
    for pid in pids {
      guard let inode = table("\(pid)").flatMap({ namespaces[$0] }) else {
        note(SystemError(call: "stat", errno: .accessDenied, context: "/proc/\(pid)/ns/net"))
        hiddenProcesses += 1
        continue
      }
      entries[inode]?.pids.append(pid)
      entries[inode]?.pids.sort()
    }
  }

  /// Nil with errno. What seems to be gone is asked for twice: nothing may be left out for a call that failed once.
  private static func status(_ path: UnsafePointer<CChar>, below directory: Int32) -> stat? {
    var status = stat()
    if unsafe fstatat(directory, path, &status, 0) == 0 { return status }
    guard isGone(errno) else { return nil }
    return unsafe fstatat(directory, path, &status, 0) == 0 ? status : nil
  }

  /// Whether the errno says that the process, or the name, is not there any more.
  static func isGone(_ error: Int32) -> Bool { error == ENOENT || error == ESRCH || error == ENOTDIR }

  private mutating func note(_ error: SystemError) {
    if failure == nil { failure = error }
  }

  // MARK: Names

  private mutating func addNames(in path: String, isDockers: Bool) {
    guard let directory = unsafe Descriptor.open(path, below: AT_FDCWD, flags: O_DIRECTORY) else {
      let error = SystemError.last("open", path)
      // Nobody has made it.
      if Self.isGone(error.errno.rawValue), unsafe access(path, F_OK) != 0 { return }
      return note(error)
    }
    var names: [[CChar]] = []
    let error = DirectoryReader().forEach(in: directory) { entry in
      let name = unsafe Array(UnsafeBufferPointer(start: entry.name, count: strlen(entry.name)))
      if name.first != CChar(bitPattern: UInt8(ascii: "."))
        || !(name.count <= 2 && name.allSatisfy { $0 == 0x2e })
      {
        names.append(name)
      }
      return true
    }
    if error != 0 { note(SystemError(call: "getdents64", errno: .init(error), context: path)) }
    names.sort { $0.lexicographicallyPrecedes($1) }
    let prefix = (path + "/").utf8.map(CChar.init(bitPattern:))
    for name in names {
      guard let status = unsafe Self.status(name + [0], below: directory.number) else {
        if !Self.isGone(errno) { note(.last("stat", "below \(path)")) }
        continue
      }
      // A file that nothing is mounted on, as a crash can leave it, is on another device.
      guard Identity(status).device == own.device else { continue }
      let inode = UInt64(status.st_ino)
      let text = String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
      entries[inode, default: Entry(inode: inode)].names.append(
        Name(path: prefix + name + [0], text: text, isDockers: isDockers))
    }
  }
}

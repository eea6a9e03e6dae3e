internal import CLinux
internal import Diagnosis
internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// One walk through the processes, in search of those that have certain sockets open. A class, because the closures that read directories change it.
@safe final class OwnerWalk {
  let depth: OwnerSearch.Depth
  private let deadline: Int64
  /// The inodes of the sockets that are looked for. `owners` and `isMultipath` are in the order of their numbers.
  private(set) var inodes: Numbering
  private(set) var owners: [[SocketOwner]]
  private(set) var isMultipath: [Bool?]
  /// How many sockets have no owner yet.
  private var missing: Int

  /// A descriptor of /proc, or -1.
  let proc: Int32
  private let reader = DirectoryReader()
  var users = UserNames()
  private var visited: Set<Int32> = []
  private(set) var cgroups: [UInt64: (path: CgroupPath, processes: [Int32])] = [:]
  /// Processes whose descriptors may not be looked at.
  private(set) var denied: Set<Int32> = []
  /// The search has gone through all processes; `concealment` says what may have kept some of them from it.
  private(set) var isWhole = false
  private(set) var concealment: Concealment = []
  private var sawProcesses = false
  /// Why a process could not be looked at although that is permitted: the first reason there was. Nothing then follows from an
  /// owner not being found. Nil if there was none.
  private(set) var failure: String?
  var hasFailed: Bool { failure != nil }
  private var isLate = false
  /// Some descriptors were passed over, as their process was known to have enough of the sockets.
  private(set) var hasPassedOver = false
  /// How many of the sockets are looked for in one process.
  private let limit: Int

  /// With more sockets than this, those of one process are not all told apart.
  private static let many = 1024
  /// How many of many are found to be a process's own.
  private static let sampleSize = 64
  /// Between so many descriptors the clock is asked.
  private static let clockInterval = 256

  /// In bytes. The longest link that matters is "socket:[4294967295]".
  private static let linkSize = 64
  private let link: UnsafeMutablePointer<CChar>
  /// Sockets found in the process that is being looked at: the index in `inodes`, and the descriptor.
  private var hits: [(index: Int, descriptor: Int32)] = []

  init(_ records: [SocketRecord], _ depth: OwnerSearch.Depth, until deadline: Int64) {
    self.depth = depth
    self.deadline = deadline
    inodes = Numbering(capacity: records.count)
    for record in records where record.inode != 0 && !record.isMinisocket { inodes.add(inode: record.inode) }
    let count = inodes.count
    limit = depth == .holders && count > Self.many ? Self.sampleSize : .max
    owners = Array(repeating: [], count: count)
    isMultipath = Array(repeating: nil, count: count)
    missing = count
    proc = retryingOnInterrupt { unsafe open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    let error = proc < 0 ? errno : 0
    unsafe link = UnsafeMutablePointer<CChar>.allocate(capacity: Self.linkSize)
    if error != 0 { note(error, at: "open /proc") }
    findCgroups(of: records)
  }

  deinit {
    unsafe link.deallocate()
    if proc >= 0 { close(proc) }
  }

  private func findCgroups(of records: [SocketRecord]) {
    var ids: Set<UInt64> = []
    var last: UInt64?
    for record in records where record.inode != 0 && record.cgroupID != last {
      last = record.cgroupID
      if let last { ids.insert(last) }
    }
    guard !ids.isEmpty, let mountInfo = try? MountInfo.contents(),
      let tree = CgroupTree(mountInfo: mountInfo)
    else { return }
    for id in ids {
      if let group = tree.group(id: id) { cgroups[id] = (group.path, group.processes()) }
    }
  }

  /// Notes why a process could not be looked at: it has ended, that is not permitted, or the call failed.
  /// - Parameter step: the call and what it was called on.
  private func note(_ error: Int32, of pid: Int32? = nil, at step: @autoclosure () -> String) {
    switch error {
    case 0, ENOENT, ESRCH, ENOTDIR: break
    case EACCES, EPERM: if let pid { denied.insert(pid) }
    default: fail("\(step()): \(Errno(error).message)")
    }
  }

  private func fail(_ reason: String) {
    if failure == nil { failure = reason }
  }

  private var isDone: Bool { isLate || missing == 0 && depth == .first }

  /// Ends the search if its time is over.
  private func heedClock() {
    guard !isLate, Clock.monotonicNanoseconds > deadline else { return }
    isLate = true
    fail("there was no time for the others")
  }

  func run() {
    guard !owners.isEmpty else { return }
    guard proc >= 0 else {
      if !hasFailed { concealment = .noProc }
      return
    }
    for group in cgroups.values {
      for pid in group.processes where !isDone { look(pid) }
    }
    if isDone { return }
    lookThroughAll()
    if missing > 0, denied.isEmpty, !hasPassedOver, !isLate {
      // A thread can have descriptors that its process does not have, and a process can have been started since.
      visited = []
      lookThroughAll(threadsToo: true)
    }
    guard !isDone else { return }
    guard !hasFailed else { return }
    do throws(SystemError) {
      concealment = sawProcesses ? try Concealment.here() : .noProc
    } catch {
      return fail("\(error)")
    }
    isWhole = true
    if !denied.isEmpty { concealment.insert(.ofDescriptors) }
  }

  /// Looks at these processes alone.
  func run(only pids: [Int32]) {
    guard !owners.isEmpty, proc >= 0 else { return }
    for pid in pids where !isDone { look(pid) }
  }

  // MARK: Processes

  private func lookThroughAll(threadsToo: Bool = false) {
    guard let list = unsafe Descriptor.open(".", below: proc, flags: O_DIRECTORY) else {
      return note(errno, at: "open /proc")
    }
    var pids: [Int32] = []
    let error = reader.forEach(in: list) { entry in
      if let pid = entry.number { pids.append(pid) }
      return true
    }
    note(error, at: "getdents64 /proc")
    if !pids.isEmpty { sawProcesses = true }
    for pid in pids where !isDone {
      heedClock()
      look(pid)
      if threadsToo, missing > 0 { lookAtThreads(of: pid) }
    }
  }

  private func look(_ pid: Int32) {
    if visited.insert(pid).inserted { look("\(pid)/fd", pid) }
  }

  private func lookAtThreads(of pid: Int32) {
    guard let tasks = unsafe Descriptor.open("\(pid)/task", below: proc, flags: O_DIRECTORY) else {
      return note(errno, of: pid, at: "open /proc/\(pid)/task")
    }
    var threads: [Int32] = []
    let error = reader.forEach(in: tasks) { entry in
      if let thread = entry.number, thread != pid { threads.append(thread) }
      return true
    }
    note(error, of: pid, at: "getdents64 /proc/\(pid)/task")
    for thread in threads where missing > 0 || depth != .first {
      look("\(pid)/task/\(thread)/fd", pid, isThread: true)
    }
  }

  /// The first thread has ended, and with it everything that /proc shows of the process itself (`<defunct>`). To its own
  /// user the kernel refuses the rest.
  private func isOwnDefunct(_ pid: Int32) -> Bool {
    var status = stat()
    guard unsafe fstatat(proc, "\(pid)", &status, 0) == 0, status.st_uid == geteuid(),
      let process = unsafe Descriptor.open("\(pid)", below: proc, flags: O_DIRECTORY)
    else { return false }
    return ProcessDirectory(process: process).isDefunct
  }

  private func look(_ path: String, _ pid: Int32, isThread: Bool = false) {
    guard let directory = unsafe Descriptor.open(path, below: proc, flags: O_DIRECTORY) else {
      let error = errno
      if error == EACCES, !isThread, isOwnDefunct(pid) { return lookAtThreads(of: pid) }
      return note(error, of: pid, at: "open /proc/\(path)")
    }
    let number = directory.number
    hits.removeAll(keepingCapacity: true)
    var count = 0
    let error = reader.forEach(in: directory, isFewExpected: limit != .max) { entry in
      count += 1
      if count.isMultiple(of: Self.clockInterval) { heedClock() }
      if isLate { return false }
      let length = unsafe readlinkat(number, entry.name, link, Self.linkSize)
      if length < 0 {
        let error = errno
        // "." and ".." are no links.
        if error == EINVAL, entry.number == nil { return true }
        note(error, of: pid, at: "readlink below /proc/\(path)")
        return error != EACCES && error != EPERM
      }
      // A process can have a socket open twice. `add` drops the second; doing so here would take quadratic time.
      if let inode = unsafe Self.inode(link, length), let index = index(of: inode),
        let descriptor = entry.number
      {
        if hits.count == limit {
          hasPassedOver = true
          return false
        }
        hits.append((index, descriptor))
      }
      return true
    }
    note(error, of: pid, at: "getdents64 /proc/\(path)")
    // Nothing but "." and "..": a thread of the kernel, or a process whose first thread has ended.
    if count <= 2, error == 0, !isThread { return lookAtThreads(of: pid) }
    let facts = ProcessDirectory(descriptors: directory)
    guard !hits.isEmpty else { return }
    guard var owner = facts.owner(pid, &users) else {
      // A process that has ended has no stat file any more. Where there is one, reading it has failed.
      let error = Errno(errno)
      if unsafe faccessat(number, "../stat", F_OK, 0) == 0 {
        fail("read below /proc/\(pid): \(error.message)")
      }
      return
    }
    if ContainerProxy.isOne(owner.command) { readMore(of: &owner, facts) }
    for hit in hits { add(owner, hit.index, hit.descriptor, in: number) }
  }

  private func readMore(of proxy: inout SocketOwner, _ facts: ProcessDirectory) {
    proxy.arguments = facts.arguments
    proxy.parent = facts.parent
  }

  private func add(_ owner: SocketOwner, _ index: Int, _ descriptor: Int32, in directory: Int32) {
    guard !owners[index].contains(where: { $0.pid == owner.pid }) else { return }
    if owners[index].isEmpty {
      missing -= 1
      if depth != .first {
        isMultipath[index] = Self.isMultipath("/proc/thread-self/fd/\(directory)/\(descriptor)")
      }
    } else if depth == .first {
      return
    }
    var owner = owner
    owner.descriptor = descriptor
    owners[index].append(owner)
  }

  // MARK: Descriptors

  /// The number in "socket:[123]"; nil for any other link, and for a number that no socket of sock_diag has.
  @inline(__always)
  private static func inode(_ link: UnsafePointer<CChar>, _ length: Int) -> UInt32? {
    guard length > 9, length < linkSize, unsafe link[0] == CChar(UInt8(ascii: "s")),
      unsafe memcmp(link, "socket:[", 8) == 0
    else { return nil }
    var value: UInt64 = 0
    for position in 8..<(length - 1) {
      let byte = unsafe UInt8(bitPattern: link[position])
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
    }
    return UInt32(exactly: value)
  }

  @inline(__always)
  func index(of inode: UInt32) -> Int? { inodes.number(ofInode: inode) }

  private static func isMultipath(_ path: String) -> Bool? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { name in
      guard let start = name.baseAddress else { return nil }
      let length = unsafe tw_socket_protocol(path, start, 32)
      return length < 5 ? length < 0 ? nil : false : unsafe memcmp(start, "MPTCP", 5) == 0
    }
  }

  /// Containers' proxies among the processes that could not be looked at. Anybody may read a name and a command line.
  lazy var deniedProxies: [SocketOwner] = denied.sorted().compactMap { pid in
    guard let name = try? readFile("/proc/\(pid)/comm", limit: 64),
      ContainerProxy.isOne(String(decoding: name.dropLast(), as: UTF8.self)),
      let process = unsafe Descriptor.open("\(pid)", below: proc, flags: O_DIRECTORY)
    else { return nil }
    let facts = ProcessDirectory(process: process)
    guard var owner = facts.owner(pid, &users) else { return nil }
    readMore(of: &owner, facts)
    return owner
  }
}

import Glibc
import SocketTable
import TestSupport
import Testing

@testable import LinuxHost

/// What is read of /proc and of cgroups, as text.
@Suite struct ProcessFactsTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: ["nginx", "a b", ") 1 2 3 (", "((", ")", "", "\u{1b}[31m", "x\ny"])
  func startTime(name: String) {
    let fields = (3...52).map { $0 == 22 ? "4711" : "\($0)" }.joined(separator: " ")
    #expect(ProcessDirectory.startTicks(in: bytes("812 (\(name)) \(fields)\n")) == 4711)
  }

  @Test func startTimeOfSomethingElse() {
    for text in ["", "812", "812 (x)", "812 (x) S 1 2", ")"] {
      #expect(ProcessDirectory.startTicks(in: bytes(text)) == nil)
    }
  }

  @Test func effectiveUser() {
    #expect(
      ProcessDirectory.effectiveUser(in: bytes("Name:\tx\nUid:\t1000\t33\t0\t0\nGid:\t1\t2\t3\t4\n")) == 33)
    #expect(ProcessDirectory.effectiveUser(in: bytes("Name:\tUid:\n")) == nil)
    #expect(ProcessDirectory.effectiveUser(in: []) == nil)
  }

  @Test(
    arguments: [
      ("0::/system.slice/nginx.service\n", "/system.slice/nginx.service", "nginx.service"),
      ("0::/a.service (deleted)\n", "/a.service", "a.service"),
      // Hybrid: the unified hierarchy says nothing.
      ("12:pids:/x\n1:name=systemd:/system.slice/ssh.service\n0::/\n", "/", "ssh.service"),
      // cgroup v1 alone.
      ("12:pids:/x\n1:name=systemd:/system.slice/ssh.service\n", nil, "ssh.service"),
      ("4:memory:/some/place\n0::/\n", "/", nil),
      ("0::/with:colon.service\n", "/with:colon.service", "with:colon.service"),
      ("", nil, nil), ("nonsense\n", nil, nil), ("0::\n", "", nil),
    ] as [(String, String?, String?)])
  func cgroups(text: String, unified: String?, unit: String?) {
    let groups = ProcessDirectory.cgroups(in: bytes(text))
    #expect(groups.unified?.text == unified)
    #expect(groups.naming?.unit == unit)
  }

  @Test func aContainerOfCgroupV1() {
    let id = String(repeating: "0123456789abcdef", count: 4)
    let text = "1:name=systemd:/docker/\(id)\n0::/\n"
    #expect(ProcessDirectory.cgroups(in: bytes(text)).naming?.container?.id == id)
  }

  @Test(arguments: [
    ("31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup", "/x"),
    (
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 c rw\n",
      "/sys/fs/cgroup/unified", "/x"
    ),
    ("31 23 0:27 /docker/1 /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "/sys/fs/cgroup", "/docker/1/x"),
    ("31 23 0:27 / /mnt/a\\040b\\134 ro a:1 b:2 - cgroup2 cgroup rw\n", "/mnt/a b\\", "/x"),
    (
      "1 2 0:27 /part /mnt rw - cgroup2 c rw\n31 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
      "/sys/fs/cgroup", "/x"
    ),
  ])
  func mounts(text: String, point: String, below: String) throws {
    let mount = try #require(CgroupMount(bytes(text)))
    #expect(mount.point == point)
    #expect(mount.path("/x").text == below)
  }

  @Test(arguments: [
    "", "\n", "31 23 0:27 / /sys rw - tmpfs tmpfs rw", "cgroup2", "a b c d e f g - cgroup", "- cgroup2",
  ])
  func noMount(text: String) { #expect(CgroupMount(bytes(text)) == nil) }

  @Test(arguments: [
    ("[Socket]\nListenStream=9527\n", true), ("ListenStream = 0.0.0.0:9527\n", true),
    ("ListenStream=127.0.0.1:9527\n", false), ("ListenStream=[::]:9527\n", false),
    ("ListenStream=/run/x\n", false),
    ("ListenDatagram=9527\n", false), ("#ListenStream=9527\n", false), ("ListenStream=95270\n", false),
    ("", false),
  ])
  func socketUnits(file: String, listens: Bool) {
    let local = Endpoint(address: .anyIPv4, port: 9527)
    #expect(SocketUnits.listens(bytes(file), on: local) == listens)
  }

  @Test func users() throws {
    let path = "/tmp/tw-inspect-passwd-\(getpid())"
    let file = try #require(fopen(path, "w"))
    fputs("root:x:0:0::/:/bin/sh\nweb:x:33:33\nsecond:x:33:33\n::7:7:\nbad\nx:y:no:1\n", file)
    fclose(file)
    defer { unlink(path) }
    var names = UserNames(path: path)
    #expect(names.name(of: 0) == "root")
    #expect(names.name(of: 33) == "web")
    #expect(names.name(of: 7) == nil)
    var none = UserNames(path: path + "-none")
    #expect(none.name(of: 0) == nil)
  }

  @Test func namespaceNames() {
    #expect(NetworkNamespace("web")?.path == "/run/netns/web")
    #expect(NetworkNamespace("/a/b")?.path == "/a/b")
    #expect(NetworkNamespace("pid:12")?.path == "/proc/12/ns/net")
    for text in ["", ".", "..", "pid:", "pid:0", "pid:-1", "pid:+1", "pid:x", "pid:99999999999"] {
      #expect(NetworkNamespace(text) == nil, "\(text)")
    }
  }
}

/// Cgroups by the kernel's own word.
@Suite struct CgroupTreeTests {
  @Test(.needs(.cgroup2))
  func byHandleAndByWalk() throws {
    let outer = try TestCgroup("tw-inspect-outer-\(getpid())")
    let inner = try TestCgroup("tw-inspect-outer-\(getpid())/inner \u{1b}.service")
    defer { for group in [inner, outer] { group.remove() } }
    var status = stat()
    try #require(stat(inner.directory, &status) == 0)
    let id = UInt64(status.st_ino)
    guard let tree = CgroupTree(mountInfo: try LinuxHost.readFile("/proc/self/mountinfo")) else {
      Issue.record("no mount of cgroup2")
      return
    }
    let path = tree.group(id: id)?.path.text
    #expect(path?.hasSuffix("/tw-inspect-outer-\(getpid())/inner \u{1b}.service") == true)
    #expect(tree.find(id)?.path.text == path)
    #expect(tree.group(id: 1 << 40)?.path == nil)
    #expect(tree.find(1 << 40)?.path == nil)
  }
}

/// Sockets of a process that has many.
@Suite struct ManyDescriptorsTests {
  private static let count = 10_000
  private static func processorNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// Ten times as many took a hundred times as long: each was compared with all that had been found before it.
  @Test(.needs(.descriptors))
  func timeGrowsWithTheirNumber() throws {
    var descriptors: [Int32] = []
    defer { for descriptor in descriptors { close(descriptor) } }
    var records: [SocketRecord] = []
    for _ in 0..<Self.count {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      try #require(descriptor >= 0)
      descriptors.append(descriptor)
      var status = stat()
      try #require(fstat(descriptor, &status) == 0)
      records.append(
        SocketRecord(
          state: .bound, local: Endpoint(address: .anyIPv4, port: 9527), peer: nil,
          inode: UInt32(status.st_ino)))
    }
    func cost(_ count: Int) -> Int {
      let start = Self.processorNanoseconds()
      let details = OwnerSearch.details(of: Array(records.prefix(count)), .every)
      #expect(
        records.prefix(count).allSatisfy { details[$0]?.owners?.contains { $0.pid == getpid() } == true })
      return Self.processorNanoseconds() - start
    }
    #expect(cost(Self.count) < 20 * cost(Self.count / 10))
  }

  /// Of a socket that it has twice, the first descriptor is named, and the process once.
  @Test func twoDescriptorsOfOneSocket() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, descriptor)
    defer { for number in [descriptor, copy] { close(number) } }
    var status = stat()
    try #require(fstat(descriptor, &status) == 0)
    let record = SocketRecord(
      state: .bound, local: Endpoint(address: .anyIPv4, port: 9527), peer: nil, inode: UInt32(status.st_ino))
    let owners = OwnerSearch.details(of: [record], .every)[record]?.owners
    #expect(owners?.map(\.pid) == [getpid()])
    #expect(owners?.first?.descriptor == descriptor)
  }
}

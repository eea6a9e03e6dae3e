import Glibc
import KernelSupport
import TestSupport
import Testing

/// What a command may do, and what it gives up first: the table in `CommandLine/Privileges.swift`, held against the system
/// calls that are made.
@Suite(.needs(.networkNamespaces), .needs(.program("strace")))
struct PrivilegesTests {
  /// A command line, and what it may do beyond reading.
  struct Row: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    /// Binds to the port that was asked about, and not only to one of the kernel's choice on loopback.
    var binds = false
    var entersNamespaces = false
    var duplicatesDescriptors = false
    /// SOCK_DESTROY is let through by the kernel only with this.
    var keepsNetAdmin = false
    var changesUser = false
    /// It may have to try as who made a server's sockets.
    var keepsSetUID = false
    /// CAP_BPF and CAP_PERFMON, and the program that reads the options of sockets.
    var usesBPF = false

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let rows = [
    Row(arguments: ["port", "9527"]), Row(arguments: ["port", "9527", "--all", "--owners", "--json"]),
    Row(arguments: ["port", "9527", "--output", "jsonl"]),
    Row(arguments: ["port", "9527", "--all", "--flags", "live"], duplicatesDescriptors: true),
    Row(arguments: ["port", "9527", "--all", "--flags", "all"], usesBPF: true),
    Row(arguments: ["port", "9527", "--netns", "pid:self"], entersNamespaces: true),
    Row(arguments: ["port", "9527", "--all-netns", "--all", "--owners"], entersNamespaces: true),
    Row(arguments: ["trybind", "9527"], binds: true),
    Row(arguments: ["trybind", "9527", "--listen", "--matrix"], binds: true),
    Row(arguments: ["trybind", "9527", "--predict"]),
    Row(arguments: ["trybind", "9527", "--after-stop", "--flags", "live"], duplicatesDescriptors: true),
    Row(arguments: ["trybind", "9527", "--after-stop"], duplicatesDescriptors: true),
    Row(arguments: ["trybind", "9527", "--reuse", "--after-stop", "--flags", "none"]),
    Row(arguments: ["trybind", "9527", "--flags=all"], binds: true, usesBPF: true),
    Row(arguments: ["trybind", "9527", "--reuse", "--after-stop", "--flags", "all"], usesBPF: true),
    Row(
      arguments: ["trybind", "9527", "--after-stop", "--flags", "all"], duplicatesDescriptors: true,
      usesBPF: true),
    Row(arguments: ["trybind", "9527", "--as-user", "65534"], binds: true, changesUser: true),
    Row(
      arguments: ["trybind", "9527", "--like", "self"], binds: true, duplicatesDescriptors: true,
      keepsSetUID: true),
    Row(
      arguments: ["wait", "9527", "--like", "self", "--timeout", "100ms"], binds: true,
      duplicatesDescriptors: true,
      keepsSetUID: true),
    Row(arguments: ["wait", "9527", "--timeout", "100ms"], binds: true),
    Row(arguments: ["release", "9527", "--yes"], binds: true, keepsNetAdmin: true),
    Row(arguments: ["release", "9527", "--dry-run"], keepsNetAdmin: true),
    Row(arguments: ["audit"], duplicatesDescriptors: true), Row(arguments: ["audit", "--flags", "none"]),
    Row(arguments: ["audit", "--netns", "pid:self"], entersNamespaces: true, duplicatesDescriptors: true),
    Row(arguments: ["explain", "tcp_tw_reuse"]), Row(arguments: ["explain"]),
  ]

  @Test(.needs(.otherUsers), arguments: rows)
  func noCallOutsideOfItsRow(_ row: Row) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let arguments = row.arguments.map { $0.replacing("self", with: "\(getpid())") }
      let calls = try trace(arguments)
      #expect(calls.count { $0.hasPrefix("execve(") } == 1, "nothing but the program itself is executed")
      for call in calls where call.hasPrefix("bind(") && !call.contains("AF_NETLINK") {
        let isOwn =
          call.contains("htons(0)") && (call.contains("127.0.0.1") || call.contains("127.255.255.254"))
          || call.contains("htons(0)") && call.contains("::ffff:")
        #expect(isOwn || row.binds, "\(call)")
      }
      for call in calls {
        if call.hasPrefix("setns(") || call.hasPrefix("unshare(") { #expect(row.entersNamespaces, "\(call)") }
        if call.hasPrefix("pidfd_getfd(") {
          // Where the kernel does not list sockets that are only bound they are looked for in processes.
          #expect(row.duplicatesDescriptors || !Requirement.boundSockets.isMet(), "\(call)")
        }
        if call.hasPrefix("setresuid(") { #expect(row.changesUser, "\(call)") }
        if call.hasPrefix("bpf(") { #expect(row.usesBPF, "\(call)") }
        #expect(!call.hasPrefix("kill("), "\(call)")
        if call.hasPrefix("open") {
          #expect(
            !call.contains("O_WRONLY") && !call.contains("O_RDWR") && !call.contains("O_CREAT"), "\(call)")
        }
      }
      try expectGivenUp(calls, row)
    }
  }

  /// Before any socket is asked for, and for good.
  private func expectGivenUp(_ calls: [String], _ row: Row) throws {
    let given = try #require(calls.firstIndex { $0.hasPrefix("capset(") && $0.contains("inheritable=0}") })
    let sealed = try #require(calls.firstIndex { $0.hasPrefix("prctl(PR_SET_NO_NEW_PRIVS, 1") })
    let asked = calls.firstIndex { $0.hasPrefix("socket(") } ?? calls.endIndex
    #expect(given < asked && sealed < asked)
    let kept = calls[given]
    #expect(kept.contains("CAP_NET_ADMIN") == row.keepsNetAdmin, "\(kept)")
    #expect(kept.contains("CAP_SYS_ADMIN") == row.entersNamespaces, "\(kept)")
    #expect(kept.contains("CAP_SETUID") == (row.changesUser || row.keepsSetUID), "\(kept)")
    for capability in ["CAP_BPF", "CAP_PERFMON"] {
      #expect(kept.contains(capability) == row.usesBPF, "\(kept)")
    }
    for other in ["CAP_DAC_OVERRIDE", "CAP_SYS_MODULE", "CAP_KILL", "CAP_FOWNER", "CAP_SYS_RESOURCE"] {
      #expect(!kept.contains(other), "\(kept)")
    }
  }

  /// The calls that could change something, in order, without the numbers of processes.
  private func trace(_ arguments: [String]) throws -> [String] {
    let names =
      "execve,bind,socket,setns,unshare,pidfd_getfd,bpf,kill,tgkill,open,openat,creat,capset,prctl,setresuid,truncate,"
      + "unlink,unlinkat,rename,renameat,mkdir,mkdirat,chmod,fchmod,mount,ptrace"
    var command = Command("/usr/bin/strace", ["-f", "-qq", "-o", "/dev/fd/3", "-e", "trace=\(names)"])
    command.arguments += [try Tool.path.get()] + arguments
    var ends: [Int32] = [-1, -1]
    try check("pipe") { pipe(&ends) }
    defer { for end in ends { close(end) } }
    // Room for the whole trace, so that nobody has to read while it is written.
    _ = fcntl(ends[1], 1031 /* F_SETPIPE_SZ */, 1 << 20)
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    command.inherited = [ends[1]]
    _ = try command.run()
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(ends[0], &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      String(line.drop { $0.isNumber || $0 == " " })
    }.filter { !$0.hasPrefix("---") && !$0.hasPrefix("+++") }
  }

  /// The answer of somebody who keeps every capability: no row changes it.
  @Test(.needs(.boundSockets), .needs(.otherUsers)) func privilegedPortsAreAnsweredAsBefore() throws {
    try withNetworkNamespace { _ in
      for (more, user, status) in [
        ([], nil, 0), (["--interface", "lo"], nil, 0), (["--predict"], nil, 0), ([], 65_534, 1),
        (["--as-user", "65534"], nil, 1),
      ] as [([String], uid_t?, Int32)] {
        let result = try Tool.run(["trybind", "80", "-q"] + more, asUser: user)
        #expect(result.exitCode == status, "\(result)")
      }
    }
  }
}

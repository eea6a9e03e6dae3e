import Glibc
import TestSupport

/// The situations in which a process holds the port.
extension RemedyProof {
  private static let server = "our $s = server(9527);"
  private static let bound = """
    socket(our $s, PF_INET, SOCK_STREAM, 0) or die $!; setsockopt($s, SOL_SOCKET, SO_REUSEADDR, $ARGV[0] + 0);
    bind($s, sockaddr_in(9527, INADDR_LOOPBACK)) or die $!; setsockopt($s, SOL_SOCKET, SO_REUSEADDR, $ARGV[1] + 0);
    """

  static let processes: [RemedyProof] = [
    RemedyProof(slug: "listener-alive", name: "a process", kind: "signal") { _ in
      Holding(processes: [try Perl(server).start()])
    },
    RemedyProof(slug: "listener-alive", name: "parent and child", kind: "signal") { _ in
      // The child ends with the pipe that its parent has the other end of, where the test fails.
      Holding(processes: [
        try Perl("\(server) pipe(my $r, our $w); if (!fork) { close($w); <$r>; exit 0 } close($r);").start()
      ])
    },
    RemedyProof(
      slug: "listener-alive", name: "the host's resolver", kind: "other-address", port: 53,
      make: { _ in
        let resolver = """
          socket(our $s, PF_INET, SOCK_STREAM, 0) or die $!;
          setsockopt($s, SOL_SOCKET, 25, pack("Z*", "lo")) or die $!;
          bind($s, sockaddr_in(53, inet_aton("127.0.0.53"))) or die $!; listen($s, 8);
          """
        return Holding(processes: [try Perl(resolver).start()])
      }, follow: { _, _ in ["trybind", "53", "--address", "127.0.0.1", "--listen"] }),
    RemedyProof(slug: "holder-stopped", name: "as by Ctrl-Z", kind: "signal") { _ in
      let process = try Perl(server).start()
      try process.send(signal: SIGSTOP)
      try process.waitUntilStopped()
      return Holding(processes: [process])
    },
    RemedyProof(slug: "bound-not-listening", name: "a process", kind: "signal") { _ in
      Holding(processes: [try Perl(bound, arguments: ["0", "0"]).start()])
    },
    RemedyProof(
      slug: "bound-not-listening", name: "with SO_REUSEADDR", kind: "set-option",
      make: { _ in Holding(processes: [try Perl(bound, arguments: ["1", "1"]).start()]) },
      follow: { _, _ in ["trybind", "9527", "--reuse"] }),
    RemedyProof(
      slug: "leaked-connection", name: "with SO_REUSEADDR", kind: "set-option",
      make: { try withClient($0, "close($s);", reuse: true) },
      follow: { _, _ in ["trybind", "9527", "--reuse"] }),
    RemedyProof(
      slug: "reuse-port-one-sided", name: "the other side lacks it", kind: "set-option",
      arguments: ["--address", "127.0.0.1", "--reuse-port"],
      make: { _ in Holding(processes: [try Perl(server).start()]) },
      follow: { lab, holding in
        // Every server is started with the option, the first one included.
        try holding.processes[0].send(signal: SIGKILL)
        try lab.waitUntilGone(local: SocketAddress("127.0.0.1", port: 9527), peer: nil)
        try lab.listener(port: 9527, .init(reusePort: true))
        return ["trybind", "9527", "--address", "127.0.0.1", "--reuse-port"]
      }),
    RemedyProof(
      slug: "reuse-port-other-user", name: "of another user", kind: "change-setting",
      arguments: ["--address", "127.0.0.1", "--reuse-port"], requirement: .otherUsers,
      make: { lab in
        try asUser(65_534) { _ = try lab.listener(port: 9527, .init(reusePort: true)) }
        return Holding()
      },
      follow: { _, _ in
        ["trybind", "9527", "--address", "127.0.0.1", "--reuse-port", "--as-user", "nobody"]
      }),
    // A test cannot make a service of the kernel listen. This socket has no process either, until it has arrived.
    RemedyProof(
      slug: "kernel-owned-socket", name: "on its way through a Unix socket", kind: "stop-unit",
      requirement: .everyProcess,
      make: { lab in
        var ends: [Int32] = [-1, -1]
        try check("socketpair") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
        let listener = try lab.listener(port: 9527)
        try listener.subject?.send(through: ends[0])
        listener.subject?.close()
        return Holding(ends: ends)
      },
      follow: { _, holding in
        for end in holding.ends { close(end) }
        return ["trybind", "9527"]
      }),
    RemedyProof(
      slug: "listener-inherited", name: "a process of another service", kind: "signal",
      requirement: .cgroup2
    ) { _ in
      let left = try TestCgroup("tw-proof-left-\(getpid()).service")
      let elsewhere = try TestCgroup("tw-proof-elsewhere-\(getpid())")
      let process = try Perl(
        "enter($ARGV[0]); \(server) enter($ARGV[1]);", arguments: [left.directory, elsewhere.directory]
      ).start()
      return Holding(processes: [process], groups: [left, elsewhere])
    },
  ]

  // MARK: Units

  /// Ends what is in the cgroup, as the service manager and container runtimes do.
  private static func ending(_ group: TestCgroup) -> String {
    "for pid in $(cat '\(group.directory)/cgroup.procs'); do kill $pid; done"
  }

  private static func inGroup(
    _ name: String, of parent: String? = nil, _ program: String, _ expected: String
  ) throws -> Holding {
    let outer = try parent.map { try TestCgroup($0) }
    let group = try TestCgroup((parent.map { $0 + "/" } ?? "") + name)
    let process = try Perl("enter($ARGV[0]); \(server)", arguments: [group.directory]).start()
    return Holding(
      processes: [process], groups: [outer, group].compactMap { $0 },
      standIns: try StandIns().add(program, ending(group)), expected: [expected])
  }

  static let units: [RemedyProof] = [
    RemedyProof(slug: "listener-alive", name: "a service", kind: "stop-unit", requirement: .cgroup2) { _ in
      let unit = "tw-proof-\(getpid()).service"
      return try inGroup(unit, "systemctl", "systemctl stop \(unit)")
    },
    // A name that a service has chosen for a part of itself is not the one that is stopped.
    RemedyProof(
      slug: "listener-alive", name: "a service with a hostile part", kind: "stop-unit", requirement: .cgroup2
    ) { _ in
      let unit = "tw-proof-outer-\(getpid()).service"
      return try inGroup("ssh.service", of: unit, "systemctl", "systemctl stop \(unit)")
    },
    RemedyProof(
      slug: "listener-alive", name: "below a user's service manager", kind: "signal", requirement: .cgroup2
    ) { _ in
      var holding = try inGroup(
        "docker-\(id).scope", of: "user@\(getpid()).service", "docker", "nothing, as the user chose the name")
      holding.expected = []
      return holding
    },
  ]

  // MARK: Containers

  static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

  static let containers: [RemedyProof] = [
    RemedyProof(
      slug: "listener-alive", name: "a container of docker", kind: "stop-container", requirement: .cgroup2
    ) { _ in
      let id = String(format: getpid()) + String(Self.id.dropFirst(8))
      return try inGroup("docker-\(id).scope", "docker", "docker stop \(id.prefix(12))")
    },
    RemedyProof(
      slug: "listener-alive", name: "a container of podman", kind: "stop-container", requirement: .cgroup2
    ) { _ in
      let id = String(format: getpid()) + String(Self.id.dropFirst(8))
      return try inGroup("libpod-\(id).scope", "podman", "podman stop \(id.prefix(12))")
    },
    RemedyProof(slug: "listener-alive", name: "a pod", kind: "stop-container", requirement: .cgroup2) { _ in
      let pod = "kubepods-pod6ba7b810_9dad_11d1_80b4_\(String(format: getpid()))30c8.slice"
      return try inGroup(
        "cri-containerd-\(id).scope", of: pod, "crictl", "crictl stop \(id.prefix(12))")
    },
    RemedyProof(slug: "container-proxy", name: "docker-proxy", kind: "stop-container") { _ in
      let process = try Perl("name(\"docker-proxy\"); \(server)").start()
      return Holding(
        processes: [process],
        standIns: try StandIns().add(
          "docker", "if [ $1 = ps ]; then echo 0123456789ab; else kill \(process.pid); fi"),
        expected: ["docker ps -q --filter publish=9527", "docker stop 0123456789ab"])
    },
    RemedyProof(
      slug: "container-proxy", name: "conmon of root", kind: "stop-container", requirement: .otherUsers
    ) {
      _ in
      let process = try Perl("name(\"conmon\"); \(server)", arguments: ["-n", "web"]).start()
      return Holding(
        processes: [process], standIns: try StandIns().add("podman", "kill \(process.pid)"),
        expected: ["podman stop web"])
    },
    RemedyProof(
      slug: "container-proxy", name: "conmon of a user", kind: "stop-container", requirement: .otherUsers
    ) { _ in
      var command = Perl("name(\"conmon\"); \(server)", arguments: ["-n", "web"]).command
      command.user = 65_534
      let process = try command.start()
      try process.waitForOutput(containing: "ready\n")
      return Holding(
        processes: [process],
        standIns: try StandIns().add("podman", "[ $(id -u) = 65534 ] && kill \(process.pid)"),
        expected: ["podman stop web"])
    },
    // Its parent ends, as a daemon that is killed.
    RemedyProof(slug: "leftover-proxy", name: "docker-proxy without dockerd", kind: "signal") { _ in
      let parent = try Perl(
        "name(\"docker-proxy\"); \(server) if (fork) { print \"ready\\n\"; exit 0 } close(STDOUT); close(STDERR);"
      ).start()
      _ = try parent.finish()
      return Holding()
    },
  ]
}

extension String {
  /// Eight hexadecimal digits that no other run of the tests has.
  fileprivate init(format pid: pid_t) {
    let digits = String(UInt32(pid), radix: 16)
    self = String(repeating: "0", count: 8 - digits.count) + digits
  }
}

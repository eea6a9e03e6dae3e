import Foundation
import TestSupport
import Testing

/// The first remedy with the effect "frees" of every finding does free the port, and harms nobody else.
@Suite(.needs(.networkNamespaces), .needs(.program("perl")))
struct RemedyProofTests {
  @Test(.ownThread, arguments: RemedyProof.atOnce)
  func freesAtOnce(proof: RemedyProof) throws {
    try proof.requirement?.orSkip()
    let problems = try proof.problems()
    #expect(problems == [])
  }

  /// A TIME_WAIT lasts a minute; all are waited for at the same time, each on a thread and in a namespace of its own, so that
  /// no other test waits.
  @Test func freesInTime() async throws {
    let proofs = RemedyProof.inTime.filter { $0.requirement?.isMet() != false }
    let problems = await withTaskGroup(of: [String].self) { group in
      for proof in proofs { group.addTask { await Self.onThread(proof) } }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(problems == [])
  }

  /// A stand-in for the service manager: process 1 of a PID namespace, by the name of systemd. The unit is named by the cgroup
  /// that it made the socket in.
  @Test(.needs(.otherUsers), .needs(.cgroup2), .needs(.realTime)) func socketActivation() throws {
    let unit = "tw-proof-\(getpid()).socket"
    let group = try TestCgroup(unit)
    defer { group.remove() }
    let standIns = try StandIns().add("systemctl", "kill -USR1 1")
    try withNetworkNamespace { _ in
      let perl = Perl(
        """
        name("systemd"); enter($ARGV[1]); our $s = server(9527); enter($ARGV[2]); $SIG{USR1} = sub { close($s) };
        system("mount", "-t", "proc", "proc", "/proc") == 0 or exit 99;
        my $child = fork; if (!$child) { close($s); exec("/bin/sh", "-c", $ARGV[3], $ARGV[0]); }
        while (waitpid($child, 1) == 0) { select(undef, undef, undef, 0.05); } exit 0;
        """)
      var command = Command(
        "/usr/bin/unshare",
        [
          "--pid", "--mount", "--fork", "/usr/bin/perl", "-e", perl.script, try Tool.path.get(),
          group.directory,
          try #require(TestCgroup.mount),
          """
          $0 trybind 9527 --address 127.0.0.1 --json; echo end; read -r command; sh -c "$command"
          $0 wait 9527 --address 127.0.0.1 --timeout 20s --quiet; echo "status $?"
          """,
        ])
      command.environment = ["PATH": standIns.directory + ":/usr/sbin:/usr/bin:/sbin:/bin"]
      command.input = .pipe
      let running = try command.start()
      try running.waitForOutput(containing: "end\n")
      let json = try JSON(parsing: String(running.output.dropLast("end\n".count)))
      #expect(json.slugs == ["socket-activation"])
      let remedy = json["findings"][0]["remedies"][0]
      #expect(remedy["effect"].string == "frees" && remedy["unit"].string == unit)
      running.write((remedy["command"].string ?? "") + "\n")
      #expect(try running.finish().output.hasSuffix("status 0\n"))
      #expect(standIns.asked == ["systemctl stop \(unit)"])
    }
  }

  private static func onThread(_ proof: RemedyProof) async -> [String] {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        do {
          continuation.resume(returning: try proof.problems())
        } catch {
          continuation.resume(returning: ["\(proof.testDescription): \(error)"])
        }
      }
    }
  }

  /// A finding that is new has to be proven, or to be listed here with the reason why it is not.
  private static let unproven = [
    "denied-by-policy": "what frees it is the policy's own business; it only tells where to look",
    "held-in-other-namespace": "nothing is in the way",
    "host-tracks-ports": "Windows refuses, where no test runs; it only tells where to look",
    "listen-conflict": "it takes a race between bind() and listen()",
    "mptcp-holder": "adds something to listener-alive, and has no remedies of its own",
    "no-such-interface": "it only tells where to look",
    "other-name-elsewhere": "nothing is in the way",
    "owner-hidden": "adds something to listener-alive, and tells how to see more",
    "port-in-ephemeral-range": "nothing is in the way; its remedy prevents",
    "port-now-free": "it is free already",
    "reuse-sysctl-misread": "adds something to a TIME_WAIT, and has no remedies of its own",
    "rules-and-kernel-disagree": "what refuses is unknown",
    "shared-by-reuse-port": "nothing is in the way",
    "time-wait-table-full": "nothing is in the way; its remedy prevents",
    "udp-holds-number": "nothing is in the way",
    "v4-mapped-time-wait": "adds something to a TIME_WAIT, and has no remedies of its own",
    "wildcard-overlaps-specific":
      "the other server has to change; listener-alive, which comes with it, ends it",
  ]

  @Test func everyFindingIsProvenOrHasAReason() throws {
    let topics = try Tool.run("explain", "--json").json["topics"].array ?? []
    let slugs = Set(topics.filter { $0["group"].string == "finding" }.compactMap { $0["name"].string })
    try #require(slugs.count > 30)
    let proven = Set((RemedyProof.atOnce + RemedyProof.inTime).map(\.slug) + ["socket-activation"])
    #expect(slugs.subtracting(proven).subtracting(Self.unproven.keys) == [], "neither proven nor listed")
    #expect(proven.intersection(Self.unproven.keys) == [], "proven and listed")
    #expect(proven.union(Self.unproven.keys).subtracting(slugs) == [], "no findings")
  }
}

extension RemedyProof {
  // MARK: Timers

  private static let reuse = SocketOptions(reuseAddress: true)

  /// Those whose remedy takes its time.
  static let inTime: [RemedyProof] = [
    RemedyProof(slug: "time-wait-server-closed-first", name: "one TIME_WAIT", kind: "wait") { lab in
      try lab.timeWait(port: 9527, reuse)
      return Holding()
    },
    RemedyProof(
      slug: "time-wait-holder-without-reuse", name: "asked with --reuse", kind: "wait", arguments: ["--reuse"]
    ) { lab in
      try lab.timeWait(port: 9527)
      return Holding()
    },
    RemedyProof(slug: "outgoing-time-wait", name: "of a client", kind: "wait") { lab in
      Holding(port: try lab.clientTimeWait(toPort: 443).port)
    },
    RemedyProof(slug: "fin-wait-2-orphan", name: "a minisocket", kind: "wait") { lab in
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "10")
      try lab.finWait2Minisocket(port: 9527)
      return Holding()
    },
    RemedyProof(slug: "orphaned-connection", name: "FIN_WAIT1, nobody answers", kind: "wait") { lab in
      try lab.sysctl("net.ipv4.tcp_orphan_retries", "6")
      try lab.finWait1(port: 9527, orphan: true)
      return Holding()
    },
    RemedyProof(
      slug: "address-tentative", name: "until detection has finished", kind: "wait",
      arguments: ["--address", "2001:db8::7"], requirement: .ipv6,
      make: { lab in
        try lab.addLink("eth0", carrier: false)
        try lab.addAddress("2001:db8::7", prefix: 64, to: "eth0", checked: true)
        return Holding()
      }, meanwhile: { lab, _ in try lab.setLink("eth0-peer", up: true) }),
    RemedyProof(
      slug: "outgoing-connection-took-port", name: "whose client closes", kind: "wait",
      make: clientThatMetAServer, meanwhile: { try $0.closeInTurn($1.sockets[0], $1.sockets[1]) }),
    RemedyProof(
      slug: "outgoing-connection-took-port", name: "whose server closes", kind: "wait",
      make: clientThatMetAServer, meanwhile: { try $0.closeInTurn($1.sockets[1], $1.sockets[0]) }),
    RemedyProof(
      slug: "time-wait-server-closed-first", name: "of a dual-stack server", kind: "wait", requirement: .ipv6
    ) { lab in
      try lab.timeWait(via: .dualStackOverIPv4, port: 9527, reuse)
      return Holding()
    },
    // A simultaneous close ends in TIME_WAIT.
    RemedyProof(slug: "tcp-self-connect", name: "a client that met itself", kind: "signal") { _ in
      Holding(processes: [
        try Perl(
          """
          socket(our $s, PF_INET, SOCK_STREAM, 0) or die $!; my $p = sockaddr_in(9527, INADDR_LOOPBACK);
          bind($s, $p) or die $!; connect($s, $p) or die $!;
          """
        ).start()
      ])
    },
    RemedyProof(slug: "leaked-connection", name: "a worker that is left", kind: "signal") { lab in
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "1")
      return try withClient(lab, "close($s);", reuse: false)
    },
    RemedyProof(slug: "listener-alive", name: "with a connection", kind: "signal") { lab in
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "1")
      return try withClient(lab, "", reuse: false)
    },
  ]

  /// A server in a process of its own that has accepted a connection, whose client stays.
  static func withClient(_ lab: Lab, _ then: String, reuse: Bool) throws -> Holding {
    let server = try Perl(
      """
      socket(our $s, PF_INET, SOCK_STREAM, 0) or die $!; setsockopt($s, SOL_SOCKET, SO_REUSEADDR, \(reuse ? 1 : 0));
      bind($s, sockaddr_in(9527, INADDR_LOOPBACK)) or die $!; listen($s, 8); print "listens\\n";
      accept(our $c, $s) or die $!; \(then)
      """
    ).command.start()
    try server.waitForOutput(containing: "listens\n")
    let client = lab.keep(try TCPSocket(.ipv4))
    try client.connect(to: SocketAddress("127.0.0.1", port: 9527))
    try server.waitForOutput(containing: "ready\n")
    return Holding(processes: [server])
  }

  /// A client that connect() gave the port, and another one of the same server.
  static func clientThatMetAServer(_ lab: Lab) throws -> Holding {
    let one = try lab.outgoing(localPort: nil, toPort: 443)
    let other = try lab.connect(through: one.listener)
    return Holding(
      sockets: [one.subject, one.other].compactMap { $0 }, port: one.port,
      staying: [try other.client.localAddress])
  }

  // MARK: At once

  static let atOnce: [RemedyProof] =
    processes + units + containers + options + addresses + afterTheFirst

  /// What is not the first remedy, and frees the port as well.
  private static let afterTheFirst: [RemedyProof] = [
    RemedyProof(
      slug: "time-wait-server-closed-first", name: "of a server with SO_REUSEADDR", kind: "set-option",
      isFirst: false,
      make: {
        try $0.timeWait(port: 9527, reuse)
        return Holding()
      }, follow: { _, _ in ["trybind", "9527", "--reuse"] }),
    RemedyProof(
      slug: "outgoing-connection-took-port", name: "one connection ends", kind: "end-connection",
      isFirst: false, requirement: .program("ss"), make: clientThatMetAServer),
    RemedyProof(
      slug: "tcp-self-connect", name: "one connection ends", kind: "end-connection", isFirst: false,
      requirement: .program("ss"),
      make: { lab in
        // As where connect() chose the port. A socket that bind() gave it has it as long as it is open.
        try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40000")
        let client = lab.keep(try TCPSocket(.ipv4))
        try client.connect(to: SocketAddress("127.0.0.1", port: 40_000))
        return Holding(sockets: [client], port: 40_000)
      }),
  ]
}

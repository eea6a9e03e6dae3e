import Diagnosis
import NetlinkCodec
import RecordSupport
import SocketTable
import Testing

/// Refusals that no socket accounts for, and answers that the table does not expect.
@Suite struct RefusalTests {
  private func diagnosis(
    _ holders: [Holder] = [], _ target: BindTarget = .server(),
    settings: HostSettings = HostSettings(timerSlack: 2048),
    coverage: Coverage = .netlink, script: @escaping (Int, TrialSocket) -> TrialOutcome?
  ) throws -> BindDiagnosis {
    try Diagnosing(holders, target, settings: settings, coverage: coverage, script: script).result()
  }

  private func slugs(_ diagnosis: BindDiagnosis) -> [String] { diagnosis.findings.map(\.slug.rawValue) }

  /// A server on one address, whose every bind gets this errno.
  private func refused(
    _ errno: Int32, _ address: BindAddress = .loopback, port: UInt16 = 9527,
    settings: HostSettings = HostSettings(),
    step: TrialOutcome.Step = .bind
  ) throws -> [String] {
    let result = try diagnosis([], .server(on: [address], port: port), settings: settings) { _, _ in
      .refused(step, Errno(errno))
    }
    #expect(result.verdict.bindable == false)
    #expect(result.freeIn == nil && result.freeLatest == nil)
    #expect(result.holders.isEmpty)
    #expect(result.findings.first?.severity == .error)
    return slugs(result)
  }

  @Test func privilegedPorts() throws {
    #expect(try refused(13, port: 80) == ["privileged-port"])
    #expect(try refused(13, port: 1023) == ["privileged-port"])
    #expect(try refused(13, port: 1024) == ["denied-by-policy"])
    #expect(
      try refused(13, port: 80, settings: HostSettings(unprivilegedPortStart: 80)) == ["denied-by-policy"])
    #expect(
      try refused(13, port: 80, settings: HostSettings(mayBindPrivilegedPorts: true)) == ["denied-by-policy"])
    #expect(try refused(13, port: 0) == ["denied-by-policy"])
    // Both alternatives are refused for the same reason: said once.
    let both = try diagnosis([], .server(port: 80)) { _, _ in .refused(.bind, .accessDenied) }
    #expect(slugs(both) == ["privileged-port"])
  }

  @Test func policies() throws {
    #expect(try refused(1) == ["denied-by-policy"])
    #expect(try refused(95, step: .listen) == ["denied-by-policy"])
    #expect(try refused(1, step: .option(.bindToDevice)) == ["denied-by-policy"])
    #expect(try refused(4095) == ["denied-by-policy"])
  }

  @Test func addresses() throws {
    #expect(try refused(99, BindAddress(.v4(192, 0, 2, 7))) == ["address-not-local"])
    #expect(try refused(99, .loopbackIPv6) == ["address-not-local"])
    #expect(
      try refused(99, .loopbackIPv6, settings: HostSettings(isIPv6Disabled: true)) == ["family-unavailable"])
    #expect(
      try refused(99, BindAddress(.v4(192, 0, 2, 7)), settings: HostSettings(isIPv6Disabled: true)) == [
        "address-not-local"
      ])
    #expect(try refused(97, .loopbackIPv6, step: .socket) == ["family-unavailable"])
    #expect(try refused(93, .loopbackIPv6, step: .socket) == ["family-unavailable"])
    let linkLocal = IPAddress(ipv6High: 0xfe80 << 48, low: 1)
    #expect(try refused(22, BindAddress(linkLocal)) == ["address-needs-scope"])
    #expect(try refused(19, BindAddress(linkLocal, scope: 99, scopeName: "gone0")) == ["no-such-interface"])
    #expect(try refused(22, BindAddress(IPAddress(ipv6High: 0xff02 << 48, low: 1))) == ["address-not-local"])
  }

  @Test func noSuchInterfaceNamesIt() throws {
    var target = BindTarget.server(on: [.loopback])
    target.interface = "eth9"
    let result = try diagnosis([], target) { _, _ in .refused(.option(.bindToDevice), .noSuchDevice) }
    #expect(result.findings.map(\.kind) == [.noSuchInterface("eth9")])
    let scoped = try diagnosis(
      [], .server(on: [BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1), scope: 9, scopeName: "gone0")])
    ) { _, _ in .refused(.bind, .noSuchDevice) }
    #expect(scoped.findings.map(\.kind) == [.noSuchInterface("gone0")])
  }

  @Test func noPortLeftToChoose() throws {
    let result = try diagnosis([Holder(.on(.loopback))], .server(port: 0)) { _, _ in
      .refused(.bind, .addressInUse)
    }
    #expect(slugs(result) == ["ephemeral-range-exhausted"])
    #expect(result.freeIn == nil)
    #expect(result.holders.isEmpty)
  }

  // MARK: The table and the kernel differ

  @Test func refusedWithoutARecord() throws {
    let result = try diagnosis { _, _ in .refused(.bind, .addressInUse) }
    #expect(slugs(result) == ["rules-and-kernel-disagree"])
    #expect(result.verdict.bindable == false)
    #expect(result.freeIn == nil && result.freeLatest == nil)
    // Where bound sockets cannot be listed, that explains it.
    let blind = try diagnosis(coverage: .proc) { _, _ in .refused(.bind, .addressInUse) }
    #expect(slugs(blind) == ["bound-not-listening"])
    #expect(blind.findings[0].certainty == .possible)
  }

  @Test func okAgainstTheRules() throws {
    let result = try diagnosis([Holder(.on(.anyIPv4, 9527, .listen, inode: 5))]) { _, _ in .ok }
    #expect(slugs(result) == ["rules-and-kernel-disagree"])
    // What the kernel answers counts.
    #expect(result.verdict.bindable == true)
    #expect(result.freeIn == 0)
  }

  @Test func okAgainstTheRulesWithReusePort() throws {
    let holder = Holder(.on(.loopbackIPv6, 9527, .listen, inode: 5), v6Only: true)
    let result = try diagnosis([holder], .server(.reusePort, on: [.anyIPv6])) { _, socket in
      socket.options.contains(.reusePort) ? .ok : nil
    }
    #expect(result.verdict.bindable == true)
    #expect(!slugs(result).contains("rules-and-kernel-disagree"))
  }

  /// The kernel of WSL is refused ports that Windows has or keeps, and nothing but a cgroup program was named.
  @Test func windowsBeneath() throws {
    for isOnWindows in [true, false] {
      var settings = HostSettings()
      settings.isOnWindows = isOnWindows
      let more = isOnWindows ? ["host-tracks-ports"] : []
      let unaccounted = try diagnosis(settings: settings) { _, _ in .refused(.bind, .addressInUse) }
      #expect(slugs(unaccounted) == ["rules-and-kernel-disagree"] + more)
      // Windows excludes ranges of ports, with this errno.
      #expect(try refused(13, settings: settings) == ["denied-by-policy"] + more)
      #expect(try refused(13, port: 80, settings: settings) == ["privileged-port"])
      let held = try diagnosis([Holder(.on(.anyIPv4, 9527, .listen, inode: 5))], settings: settings) { _, _ in
        nil
      }
      #expect(slugs(held) == ["listener-alive"])
    }
  }

  // MARK: Races

  @Test func ithasJustBecomeFree() throws {
    let result = try diagnosis { call, _ in call < 4 ? .refused(.bind, .addressInUse) : .ok }
    #expect(slugs(result) == ["port-now-free"])
    #expect(result.verdict.bindable == true)
    #expect(result.freeIn == 0 && result.freeLatest == 0)
    #expect(result.findings[0].severity == .info)
  }

  @Test func onlyOneOfTwoHasBecomeFree() throws {
    let result = try diagnosis { call, socket in
      call < 4 || socket.address == .anyIPv6 ? .refused(.bind, .addressInUse) : .ok
    }
    #expect(result.verdict.bindable == false)
    #expect(!slugs(result).contains("port-now-free"))
  }

  // MARK: listen()

  /// Both sockets have SO_REUSEADDR; the other one began to listen after this one was bound.
  @Test func listenConflict() throws {
    let holder = Holder(.on(.loopback, 9527, .listen, inode: 5), .reuseAddress)
    let result = try diagnosis([holder], .server(.reuseAddress, on: [.loopback], listens: true)) {
      _, socket in
      socket.listens ? .refused(.listen, .addressInUse) : nil
    }
    #expect(slugs(result) == ["listen-conflict", "listener-alive"])
    #expect(result.verdict.bindable == false)
  }

  @Test func listenWithoutReason() throws {
    let result = try diagnosis([], .server(on: [.loopback], listens: true)) { _, socket in
      socket.listens ? .refused(.listen, .addressInUse) : nil
    }
    #expect(slugs(result) == ["rules-and-kernel-disagree"])
  }

  // MARK: Certainty

  @Test func withoutReuseIsCertainOnlyWhereBoundSocketsAreListed() throws {
    let holder = Holder(.on(.loopback))
    for (coverage, certainty) in [(Coverage.netlink, Finding.Certainty.certain), (.proc, .likely)] {
      let result = try diagnosis([holder], .server(.reuseAddress), coverage: coverage) { _, _ in nil }
      #expect(slugs(result) == ["time-wait-holder-without-reuse"])
      #expect(result.findings[0].certainty == certainty)
    }
  }

  /// A kernel that does not list bound sockets, although it speaks netlink.
  @Test func netlinkWithoutBoundSockets() throws {
    let coverage = Coverage(origin: .sockDiag, isComplete: true, blindSpots: [.boundNotListening])
    let result = try diagnosis([Holder(.on(.loopback))], .server(.reuseAddress), coverage: coverage) { _, _ in
      nil
    }
    #expect(result.findings[0].certainty == .likely)
    #expect(result.freeIn == nil && result.freeLatest == nil)
  }

  /// A timer that the kernel gives as 49 days must not end the program.
  @Test func timersOfAnyLength() async {
    await #expect(processExitsWith: .success) {
      let holder = Holder(.on(.loopback, expires: .max))
      let result = try Diagnosing([holder], .server(), settings: HostSettings(timerSlack: 2048)).result()
      guard result.freeIn == .max, result.freeLatest ?? 0 >= .max - 1 else { throw ProbeFailed() }
    }
  }
}

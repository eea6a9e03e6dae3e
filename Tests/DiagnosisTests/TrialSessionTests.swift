import Diagnosis
import NetlinkCodec
import RecordSupport
import SocketTable
import Testing

/// Which trials are made, in which order, and which are made again.
@Suite struct TrialSessionTests {
  /// Runs a session and says what was asked of the kernel: "v4 reuse" is one call with one socket.
  private func run(
    _ target: BindTarget, _ holders: [Holder] = [], coverage: Coverage = .netlink,
    script: @escaping (Int, TrialSocket) -> TrialOutcome? = { _, _ in nil }
  ) throws -> (session: TrialSession, calls: [String], looks: Int) {
    var kernel = FakeKernel(holders, uid: target.uid, script: script)
    var looks = 0
    let session = try TrialSession.run(target, prober: &kernel) { () throws(ProbeFailed) in
      looks += 1
      return Snapshot(records: holders.map(\.record), coverage: coverage)
    }
    return (session, kernel.calls.map { $0.map(Self.said).joined(separator: " + ") }, looks)
  }

  private static func said(_ socket: TrialSocket) -> String {
    let options =
      socket.options.isEmpty
      ? "plain"
      : socket.options.names.map { $0.replacing("SO_", with: "").lowercased() }.joined(separator: ",")
    return
      "\(socket.address.text)\(socket.address.v6Only ? " only" : "") \(options)\(socket.listens ? " listen" : "")"
  }

  // MARK: Order

  @Test func plainServer() throws {
    let (session, calls, looks) = try run(.server())
    #expect(calls == ["0.0.0.0 reuseaddr", "[::] reuseaddr", "0.0.0.0 plain", "[::] plain"])
    #expect(session.trials.map(\.usesServerOptions) == [false, false, true, true])
    #expect(session.trials.map(\.outcome) == [.ok, .ok, .ok, .ok])
    #expect(session.trials.map(\.prediction) == [.ok, .ok, .ok, .ok])
    #expect(looks == 1)
  }

  @Test func serverWithReuse() throws {
    let (session, calls, _) = try run(.server(.reuseAddress))
    #expect(calls == ["0.0.0.0 reuseaddr", "[::] reuseaddr", "0.0.0.0 plain", "[::] plain"])
    #expect(session.trials.map(\.usesServerOptions) == [true, true, false, false])
  }

  /// A SO_REUSEPORT bind that succeeds changes later answers; the most overlapping address goes first.
  @Test func serverWithReusePort() throws {
    let (session, calls, _) = try run(.server(.reusePort))
    #expect(
      calls == [
        "[::] reuseport", "0.0.0.0 reuseport", "0.0.0.0 reuseaddr", "[::] reuseaddr", "0.0.0.0 plain",
        "[::] plain",
      ])
    #expect(session.trials.map(\.usesServerOptions) == [true, true, false, false, false, false])
  }

  @Test func serverWithBoth() throws {
    let (_, calls, _) = try run(.server([.reuseAddress, .reusePort]))
    #expect(
      calls == [
        "[::] reuseaddr,reuseport", "0.0.0.0 reuseaddr,reuseport", "0.0.0.0 reuseaddr", "[::] reuseaddr",
        "0.0.0.0 plain", "[::] plain",
      ])
  }

  @Test func v6OnlyGoesBetween() throws {
    var target = BindTarget.server(.reusePort)
    target.addresses = [.loopback, .anyIPv4, .anyIPv6Only, .anyIPv6]
    let (_, calls, _) = try run(target)
    #expect(
      Array(calls.prefix(4)) == [
        "[::] reuseport", "[::] only reuseport", "0.0.0.0 reuseport", "127.0.0.1 reuseport",
      ])
  }

  /// One server's sockets are bound in its order and held together; the comparisons are made one by one.
  @Test func severalAddressesAreHeldTogether() throws {
    let other = BindAddress(.v4(127, 0, 0, 2))
    let (session, calls, _) = try run(.server(on: [.loopback, other, .loopbackIPv6]))
    #expect(
      calls == [
        "127.0.0.1 reuseaddr", "127.0.0.2 reuseaddr", "[::1] reuseaddr",
        "127.0.0.1 plain + 127.0.0.2 plain + [::1] plain",
      ])
    #expect(session.trials.filter(\.usesServerOptions).map(\.outcome) == [.ok, .ok, .ok])
    let (_, reuse, _) = try run(.server(.reusePort, on: [.loopback, .anyIPv6Only]))
    #expect(reuse.first == "127.0.0.1 reuseport + [::] only reuseport")
  }

  @Test func listeningIsForTheServersOwnOptions() throws {
    let (_, calls, _) = try run(.server(.reuseAddress, on: [.loopback], listens: true))
    #expect(calls == ["127.0.0.1 reuseaddr listen", "127.0.0.1 plain"])
  }

  @Test func interfaceAndPortAreThoseAskedFor() throws {
    var target = BindTarget.server(on: [.loopback], port: 80)
    target.interface = "eth0"
    var kernel = FakeKernel()
    _ = try TrialSession.run(target, prober: &kernel) { () throws(ProbeFailed) in
      Snapshot(records: [], coverage: .netlink)
    }
    #expect(kernel.calls.joined().allSatisfy { $0.interface == "eth0" && $0.port == 80 })
  }

  // MARK: Families

  @Test(arguments: [97, 93] as [Int32]) func aFamilyThatTheHostLacksIsSkipped(errno: Int32) throws {
    let (session, calls, _) = try run(.server(.reuseAddress)) { _, socket in
      socket.address.address.family == .ipv6 ? .refused(.socket, Errno(errno)) : nil
    }
    #expect(calls == ["0.0.0.0 reuseaddr", "[::] reuseaddr", "0.0.0.0 plain"])
    #expect(session.skipped == [.anyIPv6])
    #expect(session.trials.count == 2)
  }

  /// There is no other to fall back to: then the refusals are the answer.
  @Test(arguments: [[], .reuseAddress, .reusePort] as [SocketOptions]) func noOtherFamily(
    options: SocketOptions
  ) throws {
    let (session, _, _) = try run(.server(options)) { _, _ in .refused(.socket, .familyNotSupported) }
    #expect(session.skipped.isEmpty)
    #expect(session.trials.contains { $0.usesServerOptions })
    #expect(session.trials.allSatisfy { $0.outcome == .refused(.socket, .familyNotSupported) })
  }

  /// Who names an address wants it: there a missing family is a refusal.
  @Test func aNamedAddressIsNotSkipped() throws {
    let (session, _, _) = try run(.server(on: [.loopbackIPv6])) { _, _ in
      .refused(.socket, .familyNotSupported)
    }
    #expect(session.skipped.isEmpty)
    #expect(session.trials.map(\.outcome.error) == [.familyNotSupported, .familyNotSupported])
  }

  @Test func onlyTheSocketCallTellsOfTheFamily() throws {
    let (session, _, _) = try run(.server()) { _, _ in .refused(.bind, .familyNotSupported) }
    #expect(session.skipped.isEmpty)
    #expect(session.trials.count == 4)
  }

  // MARK: Repetition

  private static let timeWait = Holder(.on(.loopback), .reuseAddress)
  private static let listener = Holder(.on(.anyIPv4, 9527, .listen, inode: 5))

  @Test func aDifferenceIsRepeated() throws {
    let (session, calls, looks) = try run(.server(on: [.loopback]), [Self.timeWait])
    #expect(calls == ["127.0.0.1 reuseaddr", "127.0.0.1 plain", "127.0.0.1 plain"])
    // Both answers agree, so the look between them belongs to both.
    #expect(looks == 1)
    #expect(session.trials.map(\.outcome) == [.ok, .refused(.bind, .addressInUse)])
    #expect(!session.hasJustBecomeFree)
  }

  @Test func whatAListenerExplainsIsNot() throws {
    let (_, calls, looks) = try run(.server(on: [.loopback]), [Self.listener])
    #expect(calls == ["127.0.0.1 reuseaddr", "127.0.0.1 plain"])
    #expect(looks == 1)
  }

  @Test func aRefusalWithoutARecordIsRepeated() throws {
    let (session, calls, looks) = try run(.server(on: [.loopback])) { _, _ in .refused(.bind, .addressInUse) }
    #expect(
      calls == [
        "127.0.0.1 reuseaddr", "127.0.0.1 plain",
        // Yours first.
        "127.0.0.1 plain", "127.0.0.1 reuseaddr",
      ])
    #expect(looks == 2)
    #expect(session.trials.count == 2)
  }

  @Test func itSucceedsWhenRepeated() throws {
    let (session, _, _) = try run(.server(on: [.loopback])) { call, _ in
      call < 2 ? .refused(.bind, .addressInUse) : .ok
    }
    #expect(session.hasJustBecomeFree)
    #expect(session.trials.map(\.outcome) == [.ok, .ok])
  }

  /// Only the server's own trial can make its port free.
  @Test func anothersTrialThatSucceedsWhenRepeated() throws {
    let (session, calls, _) = try run(.server(.reuseAddress, on: [.loopback])) { call, _ in
      call == 1 ? .refused(.bind, .addressInUse) : .ok
    }
    #expect(calls == ["127.0.0.1 reuseaddr", "127.0.0.1 plain", "127.0.0.1 plain"])
    #expect(!session.hasJustBecomeFree)
    #expect(session.trials.map(\.outcome) == [.ok, .ok])
  }

  @Test func otherRefusalsAreFinal() throws {
    for error in [Errno.accessDenied, .addressNotAvailable, .invalidArgument, Errno(1)] {
      let (_, calls, looks) = try run(.server(on: [.loopback])) { _, _ in .refused(.bind, error) }
      #expect(calls.count == 2 && looks == 1, "\(error.name)")
    }
  }

  /// The table says no and the kernel yes: what is in the way may have come after the trial, or gone before it.
  @Test func anOkThatTheRulesForbidIsTriedAndLookedAtAgain() throws {
    let (_, calls, looks) = try run(.server(on: [.loopback]), [Self.listener]) { _, _ in .ok }
    #expect(calls.count == 6)
    #expect(looks == 2)
  }

  /// What came between the trial and the look refuses the next trial, and that is the answer.
  @Test func whatCameAfterTheTrialRefusesTheNext() throws {
    let (session, calls, looks) = try run(.server(on: [.loopback]), [Self.listener]) { call, _ in
      call < 2 ? .ok : nil
    }
    #expect(calls.count == 4 && looks == 2)
    #expect(session.trials.allSatisfy { $0.outcome == .refused(.bind, .addressInUse) })
    #expect(!session.hasJustBecomeFree)
  }

  /// With SO_REUSEPORT the kernel is known to allow more than the table does.
  @Test func butNotWithReusePort() throws {
    let (_, _, looks) = try run(.server(.reusePort, on: [.loopback]), [Self.listener]) { _, socket in
      socket.options.contains(.reusePort) ? .ok : nil
    }
    // The difference to the other trials is one reason to look again, and there is no other.
    #expect(looks == 2)
    let holder = Holder(.on(.v4(127, 0, 0, 9), 9527, .listen, uid: 0, inode: 5), .reusePort)
    let (_, _, calm) = try run(.server(.reusePort, on: [.loopback]), [holder])
    #expect(calm == 1)
  }

  @Test func aServerOfSeveralAddressesIsRepeatedAsAWhole() throws {
    let other = BindAddress(.v4(127, 0, 0, 2))
    let (session, calls, _) = try run(.server(on: [other, .loopback]), [Self.timeWait])
    #expect(
      calls == [
        "127.0.0.2 reuseaddr", "127.0.0.1 reuseaddr", "127.0.0.2 plain + 127.0.0.1 plain",
        "127.0.0.2 plain + 127.0.0.1 plain",
      ])
    #expect(session.trials.suffix(2).map(\.outcome) == [.ok, .refused(.bind, .addressInUse)])
  }

  @Test func thePredictionIsThatOfTheLastLook() throws {
    var looks = 0
    var kernel = FakeKernel(script: { _, _ in .refused(.bind, .addressInUse) })
    let session = try TrialSession.run(.server(on: [.loopback]), prober: &kernel) { () throws(ProbeFailed) in
      looks += 1
      return Snapshot(records: looks == 1 ? [] : [Self.listener.record], coverage: .netlink)
    }
    #expect(session.trials.map(\.prediction) == [.fails, .fails])
    #expect(session.snapshot.records.count == 1)
  }

  // MARK: The server's own sockets

  @Test func ownAddressesOverlap() throws {
    let (session, calls, _) = try run(.server(on: [.anyIPv4, .anyIPv6]))
    #expect(session.overlappingAlone == [.anyIPv6])
    #expect(
      calls == [
        "0.0.0.0 reuseaddr", "[::] reuseaddr", "0.0.0.0 plain + [::] plain", "0.0.0.0 plain + [::] plain",
        "[::] plain",
      ])
    let apart = try run(.server(on: [.anyIPv4, .anyIPv6Only])).session
    #expect(apart.overlappingAlone.isEmpty)
    #expect(apart.trials.allSatisfy { $0.outcome == .ok })
  }

  @Test func alternativesAreNotTriedAlone() throws {
    let (session, calls, _) = try run(.server()) { _, _ in .refused(.bind, .addressInUse) }
    #expect(session.overlappingAlone.isEmpty)
    #expect(calls.count == 8)
  }

  @Test func anAddressThatAnotherHoldsDoesNotOverlapItsOwn() throws {
    let (session, _, _) = try run(.server(on: [.loopback, .anyIPv6Only]), [Self.listener])
    #expect(session.overlappingAlone.isEmpty)
    #expect(session.trials.suffix(2).map(\.outcome) == [.refused(.bind, .addressInUse), .ok])
  }

  // MARK: Failure

  @Test(arguments: 0..<3) func aProbeThatCannotBeMade(call: Int) {
    var kernel = FakeKernel([Self.timeWait])
    kernel.failsAtCall = call
    #expect(throws: ProbeFailed()) {
      try TrialSession.run(.server(on: [.loopback]), prober: &kernel) { () throws(ProbeFailed) in
        Snapshot(records: [Self.timeWait.record], coverage: .netlink)
      }
    }
  }

  @Test(arguments: 1...2) func aLookThatFails(look: Int) {
    var kernel = FakeKernel([Self.timeWait])
    var looks = 0
    #expect(throws: ProbeFailed()) {
      try TrialSession.run(.server(on: [.loopback]), prober: &kernel) { () throws(ProbeFailed) in
        looks += 1
        if looks == look { throw ProbeFailed() }
        return Snapshot(records: [], coverage: .netlink)
      }
    }
  }

  /// /proc does not tell interfaces: what is tied to one may or may not be in the way.
  @Test func theSourceTellsWhatItKnowsOfInterfaces() throws {
    var target = BindTarget.server(on: [.loopback])
    target.interface = "eth0"
    target.interfaceIndex = 2
    let holder = Holder(.on(.loopback, interface: 3))
    let ok: (Int, TrialSocket) -> TrialOutcome? = { _, _ in .ok }
    #expect(
      try run(target, [holder], coverage: .netlink, script: ok).session.trials.map(\.prediction) == [
        .ok, .ok,
      ])
    #expect(
      try run(target, [holder], coverage: .proc, script: ok).session.trials.map(\.prediction)
        == [.depends, .depends])
  }
}

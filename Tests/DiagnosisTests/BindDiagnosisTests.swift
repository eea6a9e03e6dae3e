import Diagnosis
import RecordSupport
import SocketTable
import Testing

extension BindCase: CustomTestStringConvertible {
  public var testDescription: String { name }

  func check() throws {
    let diagnosis = try diagnosis()
    #expect(diagnosis.findings.map(\.slug.rawValue) == slugs, "\(name)")
    #expect(diagnosis.verdict.bindable == bindable, "\(name): bindable")
    #expect(diagnosis.freeIn == freeIn, "\(name): free_in_ms")
    #expect(diagnosis.freeLatest == freeLatest, "\(name): free_latest_ms")
    #expect(Set(diagnosis.holders) == Set(inTheWay.map { holders[$0].record }), "\(name): holders")
    #expect(diagnosis.holders.count == inTheWay.count, "\(name): holders are named once")
  }
}

@Suite struct BindDiagnosisTests {
  @Test(arguments: TimerCases.all) func whatOnlyATimerKeeps(case situation: BindCase) throws {
    try situation.check()
  }

  @Test(arguments: HolderCases.listeners) func listeners(case situation: BindCase) throws {
    try situation.check()
  }

  @Test(arguments: HolderCases.others) func otherHolders(case situation: BindCase) throws {
    try situation.check()
  }

  @Test(arguments: HolderCases.blind) func whatCannotBeListed(case situation: BindCase) throws {
    try situation.check()
  }

  @Test func nothingThere() throws {
    try BindCase("free", says: "", bindable: true, freeIn: 0, latest: 0).check()
    let range: ClosedRange<UInt16> = 9000...9999
    try BindCase(
      "free, in the ephemeral range", settings: HostSettings(ephemeralRange: range),
      says: "port-in-ephemeral-range",
      bindable: true, freeIn: 0, latest: 0
    ).check()
    try BindCase(
      "free, in the ephemeral range and reserved",
      settings: HostSettings(ephemeralRange: range, reservedPorts: PortSet([9500...9600])), says: "",
      bindable: true,
      freeIn: 0, latest: 0
    ).check()
  }

  /// The remedy was recommended to those whose kernel cannot do it, and ended in EOPNOTSUPP.
  @Test func nobodyIsSentToReleaseWhereTheKernelCannotOrMightNot() throws {
    var whereItCan = (releases: 0, unseen: 0)
    var whereUnknown = (releases: 0, unseen: 0)
    for situation in TimerCases.all {
      let can = try countOfReleases(situation, endsMinisockets: true)
      let cannot = try countOfReleases(situation, endsMinisockets: false)
      let unknown = try countOfReleases(situation, endsMinisockets: nil)
      #expect(cannot == (0, 0), "\(situation.name)")
      #expect(unknown.releases == 0 && unknown.unseen >= can.releases, "\(situation.name)")
      whereItCan = (whereItCan.releases + can.releases, whereItCan.unseen + can.unseen)
      whereUnknown = (whereUnknown.releases + unknown.releases, whereUnknown.unseen + unknown.unseen)
    }
    #expect(whereItCan.releases > 0 && whereItCan.unseen == 0)
    #expect(whereUnknown.unseen > 0)
  }

  /// How often `release` is recommended, and how often it is said that nobody knows whether it would help.
  private func countOfReleases(
    _ situation: BindCase, endsMinisockets: Bool?
  ) throws -> (releases: Int, unseen: Int) {
    var settings = situation.settings
    settings.endsMinisockets = endsMinisockets
    let findings = try BindCase(
      situation.name, situation.holders, situation.target, settings: settings,
      coverage: situation.coverage, says: ""
    ).diagnosis().findings
    return (
      findings.flatMap(\.remedies).count { if case .release = $0 { true } else { false } },
      findings.flatMap(\.unseen).count { $0 == .endOfMinisockets }
    )
  }

  /// `port --all` shows no more than the look did where it is the kernel that does not list bound sockets.
  @Test func whatTheKernelDoesNotListIsLookedForAsRoot() throws {
    let unlisted = [Holder(.on(.loopback, 9527, .bound, inode: 9))]
    for (coverage, expected) in [
      (
        Coverage(origin: .sockDiag, isComplete: true, blindSpots: [.boundNotListening]),
        Remedy.Sight.ownersAsRoot
      ),
      (.proc, .port),
    ] {
      let finding = try #require(
        try BindCase("unlisted", unlisted, coverage: coverage, says: "").diagnosis().findings.first)
      #expect(finding.slug == .boundNotListening)
      #expect(finding.remedies.contains(.look(expected)))
    }
  }

  /// What is said of a yes is no fault, and there is nothing to do about it.
  @Test func aYesHasNoRemedies() throws {
    for situation in TimerCases.all + HolderCases.listeners + HolderCases.others
    where situation.bindable == true {
      for finding in try situation.diagnosis().findings {
        #expect(finding.severity == .info, "\(situation.name): \(finding.slug)")
        #expect(finding.remedies.isEmpty, "\(situation.name): \(finding.slug)")
      }
    }
  }

  @Test func aNoIsAnError() throws {
    for situation in TimerCases.all + HolderCases.listeners + HolderCases.others
    where situation.bindable == false {
      let first = try #require(try situation.diagnosis().findings.first, "\(situation.name)")
      #expect(first.severity == .error, "\(situation.name)")
      #expect(!first.remedies.isEmpty, "\(situation.name)")
    }
  }

  /// TCP only, and only from here: said with every finding.
  @Test(arguments: TimerCases.all + HolderCases.listeners + HolderCases.others + HolderCases.blind)
  func whatIsNeverSeen(case situation: BindCase) throws {
    let diagnosis = try situation.diagnosis()
    #expect(diagnosis.unseen == [.udp, .ownServer])
    for finding in diagnosis.findings { #expect(finding.unseen.suffix(2) == [.udp, .ownServer]) }
  }

  /// Of many sockets the eight that stay longest, and how many there are.
  @Test func aFewOfMany() throws {
    let records = (0..<20).map { SocketRecord.on(.loopback, peer: 100 + $0, expires: UInt32($0) * 1000) }
    let finding = try #require(
      try Diagnosing(records.map { Holder($0, .reuseAddress) }).result().findings.first)
    #expect(finding.evidence == .sockets(SocketSample(Array(records.reversed().prefix(8)), of: 20)))
  }

  @Test func twoFamiliesAreOneServer() throws {
    let target = BindTarget.server(on: [.anyIPv4, .anyIPv6])
    try BindCase("own sockets", [], target, says: "own-addresses-overlap").check()
    try BindCase(
      "own sockets apart", [], .server(on: [.anyIPv4, .anyIPv6Only]), says: "", bindable: true, freeIn: 0,
      latest: 0
    ).check()
  }

  /// Without another family to fall back to, the refusal is the answer, whatever the server's options are.
  @Test(arguments: [[], .reuseAddress, .reusePort] as [SocketOptions]) func noFamilyAtAll(
    options: SocketOptions
  ) throws {
    var onlyIPv6 = BindTarget.server(options, on: [.anyIPv6])
    onlyIPv6.areAlternatives = true
    for target in [BindTarget.server(options), onlyIPv6] {
      let diagnosis = try Diagnosing([], target, script: { _, _ in .refused(.socket, .familyNotSupported) })
        .result()
      #expect(diagnosis.verdict.bindable == false)
      #expect(diagnosis.freeIn == nil && diagnosis.freeLatest == nil)
      #expect(diagnosis.skipped.isEmpty)
      #expect(diagnosis.findings.map(\.slug) == [.familyUnavailable])
    }
  }

  @Test func oneFamily() throws {
    let diagnosis = try Diagnosing(script: { _, socket in
      socket.address.address.family == .ipv6 ? .refused(.socket, .familyNotSupported) : nil
    }).result()
    #expect(diagnosis.verdict.bindable == true)
    #expect(diagnosis.freeIn == 0)
    #expect(diagnosis.skipped == [.anyIPv6])
    #expect(diagnosis.findings.isEmpty)
  }
}

@testable import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// What is told from the table alone: by holder and own options, with the flags known and not.
@Suite struct PredictionTests {
  static let both: SocketOptions = [.reuseAddress, .reusePort]
  static let all: [SocketOptions] = [[], .reuseAddress, .reusePort, both]

  static func predicted(
    _ records: [SocketRecord], _ target: BindTarget = .server(), coverage: Coverage = .netlink,
    flags: [Int: SocketOptions] = [:], owners: [Int: [Int32]] = [:], lacksPrivilege: Bool = false,
    settings: HostSettings = HostSettings(timerSlack: 2048),
    comparing comparison: TrialSession.Comparison = .withAndWithoutReuse
  ) -> BindDiagnosis {
    var details = SocketDetailsTable()
    for (index, record) in records.enumerated() {
      var known = SocketDetails(visibility: .unknown)
      if let options = flags[index] {
        known.reuseAddress = options.contains(.reuseAddress)
        known.reusePort = options.contains(.reusePort)
      }
      if let pids = owners[index] { known.owners = pids.map { SocketOwner(pid: $0, command: "nginx") } }
      if flags[index] != nil || owners[index] != nil { details[record] = known }
    }
    let session = TrialSession.predicted(
      target, comparing: comparison, snapshot: Snapshot(records: records, coverage: coverage),
      details: details,
      lacksPrivilege: lacksPrivilege)
    return BindDiagnosis(BindEvidence(session, settings: settings, details: details))
  }

  static func afterStop(
    _ records: [SocketRecord], _ options: SocketOptions = [], on addresses: [BindAddress] = [.anyIPv4],
    coverage: Coverage = .netlink, flags: [Int: SocketOptions] = [:], owners: [Int: [Int32]] = [:],
    uid: UInt32 = 0
  ) -> BindDiagnosis {
    var target = BindTarget.server(options, on: addresses, uid: uid)
    target.isAfterStop = true
    return predicted(records, target, coverage: coverage, flags: flags, owners: owners)
  }

  /// "ok", "fails" or "depends", with what it depends on.
  static func answer(_ diagnosis: BindDiagnosis) -> String {
    guard let prediction = diagnosis.prediction else { return "nothing" }
    return ([prediction.answer.rawValue] + prediction.unknowns.names).joined(separator: " ")
  }

  static func slugs(_ diagnosis: BindDiagnosis) -> String {
    diagnosis.findings.map(\.slug.rawValue).joined(separator: " ")
  }

  static let listener = SocketRecord.on(.anyIPv4, 9527, .listen, uid: 0, inode: 11, cookie: 1)
  static let established = SocketRecord.on(
    .loopback, 9527, .established, uid: 0, inode: 12, cookie: 2)
  static let closeWait = SocketRecord.on(.loopback, 9527, .closeWait, uid: 0, inode: 13, cookie: 3)
  static let timeWait = SocketRecord.on(.loopback, expires: 41_000, cookie: 4)
  static let finWait2 = SocketRecord.on(
    .loopback, 9527, .finWait2, timer: .timeWait, expires: 30_000, cookie: 5)
  static let orphan = SocketRecord.on(
    .loopback, 9527, .finWait1, timer: .retransmit, uid: 0, cookie: 6)
  static let bound = SocketRecord.on(.loopback, 9527, .bound, uid: 0, inode: 14, cookie: 7)

  // MARK: Without the flags

  /// One holder of each kind, against the four own sets of options (none, SO_REUSEADDR, SO_REUSEPORT, both).
  struct Kind: Sendable {
    let name: String
    let holder: SocketRecord
    let answers: [String]
    let slugs: [String]
  }

  static let kinds: [Kind] = [
    Kind(
      name: "LISTEN", holder: listener,
      answers: ["fails", "fails", "depends SO_REUSEPORT", "depends SO_REUSEPORT"],
      slugs: [
        "listener-alive", "listener-alive", "reuse-port-one-sided listener-alive",
        "reuse-port-one-sided listener-alive",
      ]),
    Kind(
      name: "LISTEN of another user", holder: .on(.anyIPv4, 9527, .listen, uid: 33, inode: 11, cookie: 1),
      answers: ["fails", "fails", "fails", "fails"],
      slugs: [
        "listener-alive", "listener-alive", "reuse-port-other-user listener-alive",
        "reuse-port-other-user listener-alive",
      ]),
    Kind(
      name: "ESTABLISHED", holder: established,
      answers: [
        "fails", "depends SO_REUSEADDR", "depends SO_REUSEPORT", "depends SO_REUSEADDR SO_REUSEPORT",
      ],
      slugs: [String](repeating: "leaked-connection", count: 4)),
    Kind(
      name: "TIME_WAIT", holder: timeWait,
      answers: [
        "fails", "depends SO_REUSEADDR", "depends SO_REUSEPORT", "depends SO_REUSEADDR SO_REUSEPORT",
      ],
      slugs: [String](repeating: "time-wait-server-closed-first", count: 4)),
    Kind(
      name: "FIN_WAIT2", holder: finWait2,
      answers: [
        "fails", "depends SO_REUSEADDR", "depends SO_REUSEPORT", "depends SO_REUSEADDR SO_REUSEPORT",
      ],
      slugs: [String](repeating: "fin-wait-2-orphan", count: 4)),
    Kind(
      name: "FIN_WAIT1 without a process", holder: orphan,
      answers: [
        "fails", "depends SO_REUSEADDR", "depends SO_REUSEPORT", "depends SO_REUSEADDR SO_REUSEPORT",
      ],
      slugs: [String](repeating: "orphaned-connection", count: 4)),
    Kind(
      name: "bound", holder: bound,
      answers: [
        "fails", "depends SO_REUSEADDR", "depends SO_REUSEPORT", "depends SO_REUSEADDR SO_REUSEPORT",
      ],
      slugs: [String](repeating: "bound-not-listening", count: 4)),
    Kind(
      name: "a connection request", holder: .on(.loopback, 9527, .synReceived, timer: .retransmit),
      answers: ["ok", "ok", "ok", "ok"], slugs: ["", "", "", ""]),
  ]

  @Test(arguments: kinds)
  func withoutFlags(kind: Kind) {
    for (index, options) in Self.all.enumerated() {
      let diagnosis = Self.predicted([kind.holder], .server(options, on: [.anyIPv4]))
      #expect(Self.answer(diagnosis) == kind.answers[index], "\(kind.name) \(options.names)")
      #expect(Self.slugs(diagnosis) == kind.slugs[index], "\(kind.name) \(options.names)")
      let isUndetermined = kind.answers[index].hasPrefix("depends")
      #expect(diagnosis.verdict.bindable == (isUndetermined ? nil : kind.answers[index] == "ok"))
      let certainty: Finding.Certainty =
        isUndetermined
        ? .possible : kind.answers[index] == "fails" && options.contains(.reusePort) ? .likely : .certain
      #expect(diagnosis.prediction?.certainty == certainty, "\(kind.name) \(options.names)")
      for trial in diagnosis.trials { #expect(!trial.isTried) }
      if isUndetermined {
        #expect(diagnosis.freeIn == nil)
        for finding in diagnosis.findings {
          #expect(finding.certainty == .possible && finding.severity == .warning)
        }
      }
    }
  }

  /// With the flags known nothing depends, and it is the table of bind's rules.
  @Test(arguments: [established, timeWait, finWait2, orphan, bound])
  func withFlags(holder: SocketRecord) {
    for old in Self.all {
      for new in Self.all {
        let diagnosis = Self.predicted([holder], .server(new, on: [.loopback]), flags: [0: old])
        #expect(Self.answer(diagnosis) == (old.isDisjoint(with: new) ? "fails" : "ok"))
        #expect(diagnosis.verdict.bindable == !old.isDisjoint(with: new))
      }
    }
  }

  @Test func aListenerWithItsFlags() {
    for old in Self.all {
      for new in Self.all {
        let isShared = old.contains(.reusePort) && new.contains(.reusePort)
        let diagnosis = Self.predicted([Self.listener], .server(new, on: [.loopback]), flags: [0: old])
        #expect(Self.answer(diagnosis) == (isShared ? "ok" : "fails"))
        // What is known is not said to be unseen.
        for finding in diagnosis.findings where finding.slug == .reusePortOneSided {
          #expect(finding.kind == .reusePortOneSided(isKnown: true))
          #expect(finding.unseen == diagnosis.unseen)
        }
      }
    }
  }

  /// Those of the record, which the kernel told: of minisockets nobody else knows them.
  @Test(arguments: [timeWait, finWait2]) func aMinisocketWithItsFlags(record: SocketRecord) {
    for old in Self.all {
      var known = record
      known.learn(
        reuseAddress: old.contains(.reuseAddress), reusePort: old.contains(.reusePort), v6Only: false)
      for new in Self.all {
        let diagnosis = Self.predicted([known], .server(new))
        #expect(Self.answer(diagnosis) == (old.isDisjoint(with: new) ? "fails" : "ok"), "\(old) \(new)")
      }
      // One without them is not told by the others.
      let other = SocketRecord.on(.loopback, peer: 50_001, expires: 9000, cookie: 44)
      let both = Self.predicted([known, other], .server(.reuseAddress))
      #expect(
        Self.answer(both) == (old.contains(.reuseAddress) ? "depends SO_REUSEADDR" : "fails"), "\(old)")
    }
  }

  /// A connection's IPV6_V6ONLY is that of its listener, and no source but the kernel's iterator tells it.
  @Test func aConnectionWithItsV6Only() {
    var record = SocketRecord.on(.loopbackIPv6, expires: 41_000, cookie: 6)
    let target = BindTarget.server([], on: [.anyIPv4])
    #expect(Self.answer(Self.predicted([record], target)) == "depends IPV6_V6ONLY")
    for v6Only in [true, false] {
      record.learn(reuseAddress: false, reusePort: false, v6Only: v6Only)
      #expect(Self.answer(Self.predicted([record], target)) == (v6Only ? "ok" : "fails"))
    }
  }

  // MARK: Times

  @Test func timesAreOfWhatSurelyBlocks() {
    let fails = Self.predicted([Self.timeWait, Self.finWait2])
    #expect(fails.freeIn == 41_000)
    #expect(fails.freeLatest == 103_048)
    let open = Self.predicted([Self.timeWait], .server(.reuseAddress))
    #expect(open.verdict.bindable == nil && open.freeIn == nil)
    // If they block, then no longer than this.
    #expect(open.freeLatest == 43_048)
    let live = Self.predicted([Self.timeWait, Self.established])
    #expect(live.verdict.bindable == false && live.freeIn == nil && live.freeLatest == nil)
    let free = Self.predicted([])
    #expect(free.freeIn == 0 && free.freeLatest == 0 && free.findings.isEmpty)
  }

  @Test func everyCombination() {
    let diagnosis = Self.predicted([Self.listener], .server(.reusePort), comparing: .all)
    #expect(diagnosis.isMatrix && diagnosis.trials.count == 8)
    #expect(diagnosis.firstHolders.count == 8 && diagnosis.firstHolders.allSatisfy { $0?.others == 0 })
  }
}

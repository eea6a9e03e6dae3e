import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// When does bind(2) say "Address already in use"? Tables of what the kernel was seen to answer.
@Suite struct ConflictRulesTests {
  private func conflict(
    _ existing: SocketRecord, _ old: SocketOptions = [], with new: NewSocket
  ) -> ConflictRules.Conflict {
    ConflictRules.conflict(of: ExistingSocket(existing, KnownReuseOptions(old)), with: new)
  }

  // MARK: Addresses

  private static let newAddresses: [NewSocket] = [
    NewSocket(address: .anyIPv4), NewSocket(address: .loopback), NewSocket(address: .v4(127, 0, 0, 2)),
    NewSocket(address: .mapped(127, 0, 0, 1)), NewSocket(address: .mapped(0, 0, 0, 0)),
    NewSocket(address: .anyIPv6),
    NewSocket(address: .anyIPv6, v6Only: true), NewSocket(address: .loopbackIPv6),
    NewSocket(address: IPAddress(ipv6High: 0x2001_0db8 << 32, low: 1)),
  ]

  /// An existing socket and whether it stands in the way of each new address: yes, no (-), or it depends (?).
  private static let overlaps: [(String, SocketRecord, String)] = [
    //                                                    0.0.0.0 .1 .2 m.1 m.0 :: ::only ::1 other
    ("0.0.0.0", .on(.anyIPv4, 9527, .listen), "yyyyyy---"),
    ("127.0.0.1", .on(.loopback, 9527, .listen), "yy-yyy---"),
    ("127.0.0.1 TIME_WAIT", .on(.loopback), "yy-yyy---"),
    ("mapped 127.0.0.1", .on(.mapped(127, 0, 0, 1)), "yy-yyy---"),
    ("mapped 0.0.0.0", .on(.mapped(0, 0, 0, 0), 9527, .listen), "yyyyyy---"),
    (":: dual-stack", .on(.anyIPv6, 9527, .listen, v6Only: false), "yyyyyyyyy"),
    (":: V6ONLY", .on(.anyIPv6, 9527, .listen, v6Only: true), "-----yyyy"),
    (":: unknown", .on(.anyIPv6, 9527, .listen), "?????yyyy"),
    // bind() to a real IPv6 address sets IPV6_V6ONLY, and children inherit it; of a TIME_WAIT nobody tells whether it
    // comes from a server on [::1] or on [::].
    ("::1 listening", .on(.loopbackIPv6, 9527, .listen), "-----yyy-"),
    ("::1 bound", .on(.loopbackIPv6, 9527, .bound), "-----yyy-"),
    ("::1 TIME_WAIT", .on(.loopbackIPv6), "?----yyy-"),
    ("::1 TIME_WAIT of [::]", .on(.loopbackIPv6, v6Only: false), "y----yyy-"),
    ("::1 TIME_WAIT of [::1]", .on(.loopbackIPv6, v6Only: true), "-----yyy-"),
    ("::1 ESTABLISHED", .on(.loopbackIPv6, 9527, .established, inode: 3), "?----yyy-"),
  ]

  @Test(arguments: overlaps.indices) func addresses(index: Int) {
    let (name, existing, expected) = Self.overlaps[index]
    var found = ""
    for new in Self.newAddresses {
      switch conflict(existing, with: new) {
      case .certain: found += "y"
      case .none: found += "-"
      case .depends: found += "?"
      }
    }
    #expect(found == expected, "\(name)")
  }

  /// For some kernels ::ffff:0.0.0.0 is no wildcard among v4-mapped addresses.
  @Test func aMappedWildcardThatIsPerhapsNone() {
    let existing = ExistingSocket(.on(.mapped(0, 0, 0, 0), 9527, .listen), knowsMappedWildcard: false)
    for (address, expected) in [
      (IPAddress.mapped(127, 0, 0, 1), ConflictRules.Conflict.depends(.mappedWildcard)),
      (.mapped(0, 0, 0, 0), .certain), (.loopback, .certain), (.anyIPv4, .certain), (.anyIPv6, .certain),
      (.loopbackIPv6, .none),
    ] {
      #expect(
        ConflictRules.conflict(of: existing, with: NewSocket(address: address)) == expected, "\(address)")
    }
    let other = ExistingSocket(.on(.mapped(127, 0, 0, 1), 9527, .listen), knowsMappedWildcard: false)
    #expect(ConflictRules.conflict(of: other, with: NewSocket(address: .mapped(127, 0, 0, 1))) == .certain)
  }

  // MARK: Options

  private static let combinations: [SocketOptions] = [
    [], .reuseAddress, .reusePort, [.reuseAddress, .reusePort],
  ]

  /// Rows: the old socket's options; columns: the new one's; none, SO_REUSEADDR, SO_REUSEPORT, both. "+" is ok.
  private static let matrices: [(String, SocketRecord, UInt32, [String])] = [
    ("TIME_WAIT", .on(.loopback), 0, ["----", "-+-+", "--++", "-+++"]),
    ("TIME_WAIT, another user", .on(.loopback), 1000, ["----", "-+-+", "--++", "-+++"]),
    (
      "FIN_WAIT2 minisocket", .on(.loopback, 9527, .finWait2, timer: .timeWait), 1000,
      ["----", "-+-+", "--++", "-+++"]
    ),
    (
      "ESTABLISHED", .on(.loopback, 9527, .established, uid: 33, inode: 5), 33,
      ["----", "-+-+", "--++", "-+++"]
    ),
    (
      "ESTABLISHED, another user", .on(.loopback, 9527, .established, uid: 33, inode: 5), 0,
      ["----", "-+-+", "----", "-+-+"]
    ),
    (
      "bound, another user", .on(.loopback, 9527, .bound, uid: 33, inode: 5), 0,
      ["----", "-+-+", "----", "-+-+"]
    ),
    (
      "orphan", .on(.loopback, 9527, .finWait1, timer: .probe, uid: 33), 33, ["----", "-+-+", "--++", "-+++"]
    ),
    ("LISTEN", .on(.loopback, 9527, .listen, uid: 33, inode: 5), 33, ["----", "----", "--++", "--++"]),
    (
      "LISTEN, another user", .on(.loopback, 9527, .listen, uid: 33, inode: 5), 0,
      ["----", "----", "----", "----"]
    ),
  ]

  @Test(arguments: matrices.indices) func options(index: Int) {
    let (name, existing, uid, expected) = Self.matrices[index]
    for (old, row) in zip(Self.combinations, expected) {
      var found = ""
      for new in Self.combinations {
        switch conflict(existing, old, with: NewSocket(address: .loopback, options: new, uid: uid)) {
        case .none: found += "+"
        case .certain: found += "-"
        case .depends: found += "?"
        }
      }
      #expect(found == row, "\(name), old \(old.names)")
    }
  }

  /// Nobody is told the options of another's socket: then only a listener against SO_REUSEADDR is certain.
  @Test(
    arguments: [
      (.on(.loopback), "-???"), (.on(.loopback, 9527, .established, uid: 0, inode: 5), "-???"),
      (.on(.loopback, 9527, .established, uid: 7, inode: 5), "-?-?"),
      (.on(.loopback, 9527, .listen, uid: 0, inode: 5), "--??"),
      (.on(.loopback, 9527, .listen, uid: 7, inode: 5), "----"), (.on(.v4(127, 0, 0, 2)), "++++"),
    ] as [(SocketRecord, String)])
  func unknownOptions(existing: SocketRecord, expected: String) {
    var found = ""
    for new in Self.combinations {
      switch ConflictRules.conflict(
        of: ExistingSocket(existing), with: NewSocket(address: .loopback, options: new))
      {
      case .none: found += "+"
      case .certain: found += "-"
      case .depends: found += "?"
      }
    }
    #expect(found == expected, "\(existing.state)")
  }

  // MARK: Devices

  /// The device of the old socket and of the new one (0: none), and whether they get in each other's way.
  @Test(
    arguments: [(0, 0, true), (0, 2, true), (2, 0, true), (2, 2, true), (2, 3, false)]
      as [(UInt32, UInt32, Bool)])
  func devices(old: UInt32, new: UInt32, conflicts: Bool) {
    let found = conflict(
      .on(.loopback, interface: old), with: NewSocket(address: .loopback, interface: new))
    #expect(found == (conflicts ? .certain : .none))
  }

  @Test func unknownDevice() {
    func conflict(_ address: IPAddress, device: UInt32) -> ConflictRules.Conflict {
      ConflictRules.conflict(
        of: ExistingSocket(.on(.loopback), KnownReuseOptions([]), knowsInterface: false),
        with: NewSocket(address: address, interface: device))
    }
    #expect(conflict(.loopback, device: 0) == .certain)
    #expect(conflict(.loopback, device: 2) == .depends(.interface))
    #expect(conflict(.v4(127, 0, 0, 2), device: 2) == .none)
  }

  // MARK: What is in the bind table

  @Test func connectionRequestsHoldNothing() {
    #expect(
      conflict(.on(.loopback, 9527, .synReceived, timer: .retransmit), with: NewSocket(address: .loopback))
        == .none)
  }

  @Test func everyOtherStateCounts() {
    for state in TCPState.known where state != .synReceived {
      #expect(
        conflict(.on(.loopback, 9527, state), with: NewSocket(address: .loopback)) == .certain, "\(state)")
    }
    #expect(conflict(.on(.loopback, 9527, .unknown(14)), with: NewSocket(address: .loopback)) == .certain)
    // A Fast Open child that was accepted before its handshake is done is a full socket.
    #expect(
      conflict(.on(.loopback, 9527, .synReceived, inode: 5), with: NewSocket(address: .loopback)) == .certain)
  }

  // MARK: What is not known

  /// With something unknown the answer is "depends" where it hangs on it, and only there.
  @Test func unknownIsDependsExactlyWhereItMatters() {
    let addresses: [IPAddress] = [.anyIPv4, .loopback, .mapped(127, 0, 0, 1), .anyIPv6, .loopbackIPv6]
    let states: [TCPState] = [.timeWait, .established, .listen]
    let flags: [Bool?] = [nil, false, true]
    for address in addresses {
      for state in states {
        for v6Only in address.ipv4 == nil ? flags : [nil] {
          for uid: UInt32 in [0, 33] {
            let record = SocketRecord.on(
              address, 9527, state, uid: uid, inode: state == .timeWait ? 0 : 5, v6Only: v6Only)
            for reuseAddress in flags {
              for reusePort in flags {
                for new in Self.newAddresses {
                  for options in Self.combinations {
                    var new = new
                    new.options = options
                    check(record, reuseAddress, reusePort, new)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private func check(_ record: SocketRecord, _ reuseAddress: Bool?, _ reusePort: Bool?, _ new: NewSocket) {
    func both(_ value: Bool?) -> [Bool] { value.map { [$0] } ?? [false, true] }
    var answers: Set<ConflictRules.Conflict> = []
    // What bind() itself has set is no open question.
    let isBoundToIPv6 = record.state.hasNoPeer && !record.local.address.isUnspecified
    for v6Only in both(record.v6Only ?? (isBoundToIPv6 ? true : nil)) {
      var known = record
      known.v6Only = v6Only
      for reuseAddress in both(reuseAddress) {
        for reusePort in both(reusePort) {
          answers.insert(Self.conflict(known, reuseAddress, reusePort, new))
        }
      }
    }
    let answer = Self.conflict(record, reuseAddress, reusePort, new)
    let isExpected = answers.count == 1 ? answers.contains(answer) : answer.unknowns != nil
    if !isExpected { Issue.record("\(record) \(new): \(answer), should be one of \(answers)") }
    guard let unknowns = answer.unknowns else { return }
    if unknowns.isEmpty { Issue.record("\(record) \(new): depends on nothing") }
    // To know just what is named settles it.
    for bits in 0..<8 where !unknowns.isEmpty {
      var known = record
      if unknowns.contains(.v6Only) { known.v6Only = bits & 1 != 0 }
      let settled = Self.conflict(
        known, unknowns.contains(.reuseAddress) ? bits & 2 != 0 : reuseAddress,
        unknowns.contains(.reusePort) ? bits & 4 != 0 : reusePort, new)
      if settled.unknowns != nil {
        Issue.record("\(record) \(new): still open with \(unknowns.names) known")
      }
    }
  }

  private static func conflict(
    _ record: SocketRecord, _ reuseAddress: Bool?, _ reusePort: Bool?, _ new: NewSocket
  ) -> ConflictRules.Conflict {
    let reuse = KnownReuseOptions(reuseAddress: reuseAddress, reusePort: reusePort)
    return ConflictRules.conflict(of: ExistingSocket(record, reuse), with: new)
  }

  // MARK: The whole table

  @Test func severalTakenTogether() {
    func conflict(_ records: [SocketRecord], _ options: SocketOptions = []) -> ConflictRules.Conflict {
      ConflictRules.conflict(
        of: records.map { ExistingSocket($0) }, with: NewSocket(address: .anyIPv4, options: options))
    }
    let listener = SocketRecord.on(.loopback, 9527, .listen, inode: 5)
    let timeWait = SocketRecord.on(.loopback)
    let elsewhere = SocketRecord.on(.loopbackIPv6, 9527, .listen, inode: 5)
    #expect(conflict([]) == .none)
    #expect(conflict([elsewhere]) == .none)
    #expect(conflict([timeWait]) == .certain)
    #expect(conflict([timeWait], .reuseAddress) == .depends(.reuseAddress))
    #expect(conflict([timeWait, elsewhere], .reuseAddress) == .depends(.reuseAddress))
    // One certain conflict decides, wherever it stands.
    #expect(conflict([timeWait, listener], .reuseAddress) == .certain)
    #expect(conflict([listener, timeWait], .reuseAddress) == .certain)
    #expect(conflict([.on(.loopbackIPv6)]) == .depends(.v6Only))
    // What it depends on is what any of them leaves open.
    #expect(conflict([timeWait, .on(.loopbackIPv6)], .reuseAddress) == .depends([.reuseAddress, .v6Only]))
    #expect(
      conflict([listener], [.reuseAddress, .reusePort]).unknowns?.names == ["SO_REUSEPORT"])
  }

  @Test func predictionsInWords() {
    #expect(ConflictRules.Conflict.none.prediction == .ok)
    #expect(ConflictRules.Conflict.certain.prediction == .fails)
    #expect(ConflictRules.Conflict.depends(.uid).prediction == .depends)
  }
}

extension ConflictRules.Conflict {
  /// Nil unless it depends on them.
  fileprivate var unknowns: ConflictRules.Unknowns? {
    if case .depends(let unknowns) = self { unknowns } else { nil }
  }
}

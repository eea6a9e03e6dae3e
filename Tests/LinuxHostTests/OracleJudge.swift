import Diagnosis
import SocketTable
import Testing

/// One question to the kernel, and all that is needed to repeat it.
struct OracleCase {
  /// "bind" or "listen".
  let call: String
  let new: NewSocket
  let snapshot: Snapshot
  let known: KnownSockets
  /// The records as `--flags all` has them; nil where the kernel does not tell.
  var learned: [SocketRecord]?
  let description: String

  /// Compares the kernel's answer with the rules', first as they see it with everything known, and then with
  /// less and less: what is then still decided has to be decided the same way.
  ///
  /// True if the kernel allowed with SO_REUSEPORT what the rules refuse. It does so only where it may
  /// remember, from the binds before on that port, that such sockets need not be checked.
  @discardableResult
  func judge(isOK: Bool, mayRememberReusePort: Bool) -> Bool {
    let tellsDevice = !snapshot.coverage.isBlind(to: .device)
    let faults = snapshot.records.compactMap { known.fault($0, tellsDevice: tellsDevice) }
    if let fault = faults.first { contradict("the table is wrong: \(fault)", isOK) }

    let exact = predict(snapshot.records.map(known.completed), tellsInterface: true) { known.reuse($0) }
    let isLeftOpen = exact == .depends && dependsOnKernel
    let isRemembered = mayRememberReusePort && isOK && exact == .fails && new.options.contains(.reusePort)
    if !isRemembered, !isLeftOpen, exact != (isOK ? .ok : .fails) {
      contradict("the rules say \(exact)", isOK)
    }

    let withFlags = predict(tellsInterface: tellsDevice) { known.reuse($0) }
    let withoutFlags = predict(tellsInterface: tellsDevice) { _ in KnownReuseOptions() }
    let answers = [
      "with flags": withFlags,
      "with SO_REUSEADDR": predict(tellsInterface: tellsDevice) {
        known.reuse($0).without(\.reusePort)
      },
      "with SO_REUSEPORT": predict(tellsInterface: tellsDevice) {
        known.reuse($0).without(\.reuseAddress)
      },
      "without flags": withoutFlags,
    ]
    for (knowledge, answer) in answers where answer != exact {
      if answer != .depends {
        contradict("\(knowledge) the rules say \(answer), with everything \(exact)", isOK)
      }
    }
    // The flags are all that is missing where the source tells the rest.
    if withFlags == .depends, tellsDevice, !dependsOnKernel, snapshot.records.allSatisfy({ $0.v6Only != nil })
    {
      contradict("with flags the rules say depends, and nothing is unknown", isOK)
    }
    if let learned { judge(learned, exact, tellsDevice, isOK) }
    for record in snapshot.records { checkUndecided(record, tellsDevice, isOK) }

    Oracle.tally.withLock {
      $0.cases[call, default: 0] += 1
      if new.options.contains(.reusePort) { $0.withReusePort += 1 }
      if isRemembered { $0.reusePortRemembered += 1 }
      if withoutFlags == .depends { $0.undecidedWithoutFlags += 1 }
      if isLeftOpen { $0.leftOpen += 1 }
    }
    return isRemembered
  }

  /// What the iterator tells of a socket is what its owner is told; what it does not list, the owner tells.
  private func judge(
    _ learned: [SocketRecord], _ exact: ConflictRules.Prediction, _ tellsDevice: Bool, _ isOK: Bool
  ) {
    for record in learned where record.reuseAddress != nil {
      let own = known.reuse(record)
      if record.reuseAddress != own.reuseAddress || record.reusePort != own.reusePort {
        contradict("the iterator is wrong of \(record.summary)", isOK)
      }
    }
    let answer = predict(learned, tellsInterface: tellsDevice) {
      $0.inode != 0 ? known.reuse($0) : KnownReuseOptions()
    }
    if answer != exact, answer != .depends {
      contradict("with --flags all the rules say \(answer), with everything \(exact)", isOK)
    }
    Oracle.tally.withLock {
      $0.withIterator += 1
      if answer != .depends { $0.decidedWithIterator += 1 }
    }
  }

  /// This kernel has forgotten whose socket it is, or does not take ::ffff:0.0.0.0 for a wildcard: what it answers is then for
  /// no rule to say.
  private var dependsOnKernel: Bool {
    snapshot.hasDoubtfulWildcard
      || new.options.contains(.reusePort) && snapshot.records.contains(where: \.lacksUser)
  }

  private func predict(
    _ records: [SocketRecord]? = nil, tellsInterface: Bool, _ reuse: (SocketRecord) -> KnownReuseOptions
  ) -> ConflictRules.Prediction {
    let existing = (records ?? snapshot.records).map {
      ExistingSocket(
        $0, reuse($0), knowsInterface: tellsInterface, knowsMappedWildcard: !snapshot.hasDoubtfulWildcard)
    }
    return ConflictRules.conflict(of: existing, with: new).prediction
  }

  /// What the rules leave open is open: whatever is unknown of the record can turn the answer both ways.
  private func checkUndecided(_ record: SocketRecord, _ tellsDevice: Bool, _ isOK: Bool) {
    let answer = ConflictRules.conflict(
      of: ExistingSocket(
        record, knowsInterface: tellsDevice, knowsMappedWildcard: !snapshot.hasDoubtfulWildcard), with: new
    ).prediction
    var possible: Set<ConflictRules.Prediction> = []
    let mustBeV6Only = record.state.hasNoPeer && !record.local.address.isUnspecified
    for v6Only in record.v6Only.map({ [$0] }) ?? (mustBeV6Only ? [true] : [false, true]) {
      for device in tellsDevice ? [record.interface] : [0, new.interface, new.interface + 1] {
        for bits in 0..<4 {
          var completed = record
          completed.v6Only = v6Only
          completed.interface = device
          let reuse = KnownReuseOptions(reuseAddress: bits & 1 != 0, reusePort: bits & 2 != 0)
          for user in record.lacksUser ? [new.uid, new.uid &+ 1] : [record.uid] {
            for holdsMapped in snapshot.hasDoubtfulWildcard ? [false, true] : [true] {
              var socket = ExistingSocket(completed, reuse)
              socket.uid = user
              socket.holdsMapped = holdsMapped
              possible.insert(ConflictRules.conflict(of: socket, with: new).prediction)
            }
          }
        }
      }
    }
    let right: ConflictRules.Prediction = possible.count > 1 ? .depends : possible.first ?? .depends
    if answer != right {
      contradict("\(record.summary): unknown flags give \(answer), all of them \(right)", isOK)
    }
  }

  private func contradict(_ what: String, _ isOK: Bool) {
    let count = Oracle.tally.withLock { tally in
      tally.contradictions += 1
      return tally.contradictions
    }
    // Where there are many, the first ones tell why.
    guard count <= 20 else { return }
    let records = snapshot.records.map { "\n  \($0.summary)" }.joined()
    Issue.record(
      "\(description): \(call) \(isOK ? "ok" : "EADDRINUSE"), but \(what); TW_SEED=\(Oracle.seed)\(records)")
  }
}

extension KnownReuseOptions {
  func without(_ flag: WritableKeyPath<KnownReuseOptions, Bool?>) -> KnownReuseOptions {
    var flags = self
    flags[keyPath: flag] = nil
    return flags
  }
}

extension SocketRecord {
  /// All that the rules look at.
  var summary: String {
    "\(state.title)\(isMinisocket ? " minisocket" : "") \(local.text) - \(peer?.text ?? "*")"
      + " uid \(uid.map { "\($0)" } ?? "?") inode \(inode) device \(interface)"
      + " v6only \(v6Only.map { "\($0)" } ?? "?")"
  }

  /// A full socket, of which the kernel has perhaps forgotten the user.
  var lacksUser: Bool { uid == nil && !isMinisocket && !(state == .synReceived && inode == 0) }

  /// Without what changes by itself.
  var withoutTime: SocketRecord {
    var record = self
    record.timer = timer.map { Timer(kind: $0.kind, expires: 0) }
    return record
  }
}

extension Snapshot {
  /// Whether the rules see the same sockets in both.
  func isSame(as other: Snapshot) -> Bool {
    Set(records.map(\.withoutTime)) == Set(other.records.map(\.withoutTime))
  }
}

internal import SocketTable

/// What follows from trials and table without choosing words.
struct BindFacts {
  let session: TrialSession
  let settings: HostSettings
  let details: SocketDetailsTable
  /// The trials with the server's own options.
  let yours: [Trial]
  /// Those of them that did not succeed.
  let refused: [Trial]
  /// Those of them that the table leaves open.
  let open: [Trial]
  /// Trials without options that are not the server's own, and found the port taken.
  let refusedPlain: [Trial]

  init(
    _ session: TrialSession, settings: HostSettings, details: SocketDetailsTable = SocketDetailsTable()
  ) {
    self.session = session
    self.details = details
    self.settings = settings
    yours = session.trials.filter(\.isYours)
    open = yours.filter(\.outcome.isOpen)
    refused = yours.filter { $0.outcome != .ok && !$0.outcome.isOpen }
    refusedPlain = session.trials.filter(Self.isRefusedPlain)
  }

  private static func isRefusedPlain(_ trial: Trial) -> Bool {
    trial.socket.options.isEmpty && !trial.isYours && trial.outcome.isAddressInUse
  }

  var target: BindTarget { session.target }

  /// The records that the rules hold against a trial, or that may stand against it.
  func blamed(by trial: Trial, among isMeant: (SocketRecord) -> Bool = { _ in true }) -> [SocketRecord] {
    var blamed: [SocketRecord] = []
    forEachBlamed(by: trial) { index, _ in
      let record = session.snapshot.records[index]
      if isMeant(record) { blamed.append(record) }
    }
    return blamed
  }

  /// Those of them that surely do.
  func surelyBlamed(by trial: Trial) -> [SocketRecord] {
    var blamed: [SocketRecord] = []
    forEachBlamed(by: trial) { index, conflict in
      if conflict == .certain { blamed.append(session.snapshot.records[index]) }
    }
    return blamed
  }

  private func forEachBlamed(by trial: Trial, _ body: (Int, ConflictRules.Conflict) -> Void) {
    // With an automatic port no single socket is to blame.
    guard target.port != 0 else { return }
    let new = target.newSocket(at: trial.socket.address, options: trial.socket.options)
    let conflicts = session.groups.conflicts(with: new)
    guard !conflicts.areNone else { return }
    for index in session.snapshot.records.indices {
      let conflict = conflicts[index]
      if conflict != .none { body(index, conflict) }
    }
  }

  /// SO_REUSEADDR does not help at the trial's address.
  func isRefusedWithReuse(_ trial: Trial) -> Bool {
    session.trials.contains {
      $0.socket.address == trial.socket.address && $0.socket.options == .reuseAddress
        && $0.outcome.isAddressInUse
    }
  }

  /// Whether SO_REUSEADDR would help at the trial's address was asked, and answered.
  func isReuseTried(_ trial: Trial) -> Bool {
    session.trials.contains {
      $0.socket.address == trial.socket.address && $0.socket.options == .reuseAddress && !$0.outcome.isOpen
    }
  }

  /// Made by connect() from here. A SYN_SENT surely is; so is, in all likelihood, a connection from a port out of the
  /// ephemeral range that did not have SO_REUSEADDR, which servers set and clients do not.
  func isOutgoing(_ record: SocketRecord, refusedWithReuse: Bool) -> Bool {
    record.state == .synSent
      || (settings.ephemeralRange?.contains(record.local.port) ?? false) && refusedWithReuse
  }

  var holders: [SocketRecord] { holders { _ in true } }

  func holders(_ isMeant: (SocketRecord) -> Bool) -> [SocketRecord] {
    let records = session.snapshot.records
    var isHolder = [Bool](repeating: false, count: records.count)
    var holders: [SocketRecord] = []
    let inTheWay = refused.isEmpty && open.isEmpty ? refusedPlain : refused + open
    for trial in inTheWay where trial.outcome.isAddressInUse || trial.outcome.isOpen {
      forEachBlamed(by: trial) { index, _ in
        guard !isHolder[index], isMeant(records[index]) else { return }
        isHolder[index] = true
        holders.append(records[index])
      }
    }
    return holders
  }

  // MARK: The server's own sockets

  /// By the rules, an earlier socket of the same server stands in this one's way.
  func overlapsOwnSockets(_ trial: Trial) -> Bool { overlaps(trial, as: .bound) }

  /// Bound it can be, by SO_REUSEADDR; but once an earlier socket listens, it cannot.
  func cannotListenBesideOwnSockets(_ trial: Trial) -> Bool { overlaps(trial, as: .listen) }

  private func overlaps(_ trial: Trial, as state: TCPState) -> Bool {
    guard !target.areAlternatives, target.port != 0, let index = yours.lastIndex(of: trial) else {
      return false
    }
    let new = target.newSocket(at: trial.socket.address)
    return yours[..<index].contains { earlier in
      let address = earlier.socket.address
      return ConflictRules.conflict(of: target.record(at: address, state), target.flags, with: new)
        == .certain
    }
  }

  // MARK: Prediction

  /// The answer for all of the server's sockets, if nothing was bound.
  var prediction: BindDiagnosis.Prediction {
    let look = session.snapshot.look
    let answer: ConflictRules.Prediction = !refused.isEmpty ? .fails : !open.isEmpty ? .depends : .ok
    let unknowns = open.reduce(into: ConflictRules.Unknowns()) { union, trial in
      if case .open(let unknowns) = trial.outcome { union.formUnion(unknowns) }
    }
    // By the table; with SO_REUSEPORT the kernel is known to allow more, and what the connections of a server leave
    // behind hangs on how it ends, too.
    let isSurelyRefused = refused.contains {
      !$0.outcome.isAddressInUse || !target.isAfterStop && !target.options.contains(.reusePort)
    }
    let isSurelyFree =
      !look.isBlind(to: .boundNotListening) && look.isComplete && !target.isAfterStop
      && yours.allSatisfy { isSurelyHere($0.socket.address.address) }
      && (Int(target.port) >= settings.unprivilegedPortStart || settings.mayBindPrivilegedPorts == true)
    let certainty: Finding.Certainty =
      switch answer {
      case .depends: .possible
      case .fails: isSurelyRefused ? .certain : .likely
      case .ok: isSurelyFree ? .certain : .likely
      }
    return BindDiagnosis.Prediction(
      answer: answer, certainty: certainty, unknowns: answer == .depends ? unknowns : [])
  }

  /// Whether any other address is one of this host's, bind() tells.
  private func isSurelyHere(_ address: IPAddress) -> Bool {
    address.isUnspecified || address.isLoopback && !(address.ipv4 == nil && settings.isIPv6Disabled)
  }

  // MARK: Time

  var freeIn: UInt32? {
    guard !yours.isEmpty, open.isEmpty else { return nil }
    guard !refused.isEmpty else { return 0 }
    return longestTimer(refused)
  }

  /// The longest timer in the way of any of these; nil if something other than a timer is, or could be without being seen.
  private func longestTimer(_ trials: [Trial]) -> UInt32? {
    guard !session.snapshot.look.isBlind(to: .boundNotListening), session.snapshot.look.isComplete else {
      return nil
    }
    var longest: UInt32 = 0
    for trial in trials {
      guard trial.outcome.isAddressInUse || trial.outcome.isOpen, !overlapsOwnSockets(trial) else {
        return nil
      }
      var isOfTimers: Bool?
      forEachBlamed(by: trial) { index, _ in
        let record = session.snapshot.records[index]
        isOfTimers = record.isMinisocket && isOfTimers != false
        longest = max(longest, record.timer?.expires ?? 0)
      }
      if isOfTimers != true { return nil }
    }
    return longest
  }

  var freeLatest: UInt32? {
    let inTheWay = refused + open
    guard !inTheWay.isEmpty else { return freeIn }
    guard let longest = longestTimer(inTheWay) else { return nil }
    // What a server that ends leaves is FIN_WAIT2 at first.
    var becomesTimeWait = false
    for trial in inTheWay where !becomesTimeWait {
      forEachBlamed(by: trial) { index, _ in
        let record = session.snapshot.records[index]
        if record.state == .finWait2 || !session.originals.isEmpty && session.originals[record] != nil {
          becomesTimeWait = true
        }
      }
    }
    return UInt32(clamping: UInt64(longest) + UInt64(settings.timerSlack) + (becomesTimeWait ? 60_000 : 0))
  }

  // MARK: Rules against the kernel

  /// A trial whose answer the rules do not account for. With SO_REUSEPORT the kernel is known to allow more.
  var disagreement: Trial? {
    (yours + session.trials).first { trial in
      if session.overlappingAlone.contains(trial.socket.address) || overlapsOwnSockets(trial) { return false }
      if !trial.isTried { return false }
      return switch (trial.outcome, trial.prediction) {
      // Of a trial that is not the server's, the documented direction of SO_REUSEPORT needs no word.
      case (.ok, .fails): !trial.socket.options.contains(.reusePort) || trial.isYours
      case (.refused(_, .addressInUse), .ok):
        target.port != 0 && !session.snapshot.look.isBlind(to: .boundNotListening)
      default: false
      }
    }
  }
}

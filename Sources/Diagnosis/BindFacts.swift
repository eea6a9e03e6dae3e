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
    let new = target.newSocket(at: trial.socket.address, options: trial.socket.options)
    let knowledge = session.knowledge
    return session.snapshot.records.filter { record in
      guard isMeant(record) else { return false }
      if case .none = ConflictRules.conflict(of: record, knowledge.flags(record), with: new) { return false }
      // With an automatic port no single socket is to blame.
      return target.port != 0
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
    var seen: Set<SocketRecord> = []
    var holders: [SocketRecord] = []
    let inTheWay = refused.isEmpty && open.isEmpty ? refusedPlain : refused + open
    for trial in inTheWay where trial.outcome.isAddressInUse || trial.outcome.isOpen {
      for record in blamed(by: trial, among: isMeant) where seen.insert(record).inserted {
        holders.append(record)
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
    let certainty: Finding.Certainty =
      switch answer {
      case .depends: .possible
      // What the connections of a server leave behind hangs on how it ends, too.
      case .fails: target.options.contains(.reusePort) || target.isAfterStop ? .likely : .certain
      case .ok:
        look.isBlind(to: .boundNotListening) || !look.isComplete || target.isAfterStop ? .likely : .certain
      }
    return BindDiagnosis.Prediction(
      answer: answer, certainty: certainty, unknowns: answer == .depends ? unknowns : [])
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
      let blamed = blamed(by: trial)
      guard trial.outcome.isAddressInUse || trial.outcome.isOpen, !blamed.isEmpty, !overlapsOwnSockets(trial)
      else { return nil }
      for record in blamed {
        guard record.isMinisocket, let timer = record.timer else { return nil }
        longest = max(longest, timer.expires)
      }
    }
    return longest
  }

  var freeLatest: UInt32? {
    let inTheWay = refused + open
    guard !inTheWay.isEmpty else { return freeIn }
    guard let longest = longestTimer(inTheWay) else { return nil }
    let becomesTimeWait = inTheWay.contains { blamed(by: $0).contains { $0.state == .finWait2 } }
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

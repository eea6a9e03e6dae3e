internal import NetlinkCodec
package import SocketTable

/// The complete result about one server's bind, which the reports read: what was tried, the verdict, the time left, and the
/// findings. `BindAnalysis` computes the facts for it, and `BindFindings` chooses the findings.
package struct BindDiagnosis: Sendable {
  package let target: BindTarget
  package let trials: [Trial]
  /// Addresses of a family that this host lacks. They were not counted, because the server has others to choose from.
  package let skipped: [BindAddress]
  /// What the look at the port can have missed.
  package let coverage: Coverage
  package let verdict: BindVerdict
  /// The answer of the table, where nothing was bound; otherwise nil.
  package let prediction: Prediction?
  /// What alone would turn the no into a yes; nil unless the verdict is no.
  package let help: BindHelp?
  /// Milliseconds until the last timer in the way reaches 0: 0 if and only if the verdict is yes, otherwise at least 1.
  /// Nil if something other than a timer is in the way or could be without being seen, and if the table leaves a trial
  /// open.
  package let freeIn: UInt32?
  /// Milliseconds after which the port is free at the latest: `freeIn` with the timer wheel's slack, and with 60 s more
  /// where a FIN_WAIT2 may still turn into a TIME_WAIT. Unlike `freeIn` it also covers trials that the table leaves open,
  /// as if their timers were in the way. Nil if no such bound is known.
  package let freeLatest: UInt32?
  /// The sockets in the server's way. If there are none: those in the way of a server without reuse options.
  package let holders: [SocketRecord]
  /// What is known of the holders beyond their records.
  package let details: SocketDetailsTable
  /// Whether every combination of the reuse options was compared (`--matrix`).
  package let isMatrix: Bool
  /// If `isMatrix`: for each of `trials` the first socket in its way, or nil if no listed socket is. Otherwise empty.
  package let firstHolders: [FirstHolder?]
  /// The network namespace that was asked about; nil for the caller's own.
  package let namespace: NamespaceReference?
  /// Nil where nobody looked, or it could not be seen.
  package let otherProtocols: OtherProtocols?
  /// Whether a socket that listens on the port was seen.
  package let hasListener: Bool
  /// Whether a listener on the port is known not to set SO_REUSEADDR.
  package let hasListenerWithoutReuse: Bool
  /// Who asks, and pastes what is advised.
  package let caller: Caller
  /// The finding that decides comes first.
  package let findings: [Finding]

  /// The predicted answer for the server as a whole. (`ConflictRules.Prediction`, which is its `answer`, is also predicted
  /// for each single trial.)
  package struct Prediction: Sendable {
    package let answer: ConflictRules.Prediction
    package let certainty: Finding.Certainty
    /// The unknown properties of the sockets in the way on which the answer depends; empty unless `answer` is `depends`.
    package let unknowns: ConflictRules.Unknowns
  }

  package init(_ evidence: BindEvidence) {
    let analysis = BindAnalysis(evidence)
    let session = evidence.session
    details = evidence.details
    namespace = evidence.namespace
    caller = evidence.settings.caller
    hasListener = session.snapshot.records.contains { $0.state == .listen }
    hasListenerWithoutReuse =
      evidence.details.knowsReuseOptions
      && session.snapshot.records.contains {
        $0.state == .listen && evidence.details[$0]?.reuseAddress == false
      }
    target = session.target
    trials = session.trials
    skipped = session.skipped
    coverage = session.snapshot.coverage
    verdict = analysis.verdict
    help = analysis.help
    prediction = session.isPredicted ? analysis.prediction : nil
    holders = analysis.holders
    otherProtocols = evidence.otherProtocols
    unseen = Unseen.always(evidence)
    freeIn = analysis.freeIn
    freeLatest = analysis.freeLatest
    findings = BindFindings(analysis: analysis, freeIn: freeIn, freeLatest: freeLatest).all
    isMatrix = session.comparison == .all
    firstHolders =
      session.comparison == .all
      ? session.trials.map { trial in
        guard trial.outcome.isAddressInUse || trial.outcome.isUndetermined else { return nil }
        let holders = analysis.holders(against: trial)
        return holders.first.map { FirstHolder(record: $0, others: holders.count - 1) }
      } : []
  }

  /// The first of the sockets in a trial's way, and how many more there are.
  package struct FirstHolder: Hashable, Sendable {
    package let record: SocketRecord
    /// The number of sockets in the way besides this one.
    package let others: Int
  }

  /// The trial with these options of each of the target's addresses; nil where there was none.
  package func trials(with options: SocketOptions) -> [Trial?] {
    let made = trials.filter { $0.socket.options == options }
    // A server may name an address twice, so its own trials are found by their position and not by their address.
    if !target.areAlternatives, options == target.options {
      let own = made.filter(\.usesServerOptions)
      return target.addresses.indices.map { own.indices.contains($0) ? own[$0] : nil }
    }
    let known = Dictionary(made.lazy.map { ($0.socket.address, $0) }, uniquingKeysWith: { first, _ in first })
    return target.addresses.map { known[$0] }
  }

  /// Whether the sockets with the server's own options were bound one after the other and all held, as the server would.
  /// Every other trial was made alone.
  package var areHeldTogether: Bool {
    prediction == nil && !target.areAlternatives && trials.count { $0.usesServerOptions } > 1
  }

  /// What this kind of answer can never take into account, such as the privileges of the server itself.
  package let unseen: [Unseen]
}

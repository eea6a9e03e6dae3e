internal import NetlinkCodec
package import SocketTable

/// What the trials and the table mean for the server that was asked about.
package struct BindDiagnosis: Sendable {
  package let target: BindTarget
  package let trials: [Trial]
  package let skipped: [BindAddress]
  package let coverage: Coverage
  package let verdict: BindVerdict
  /// What the table says, where nothing was bound; otherwise nil.
  package let prediction: Prediction?
  /// Milliseconds until the last timer in the way reaches 0: 0 if and only if the verdict is yes, otherwise at least 1.
  /// Nil if something other than a timer is in the way, or could be without being seen.
  package let freeIn: UInt32?
  /// The same with the timer wheel's slack, and with a TIME_WAIT to come where a FIN_WAIT2 is among them.
  package let freeLatest: UInt32?
  /// What stands in the server's way; if nothing does, what stands in the way of one without options.
  package let holders: [SocketRecord]
  /// What is known of the holders beyond their records.
  package let details: SocketDetailsTable
  /// Every combination of options was compared.
  package let isMatrix: Bool
  /// With --matrix: for each trial the first socket in its way; nil if nothing, or nothing that is listed, is in its way.
  /// Empty otherwise.
  package let firstHolders: [FirstHolder?]
  /// The network namespace that was asked about, if it is not the caller's own.
  package let namespace: NamespaceReference?
  /// The deciding one first.
  package let findings: [Finding]

  package struct Prediction: Sendable {
    package let answer: ConflictRules.Prediction
    package let certainty: Finding.Certainty
    /// What is not known of the sockets in the way, and decides.
    package let unknowns: ConflictRules.Unknowns
  }

  package init(_ evidence: BindEvidence) {
    let analysis = BindAnalysis(evidence)
    let session = evidence.session
    details = evidence.details
    namespace = evidence.namespace
    target = session.target
    trials = session.trials
    skipped = session.skipped
    coverage = session.snapshot.coverage
    verdict = analysis.verdict
    prediction = session.isPredicted ? analysis.prediction : nil
    holders = analysis.holders
    unseen = Unseen.always(isPredicted: session.isPredicted)
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

  /// A socket in the way, and how many more there are.
  package struct FirstHolder: Hashable, Sendable {
    package let record: SocketRecord
    package let others: Int
  }

  /// The trial of the target's address at `index` with these options; nil if there was none.
  package func trial(_ index: Int, _ options: SocketOptions) -> Trial? {
    let made = trials.filter { $0.socket.options == options }
    // A server may name an address twice; its sockets are tried in their order.
    if !target.areAlternatives, options == target.options {
      let own = made.filter(\.usesServerOptions)
      return own.indices.contains(index) ? own[index] : nil
    }
    return made.first { $0.socket.address == target.addresses[index] }
  }

  /// What this kind of answer can never take into account: UDP, the privileges of the server itself ...
  package let unseen: [Unseen]
}

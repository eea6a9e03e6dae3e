internal import NetlinkCodec
package import SocketTable

/// The trials of one server's bind, with the look at the port that belongs to them. Sessions are made by `run`, which asks
/// the kernel, and by `predicted`, which asks the rules.
package struct TrialSession: Sendable {
  package let target: BindTarget
  /// Which options were tried, or predicted, besides the server's own.
  package let comparison: Comparison
  /// In the order in which they were made first.
  package internal(set) var trials: [Trial] = []
  /// The look against which the outcomes are judged.
  package private(set) var snapshot: Snapshot
  /// Addresses of a family that this host lacks. They are skipped only where the server has others to choose from.
  package var skipped: [BindAddress] {
    target.addresses.filter { address in skippedTrials.contains { $0.socket.address == address } }
  }
  var skippedTrials: [Trial] = []
  /// Whether one of the server's own trials was refused, and succeeded when it was repeated a moment later.
  package internal(set) var hasJustBecomeFree = false
  /// Addresses that were refused beside the server's other sockets, and could be bound when tried alone.
  package internal(set) var overlappingAlone: Set<BindAddress> = []
  /// Whether nothing was bound, so that all outcomes are predictions.
  package internal(set) var isPredicted = false
  private(set) var view = SocketView()
  /// The sockets of the look as `view` has them.
  private(set) var groups = SocketGroups()

  /// Which reuse options are tried beside the server's own.
  package enum Comparison: Sendable {
    case none
    /// SO_REUSEADDR alone, and none: the difference between these two is what explanations rest on.
    case withAndWithoutReuse
    /// Every combination of SO_REUSEADDR and SO_REUSEPORT.
    case all
  }

  init(target: BindTarget, _ comparison: Comparison) {
    self.target = target
    self.comparison = comparison
    snapshot = Snapshot(records: [], coverage: Coverage(origin: .sockDiag, isComplete: false, blindSpots: []))
  }

  /// Makes this the look against which the outcomes are judged, and predicts every trial anew.
  ///
  /// - Parameter details: what was found out about the sockets of the look.
  package mutating func take(
    _ snapshot: Snapshot, details: SocketDetailsTable = SocketDetailsTable(), scenario: Scenario = .present
  ) {
    self.snapshot = snapshot
    view = SocketView(
      details: details, knowsInterface: !snapshot.coverage.isBlind(to: .device),
      knowsMappedWildcard: !snapshot.hasDoubtfulWildcard, scenario: scenario)
    groups = SocketGroups(snapshot.records, view, against: askedAddresses)
    predict()
  }

  /// Gives up the records of the look, which nobody reads while `wait` waits; what it can have missed stays known.
  package mutating func forgetRecords() {
    snapshot.records = []
    groups = SocketGroups()
  }

  /// Every address at which the rules are asked about a socket.
  private var askedAddresses: [IPAddress] {
    let spare = comparison == .all ? BindTarget.spareAddresses : []
    return (target.addresses + target.comparedAddresses + spare).map(\.address)
  }

  /// Adds what was found out about the sockets of the present look.
  mutating func take(_ details: SocketDetailsTable) {
    guard details != view.details else { return }
    if view.isPlain, !details.knowsReuseOptions {
      view.details = details
      return
    }
    take(snapshot, details: details, scenario: view.scenario)
  }

  /// Does nothing in a predicted session, where each outcome is the prediction already.
  private mutating func predict() {
    guard !isPredicted else { return }
    for index in trials.indices { trials[index].prediction = conflict(with: trials[index]).prediction }
  }

  private func conflict(with trial: Trial) -> ConflictRules.Conflict {
    conflict(with: newSocket(of: trial))
  }

  /// The conflict with all sockets on the port, listed or not. Where the source cannot list sockets that are only bound, it
  /// is never `none`, so that nothing is called free that was not seen.
  func conflict(with new: NewSocket) -> ConflictRules.Conflict {
    let listed = groups.conflict(with: new)
    guard snapshot.coverage.isBlind(to: .boundNotListening) else { return listed }
    return listed.joined(with: .depends(.boundNotListening))
  }

  /// The trial's socket as the rules see it.
  func newSocket(of trial: Trial) -> NewSocket {
    target.newSocket(at: trial.socket.address, options: trial.socket.options)
  }

  /// Whether one of the server's own trials did not succeed, or is not surely predicted to.
  package var isRefused: Bool { trials.contains { $0.usesServerOptions && $0.outcome != .ok } }
}

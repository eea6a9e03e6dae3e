internal import NetlinkCodec
package import SocketTable

/// The trials of one server's bind, and the look at the port that belongs to them.
package struct TrialSession: Sendable {
  package let target: BindTarget
  /// Which options were tried, or told, beside the server's own.
  package let comparison: Comparison
  /// In the order they were made.
  package internal(set) var trials: [Trial] = []
  /// The look that belongs to the last answers.
  package private(set) var snapshot: Snapshot
  /// Addresses of a family that this host does not have, which only alternatives may lack.
  package var skipped: [BindAddress] {
    target.addresses.filter { address in skippedTrials.contains { $0.socket.address == address } }
  }
  var skippedTrials: [Trial] = []
  /// One of the server's own trials was refused, and repeated at once it succeeded.
  package internal(set) var hasJustBecomeFree = false
  /// Addresses that were refused together with the server's other sockets, and ok when tried alone.
  package internal(set) var overlappingAlone: [BindAddress] = []
  /// Nothing was bound: the outcomes are what the table predicts.
  package internal(set) var isPredicted = false
  /// How the rules see the sockets of the look.
  private(set) var view = SocketView()
  /// The sockets of the look by what the rules ask of them.
  private(set) var groups = SocketGroups()

  /// Which reuse options are tried beside the server's own.
  package enum Comparison: Sendable {
    case none
    /// SO_REUSEADDR and no options, which is what an explanation rests on.
    case withAndWithoutReuse
    /// Every combination.
    case all
  }

  init(target: BindTarget, _ comparison: Comparison) {
    self.target = target
    self.comparison = comparison
    snapshot = Snapshot(records: [], coverage: Coverage(origin: .sockDiag, isComplete: false, blindSpots: []))
  }

  /// Makes this snapshot, with what was found out about its sockets, the one that the trials are judged against.
  package mutating func take(
    _ snapshot: Snapshot, details: SocketDetailsTable = SocketDetailsTable(), scenario: Scenario = .present
  ) {
    self.snapshot = snapshot
    view = SocketView(
      details: details, knowsInterface: !snapshot.coverage.isBlind(to: .device), scenario: scenario)
    groups = SocketGroups(snapshot.records, view)
    predict()
  }

  /// Takes what was found out about the sockets of the look.
  mutating func take(_ details: SocketDetailsTable) {
    guard details != view.details else { return }
    take(snapshot, details: details, scenario: view.scenario)
  }

  /// Where nothing was bound the outcome itself is what the table predicts.
  private mutating func predict() {
    guard !isPredicted else { return }
    for index in trials.indices { trials[index].prediction = conflict(with: trials[index]).prediction }
  }

  private func conflict(with trial: Trial) -> ConflictRules.Conflict {
    conflict(with: newSocket(of: trial))
  }

  /// What all sockets on the port, listed or not, mean for a new one: what is not seen is never free.
  func conflict(with new: NewSocket) -> ConflictRules.Conflict {
    let listed = groups.conflict(with: new)
    guard snapshot.coverage.isBlind(to: .boundNotListening) else { return listed }
    return listed.joined(with: .depends(.boundNotListening))
  }

  /// What the trial's socket is to the rules.
  func newSocket(of trial: Trial) -> NewSocket {
    target.newSocket(at: trial.socket.address, options: trial.socket.options)
  }

  /// A trial of the server's own was not ok.
  package var isRefused: Bool { trials.contains { $0.usesServerOptions && $0.outcome != .ok } }
}

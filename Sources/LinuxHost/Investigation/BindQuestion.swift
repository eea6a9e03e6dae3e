package import Diagnosis
package import SocketTable

/// What is asked about a server's bind.
package struct BindQuestion: Sendable {
  package var target: BindTarget
  /// Which options are compared with the server's own.
  package var comparison: TrialSession.Comparison
  /// Nothing is bound: the answer is derived from the socket table.
  package var isPredicted: Bool
  /// Of which sockets in the way SO_REUSEADDR and SO_REUSEPORT are read, where that is permitted.
  package var reuseOptions: ReuseOptionsChoice
  /// With `BindTarget.isAfterStop`: the server is taken to be what listens on the port, restarted, where that can be read.
  package var takesListeners = false
  /// The user to bind as; nil is this process's own.
  package var user: User?
  /// A trial that listens may take connections from what listens on the port already.
  package var mayTakeConnections: Bool
  /// Whether anybody reads an explanation: owners and settings are looked for only then.
  package var wantsExplanation: Bool
  /// Whether anybody reads that a UDP socket has the number.
  package var looksAtOtherProtocols: Bool
  /// Until when owners are looked for; see `OwnerSearch.details`.
  package var ownersDeadline: Int64?

  package init(
    _ target: BindTarget, comparison: TrialSession.Comparison = .withAndWithoutReuse,
    isPredicted: Bool = false, reuseOptions: ReuseOptionsChoice = .none, user: User? = nil,
    mayTakeConnections: Bool = false, wantsExplanation: Bool = true, looksAtOtherProtocols: Bool = false
  ) {
    self.target = target
    self.comparison = comparison
    self.isPredicted = isPredicted
    self.reuseOptions = reuseOptions
    self.user = user
    self.mayTakeConnections = mayTakeConnections
    self.wantsExplanation = wantsExplanation
    self.looksAtOtherProtocols = looksAtOtherProtocols
  }
}

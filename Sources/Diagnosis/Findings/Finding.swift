package import SocketTable

/// One statement about why a bind is answered as it is. It holds the facts; `Reports` has the words. The raw values of
/// severity and certainty stand in JSON.
package struct Finding: Equatable, Sendable {
  package enum Severity: String, Sendable, CaseIterable {
    /// Nothing has to be done.
    case info
    /// It may keep a server from starting, or is worth a look.
    case warning
    /// It keeps the server from starting, or would after the assumed stop.
    case error
  }

  package enum Certainty: String, Sendable, CaseIterable {
    case certain
    /// It is inferred, and something that was not seen could be the reason instead.
    case likely
    /// It depends on something unknown.
    case possible
  }

  /// The evidence that can be shown to the user.
  package enum Exhibit: Equatable, Sendable {
    case nothing
    case sockets(SocketSample)
    case processes([SocketOwner])
    case settings([ChangedSetting])
  }

  package let kind: Kind
  package var severity: Severity
  package var certainty: Certainty
  package let evidence: Exhibit
  /// Those that free the port come first, from the least to the most destructive; see `Remedy.ordered`.
  package var remedies: [Remedy]
  /// What was not seen, and could change the finding or say more about it.
  package let unseen: [Unseen]

  package var slug: Slug { kind.slug }

  package init(
    _ kind: Kind, _ severity: Severity = .error, _ certainty: Certainty = .certain,
    evidence: Exhibit = .nothing, remedies: [Remedy] = [], unseen: [Unseen] = []
  ) {
    self.kind = kind
    self.severity = severity
    self.certainty = certainty
    self.evidence = evidence
    self.remedies = Remedy.ordered(remedies)
    self.unseen = unseen
  }
}

/// A few of many sockets.
package struct SocketSample: Equatable, Sendable {
  /// The sockets to show, the longest timer first.
  package let records: [SocketRecord]
  /// The number of all the sockets, including those that are not shown.
  package let total: Int

  package init(_ records: [SocketRecord], of total: Int) {
    self.records = records
    self.total = total
  }
}

/// A kernel setting that differs from its default, with its value.
package enum ChangedSetting: Equatable, Sendable {
  /// net.ipv4.tcp_tw_reuse.
  case timeWaitReuse(Int)
  /// net.ipv4.tcp_fin_timeout, in seconds.
  case finTimeout(Int)
}

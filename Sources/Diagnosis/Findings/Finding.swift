package import SocketTable

/// One statement about why a bind is answered as it is. It holds what there is to say; Reports finds the words.
package struct Finding: Equatable, Sendable {
  package enum Severity: String, Sendable {
    case info
    case warning
    case error
  }

  package enum Certainty: String, Sendable {
    case certain
    case likely
    case possible
  }

  /// What it rests on and can be shown.
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
  /// From the least to the most destructive.
  package var remedies: [Remedy]
  /// What could decide otherwise, or say more, and was not seen.
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
    self.remedies = remedies
    self.unseen = unseen
  }
}

/// A few of many sockets.
package struct SocketSample: Equatable, Sendable {
  /// Those to show, as the kernel lists them: the longest timer first.
  package let records: [SocketRecord]
  /// How many there are, with those that are not shown.
  package let total: Int

  package init(_ records: [SocketRecord], of total: Int) {
    self.records = records
    self.total = total
  }
}

/// A kernel setting whose value is not the default.
package enum ChangedSetting: Equatable, Sendable {
  /// net.ipv4.tcp_tw_reuse.
  case timeWaitReuse(Int)
  /// net.ipv4.tcp_fin_timeout, in seconds.
  case finTimeout(Int)
}

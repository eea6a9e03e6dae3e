package import SocketTable

/// The answer about every listener of a host: would its server bind at once if it was restarted now, and what else is wrong
/// with it. The verdicts are those of a prediction after a stop (`BindTarget.isAfterStop`), for one server at a time: others on
/// the same port stay.
package struct Audit: Sendable {
  /// The worst come first, then by port and address.
  package let listeners: [AuditedListener]
  package let coverage: Coverage
  package let details: SocketDetailsTable
  package let settings: HostSettings
  package let namespace: NamespaceReference?
  /// See `AuditEvidence.hasDoubtful`.
  package let hasDoubtful: Bool
  /// See `AuditEvidence.lacksUnit`.
  package let lacksUnit: Bool

  package init(_ evidence: AuditEvidence) {
    coverage = evidence.snapshot.coverage
    details = evidence.details
    settings = evidence.settings
    namespace = evidence.namespace
    hasDoubtful = evidence.hasDoubtful
    lacksUnit = evidence.lacksUnit
    let asked = Set(evidence.asked)
    let ports = Set(evidence.asked.lazy.map { evidence.snapshot.records[$0].localPort })
    var onPort: [UInt16: [Int]] = [:]
    for (index, record) in evidence.snapshot.records.enumerated() where ports.contains(record.localPort) {
      onPort[record.localPort, default: []].append(index)
    }
    var listeners: [AuditedListener] = []
    for indices in onPort.values { listeners += PortAudit(evidence, indices).listeners(asked) }
    self.listeners = listeners.sorted { left, right in
      if left.rank != right.rank { return left.rank < right.rank }
      let (own, other) = (left.record, right.record)
      if own.localPort != other.localPort { return own.localPort < other.localPort }
      return own.local.address != other.local.address
        ? own.local.address < other.local.address : own.inode < other.inode
    }
  }

  package func count(_ restart: AuditedListener.Restart) -> Int { listeners.count { $0.restart == restart } }

  /// Of all listeners together. Incomplete answers are never a yes.
  package var verdict: BindVerdict {
    if count(.no) > 0 { return .no }
    if !coverage.isComplete || hasDoubtful || count(.unknown) > 0 { return .unknown }
    return count(.depends) > 0 ? .depends : .yes
  }
}

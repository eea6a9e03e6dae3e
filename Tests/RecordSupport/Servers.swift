import Diagnosis
import SocketTable

extension BindTarget {
  /// A server on port 9527 that names no address, or these.
  package static func server(
    _ options: SocketOptions = [], on addresses: [BindAddress] = [], port: UInt16 = 9527,
    listens: Bool = false,
    uid: UInt32 = 0
  ) -> BindTarget {
    BindTarget(
      port: port, addresses: addresses.isEmpty ? [.anyIPv4, .anyIPv6] : addresses,
      areAlternatives: addresses.isEmpty,
      options: options, listens: listens, uid: uid)
  }
}

extension BindAddress {
  package static let anyIPv4 = BindAddress(.anyIPv4)
  package static let anyIPv6 = BindAddress(.anyIPv6)
  package static let anyIPv6Only = BindAddress(.anyIPv6, v6Only: true)
  package static let loopback = BindAddress(.loopback)
  package static let loopbackIPv6 = BindAddress(.loopbackIPv6)
}

extension Coverage {
  package static let netlink = Coverage(origin: .sockDiag, isComplete: true, blindSpots: [])
  package static let proc = Coverage(
    origin: .procNet, isComplete: true, blindSpots: [.boundNotListening, .v6Only, .cgroup, .device])
}

/// The whole way from sockets to a diagnosis, with a kernel that plays by the rules or by a script.
package struct Diagnosing {
  package var holders: [Holder]
  package var target = BindTarget.server()
  package var settings = HostSettings()
  package var coverage = Coverage.netlink
  package var details = SocketDetailsTable()
  package var namespace: NamespaceReference?
  package var otherNamespaces: [OtherNamespace] = []
  package var script: (Int, TrialSocket) -> TrialOutcome? = { _, _ in nil }

  package init(
    _ holders: [Holder] = [], _ target: BindTarget = .server(), settings: HostSettings = HostSettings(),
    coverage: Coverage = .netlink, script: @escaping (Int, TrialSocket) -> TrialOutcome? = { _, _ in nil }
  ) {
    self.holders = holders
    self.target = target
    self.settings = settings
    self.coverage = coverage
    self.script = script
  }

  package func session() throws(ProbeFailed) -> TrialSession {
    var kernel = FakeKernel(holders, uid: target.uid, script: script)
    return try TrialSession.run(target, prober: &kernel) { () throws(ProbeFailed) in
      // A source does not list what it is blind to.
      let isBlind = coverage.isBlind(to: .boundNotListening)
      return Snapshot(
        records: holders.map(\.record).filter { !(isBlind && $0.state == .bound) }, coverage: coverage)
    }
  }

  package func result() throws(ProbeFailed) -> BindDiagnosis {
    BindDiagnosis(
      BindEvidence(
        try session(), settings: settings, details: details, namespace: namespace,
        otherNamespaces: otherNamespaces))
  }
}

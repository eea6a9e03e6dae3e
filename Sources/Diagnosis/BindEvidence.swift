package import SocketTable

/// All that an answer about one server's bind rests on. Complete when it is made; a watch is a sequence of them.
package struct BindEvidence: Sendable {
  /// What was asked, what the kernel answered, and the look at the port that belongs to the answers.
  package let session: TrialSession
  /// What was found out about sockets of the look beyond their records.
  package let details: SocketDetailsTable
  package let settings: HostSettings
  /// The network namespace that was asked about, if it is not this process's own.
  package let namespace: NamespaceReference?
  /// Others, looked for only where nothing in this one accounts for the answer.
  package let otherNamespaces: [OtherNamespace]

  package init(
    _ session: TrialSession, settings: HostSettings, details: SocketDetailsTable = SocketDetailsTable(),
    namespace: NamespaceReference? = nil, otherNamespaces: [OtherNamespace] = []
  ) {
    var session = session
    session.take(details)
    self.session = session
    self.settings = settings
    self.details = details
    self.namespace = namespace
    self.otherNamespaces = otherNamespaces
  }
}

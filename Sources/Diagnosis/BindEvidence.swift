package import SocketTable

/// All that an answer about one server's bind rests on. It is complete when it is made; `trybind --watch` makes one at each
/// interval.
package struct BindEvidence: Sendable {
  /// What was asked, what the kernel answered, and the look at the port that belongs to the answers.
  package let session: TrialSession
  /// What was found out about sockets of the look beyond their records, such as owners and socket options.
  package let details: SocketDetailsTable
  package let settings: HostSettings
  /// The network namespace that was asked about; nil for this process's own.
  package let namespace: NamespaceReference?
  /// The other network namespaces of the host. They are looked for only where no socket in this one accounts for a refusal;
  /// otherwise this is empty.
  package let otherNamespaces: [OtherNamespace]
  /// Nil where nobody looked, or it could not be seen.
  package let otherProtocols: OtherProtocols?

  package init(
    _ session: TrialSession, settings: HostSettings, details: SocketDetailsTable = SocketDetailsTable(),
    namespace: NamespaceReference? = nil, otherNamespaces: [OtherNamespace] = [],
    otherProtocols: OtherProtocols? = nil
  ) {
    var session = session
    session.take(details)
    self.session = session
    self.settings = settings
    self.details = details
    self.namespace = namespace
    self.otherNamespaces = otherNamespaces
    self.otherProtocols = otherProtocols
  }
}

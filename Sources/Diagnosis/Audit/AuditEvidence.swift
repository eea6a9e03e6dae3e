package import SocketTable

/// All that an audit of listeners rests on.
package struct AuditEvidence: Sendable {
  /// Every socket on the ports that somebody listens on.
  package var snapshot: Snapshot
  /// The listeners that were asked about, by their index in the look.
  package var asked: [Int]
  /// How listeners were set up, by their index in the look. It is missing where that could not be read.
  package var sockets: [Int: ServerSocket]
  package var details: SocketDetailsTable
  package var settings: HostSettings
  /// The network namespace that was asked about; nil for this process's own.
  package var namespace: NamespaceReference?
  /// Listeners were left out of which it could not be told whether they were asked about.
  package var hasDoubtful = false
  /// Nothing tells that there is a unit of the name that was asked about: neither a process in it nor a unit file.
  package var lacksUnit = false

  package init(
    _ snapshot: Snapshot, asked: [Int], sockets: [Int: ServerSocket], details: SocketDetailsTable,
    settings: HostSettings, namespace: NamespaceReference? = nil
  ) {
    self.snapshot = snapshot
    self.asked = asked
    self.sockets = sockets
    self.details = details
    self.settings = settings
    self.namespace = namespace
  }
}

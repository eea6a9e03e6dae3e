package import SocketTable

/// Turns the records of a look into sockets as the rules see them: with the details that were found out about them, and
/// under the assumption of a scenario.
package struct SocketView: Sendable {
  var details: SocketDetailsTable
  /// Whether the source of the records tells interfaces.
  let knowsInterface: Bool
  /// Whether ::ffff:0.0.0.0 is surely a wildcard for this kernel.
  let knowsMappedWildcard: Bool
  let scenario: Scenario

  package init(
    details: SocketDetailsTable = SocketDetailsTable(), knowsInterface: Bool = true,
    knowsMappedWildcard: Bool = true, scenario: Scenario = .present
  ) {
    self.details = details
    self.knowsInterface = knowsInterface
    self.knowsMappedWildcard = knowsMappedWildcard
    self.scenario = scenario
  }

  /// Whether the rules depend on the records alone: the options of none is known, and nothing is assumed.
  var isPlain: Bool { !details.knowsReuseOptions && !scenario.isAssumed }

  func fate(of record: SocketRecord) -> Scenario.Fate { scenario.fate(of: record, details) }

  /// Nil if the scenario ends the socket.
  package func socket(_ record: SocketRecord) -> ExistingSocket? {
    guard !isPlain else {
      return ExistingSocket(
        record, knowsInterface: knowsInterface, knowsMappedWildcard: knowsMappedWildcard)
    }
    var socket = ExistingSocket(
      record, KnownReuseOptions(record, details[record]),
      knowsInterface: knowsInterface, knowsMappedWildcard: knowsMappedWildcard)
    guard scenario.isAssumed else { return socket }
    let fate = fate(of: record)
    if fate == .ends { return nil }
    if record.hasPeer, let inherited = scenario.inherited(by: record) {
      socket.reuse.reuseAddress = socket.reuse.reuseAddress ?? inherited.reuse.reuseAddress
      socket.reuse.reusePort = socket.reuse.reusePort ?? inherited.reuse.reusePort
      if fate == .becomesTimeWait {
        socket.isMinisocket = true
        socket.uid = nil
        socket.v6Only = record.v6Only ?? inherited.v6Only
      }
    }
    return socket
  }
}

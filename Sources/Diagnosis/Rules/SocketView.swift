package import SocketTable

/// How the rules see the records of a look: with what was found out beyond them, and as a scenario has them.
package struct SocketView: Sendable {
  let details: SocketDetailsTable
  /// False where the source does not tell interfaces.
  let knowsInterface: Bool
  let scenario: Scenario

  package init(
    details: SocketDetailsTable = SocketDetailsTable(), knowsInterface: Bool = true,
    scenario: Scenario = .present
  ) {
    self.details = details
    self.knowsInterface = knowsInterface
    self.scenario = scenario
  }

  /// Nothing is known but the records, and nothing is assumed.
  var isPlain: Bool { details.isEmpty && !scenario.isAssumed }

  func fate(of record: SocketRecord) -> Scenario.Fate { scenario.fate(of: record, details) }

  /// Nil where the scenario ends it.
  package func socket(_ record: SocketRecord) -> ExistingSocket? {
    guard !isPlain else { return ExistingSocket(record, knowsInterface: knowsInterface) }
    let known = details[record]
    var socket = ExistingSocket(
      record, KnownReuseOptions(reuseAddress: known?.reuseAddress, reusePort: known?.reusePort),
      knowsInterface: knowsInterface)
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

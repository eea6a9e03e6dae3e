/// The sockets that a filter passed when the table was read, and how far that reading can be trusted.
package struct Snapshot: Sendable {
  /// In the order of the source.
  package var records: [SocketRecord]
  package var coverage: Coverage
  /// The kernel does not list sockets that are only bound: they were looked for in all processes.
  package var hasSearchedProcesses = false
  /// Some of them are bound to ::ffff:0.0.0.0, and for this kernel that is perhaps no wildcard.
  package var hasDoubtfulWildcard = false

  package init(records: [SocketRecord], coverage: Coverage) {
    self.records = records
    self.coverage = coverage
  }
}

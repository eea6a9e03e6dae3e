/// The sockets that a filter passed when the table was read, and how far that reading can be trusted.
package struct Snapshot: Sendable {
  /// In the order of the source.
  package var records: [SocketRecord]
  package var look: Look

  package init(records: [SocketRecord], look: Look) {
    self.records = records
    self.look = look
  }
}

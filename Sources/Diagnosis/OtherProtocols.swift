package import SocketTable

/// UDP sockets whose own port is the number that was asked about. They stand in no TCP server's way, as each protocol counts
/// its ports for itself.
package struct OtherProtocols: Equatable, Sendable {
  package let records: [SocketRecord]
  /// Owners of the first `searched` of them, by a quick look.
  package let details: SocketDetailsTable

  /// Of more sockets nobody reads the names.
  package static let searched = 64

  package init(_ records: [SocketRecord], _ details: SocketDetailsTable = SocketDetailsTable()) {
    self.records = records
    self.details = details
  }
}

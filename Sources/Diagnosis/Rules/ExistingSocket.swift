package import SocketTable

/// SO_REUSEADDR and SO_REUSEPORT of a socket that exists, as far as they are known; nil is unknown.
package struct KnownReuseOptions: Hashable, Sendable {
  package var reuseAddress: Bool?
  package var reusePort: Bool?

  package init(reuseAddress: Bool? = nil, reusePort: Bool? = nil) {
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
  }

  package init(_ options: SocketOptions) {
    self.init(reuseAddress: options.contains(.reuseAddress), reusePort: options.contains(.reusePort))
  }
}

/// A socket that exists, with all that the rules of bind(2) ask of it; nil is unknown.
package struct ExistingSocket: Hashable, Sendable {
  package var address: IPAddress
  package var isListening: Bool
  /// Kept by a timer alone: its user does not matter any more.
  package var isMinisocket: Bool
  /// False for a connection request, which holds nothing of its own: its listener does.
  package var isInBindTable: Bool
  package var v6Only: Bool?
  /// 0 is none; nil where the source does not tell.
  package var interface: UInt32?
  package var uid: UInt32?
  package var reuse: KnownReuseOptions

  /// - Parameter knowsInterface: false where the source does not tell interfaces.
  package init(
    _ record: SocketRecord, _ reuse: KnownReuseOptions = KnownReuseOptions(), knowsInterface: Bool = true
  ) {
    address = record.local.address
    isListening = record.state == .listen
    isMinisocket = record.isMinisocket
    isInBindTable = !(record.state == .synReceived && record.inode == 0)
    // bind(2) to a real IPv6 address sets IPV6_V6ONLY as well. Connections inherit it, but nobody tells whether theirs
    // was a listener on that address or on [::].
    v6Only = record.v6Only ?? (record.state.hasNoPeer && !record.local.address.isUnspecified ? true : nil)
    interface = knowsInterface ? record.interface : nil
    uid = record.uid
    self.reuse = reuse
  }

  /// A socket that was bound as `new`, and perhaps made to listen.
  package init(_ new: NewSocket, isListening: Bool) {
    address = new.address
    self.isListening = isListening
    isMinisocket = false
    isInBindTable = true
    v6Only = new.v6Only || new.address.ipv4 == nil && !new.address.isUnspecified
    interface = new.interface
    uid = new.uid
    reuse = KnownReuseOptions(new.options)
  }
}

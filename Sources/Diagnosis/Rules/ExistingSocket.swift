package import SocketTable

/// SO_REUSEADDR and SO_REUSEPORT of a socket that exists, as far as they are known; nil is unknown.
package struct KnownReuseOptions: Hashable, Sendable {
  package var reuseAddress: Bool?
  package var reusePort: Bool?

  package init(reuseAddress: Bool? = nil, reusePort: Bool? = nil) {
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
  }

  /// Those that the record has, and otherwise these.
  init(_ record: SocketRecord, besides others: KnownReuseOptions) {
    self.init(
      reuseAddress: record.reuseAddress ?? others.reuseAddress,
      reusePort: record.reusePort ?? others.reusePort)
  }

  /// Those of the record, and where it has none those that its owner told.
  package init(_ record: SocketRecord, _ details: SocketDetails?) {
    self.init(
      record, besides: Self(reuseAddress: details?.reuseAddress, reusePort: details?.reusePort))
  }

  package init(_ options: SocketOptions) {
    self.init(reuseAddress: options.contains(.reuseAddress), reusePort: options.contains(.reusePort))
  }
}

/// A socket that exists, with the properties that matter to the rules of bind(2); nil is unknown.
package struct ExistingSocket: Hashable, Sendable {
  package var address: IPAddress
  package var isListening: Bool
  /// Whether a timer alone keeps it. Its user does not matter to the rules then.
  package var isMinisocket: Bool
  /// False for a connection request (SYN_RECV), which holds no port itself: its listener does.
  package var isInBindTable: Bool
  /// IPV6_V6ONLY.
  package var v6Only: Bool?
  /// Index of the interface it is tied to; 0 is none.
  package var interface: UInt32?
  package var uid: UInt32?
  /// Whether it is in the way of each v4-mapped address where it is bound to ::ffff:0.0.0.0: not for every kernel. True at any
  /// other address.
  package var holdsMapped: Bool?
  package var reuse: KnownReuseOptions

  /// - Parameters:
  ///   - knowsInterface: whether the source of the record tells interfaces.
  ///   - knowsMappedWildcard: whether ::ffff:0.0.0.0 is surely a wildcard for this kernel.
  package init(
    _ record: SocketRecord, _ reuse: KnownReuseOptions = KnownReuseOptions(), knowsInterface: Bool = true,
    knowsMappedWildcard: Bool = true
  ) {
    address = record.local.address
    isListening = record.state == .listen
    isMinisocket = record.isMinisocket
    isInBindTable = !(record.state == .synReceived && record.inode == 0)
    // bind(2) to a specific IPv6 address sets IPV6_V6ONLY as well. A connection inherits the option from its listener, but
    // whether that listened on this address or on [::] is not known.
    v6Only = record.v6Only ?? (record.state.hasNoPeer && !record.local.address.isUnspecified ? true : nil)
    interface = knowsInterface ? record.interface : nil
    uid = record.uid
    holdsMapped = knowsMappedWildcard || !record.local.address.isMappedWildcard ? true : nil
    self.reuse = KnownReuseOptions(record, besides: reuse)
  }

  /// A socket that was bound like `new`.
  package init(_ new: NewSocket, isListening: Bool) {
    address = new.address
    self.isListening = isListening
    isMinisocket = false
    isInBindTable = true
    v6Only = new.v6Only || new.address.ipv4 == nil && !new.address.isUnspecified
    interface = new.interface
    uid = new.uid
    holdsMapped = true
    reuse = KnownReuseOptions(new.options)
  }
}

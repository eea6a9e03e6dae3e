package import NetlinkCodec
package import SocketTable

/// SO_REUSEADDR and SO_REUSEPORT of socket(7).
package struct SocketOptions: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let reuseAddress = SocketOptions(rawValue: 1)
  package static let reusePort = SocketOptions(rawValue: 2)

  /// "SO_REUSEADDR", "SO_REUSEPORT", in this order.
  package var names: [String] {
    (contains(.reuseAddress) ? ["SO_REUSEADDR"] : []) + (contains(.reusePort) ? ["SO_REUSEPORT"] : [])
  }
}

/// An address that a server binds.
package struct BindAddress: Hashable, Sendable {
  package var address: IPAddress
  /// IPV6_V6ONLY. A socket without it on [::] takes IPv4 too.
  package var v6Only: Bool
  /// The interface of a link-local address; 0 and "" are none.
  package var scope: UInt32
  package var scopeName: String

  package init(_ address: IPAddress, v6Only: Bool = false, scope: UInt32 = 0, scopeName: String = "") {
    self.address = address
    self.v6Only = v6Only
    self.scope = scope
    self.scopeName = scopeName
  }

  /// "0.0.0.0", "[::]", "[fe80::1%eth0]".
  package var text: String {
    guard address.family == .ipv6 else { return address.text }
    let zone = scopeName.isEmpty ? "" : "%\(scopeName)"
    return "[\(address.text)\(zone)]"
  }

  package func text(port: UInt16) -> String { "\(text):\(port)" }

  /// How much a bind to this address covers, for the order of trials: more first.
  var breadth: Int {
    guard address.isUnspecified else { return 0 }
    if address.family == .ipv4 { return 1 }
    return v6Only ? 2 : 3
  }
}

/// The server whose bind is asked about.
package struct BindTarget: Sendable {
  package var transport = TransportProtocol.tcp
  /// 0 lets the kernel choose.
  package var port: UInt16
  package var addresses: [BindAddress]
  /// No address was named: any one of `addresses` may be the server's. Otherwise the server binds them all.
  package var areAlternatives: Bool
  package var options: SocketOptions
  /// SO_BINDTODEVICE; nil is none.
  package var interface: String?
  /// 0 if there is no such interface.
  package var interfaceIndex: UInt32
  package var listens: Bool
  package var uid: UInt32
  /// Tried for comparison, and not the server's own.
  package var comparedAddresses: [BindAddress] = []
  /// The question is what a restart would be answered: as if the present listeners on the port were closed.
  package var isAfterStop = false
  /// The user the server runs as, where it is not the caller.
  package var asUID: UInt32?

  package init(
    port: UInt16, addresses: [BindAddress], areAlternatives: Bool, options: SocketOptions = [],
    interface: String? = nil, interfaceIndex: UInt32 = 0, listens: Bool = false, uid: UInt32 = 0
  ) {
    self.port = port
    self.addresses = addresses
    self.areAlternatives = areAlternatives
    self.options = options
    self.interface = interface
    self.interfaceIndex = interfaceIndex
    self.listens = listens
    self.uid = uid
  }

  /// Adds the addresses that a comparison is most telling at, unless the server names its own.
  package mutating func addRows(_ family: SocketFilter.Family) {
    guard areAlternatives else { return }
    let rows = [
      BindAddress(.anyIPv4), BindAddress(IPAddress(ipv4: 0x7f00_0001)), BindAddress(.anyIPv6),
      BindAddress(.anyIPv6, v6Only: true), BindAddress(IPAddress(ipv6High: 0, low: 1), v6Only: true),
    ]
    comparedAddresses = rows.filter { row in
      let isMeant = family == .any || (row.address.ipv4 != nil) == (family == .ipv4)
      return isMeant && !addresses.contains(row)
    }
  }

  /// The first of the server's addresses that cannot be bound, or listened on, once its earlier sockets listen. bind() may
  /// allow it: SO_REUSEADDR on both sides is enough as long as neither listens. Nil where all can listen side by side.
  package var addressKeptFromListening: BindAddress? {
    guard !areAlternatives, port != 0 else { return nil }
    return addresses.indices.lazy.filter { index in
      isKeptOut(addresses[index], by: addresses[..<index], listening: true)
    }.first.map { addresses[$0] }
  }

  /// Sockets of this server at other addresses stand in the way of the one at `address`.
  func isKeptOut(
    _ address: BindAddress, by others: some Sequence<BindAddress>, listening areListening: Bool
  ) -> Bool {
    let new = newSocket(at: address)
    return others.contains { other in
      let own = ExistingSocket(newSocket(at: other), isListening: areListening)
      return ConflictRules.conflict(of: own, with: new) == .certain
    }
  }

  /// The socket of this server at one address, with other reuse options where they are given.
  package func newSocket(at address: BindAddress, options: SocketOptions? = nil) -> NewSocket {
    NewSocket(
      address: address.address, v6Only: address.v6Only,
      // The kernel ties a socket to the interface of a link-local address.
      interface: interface != nil ? interfaceIndex : address.address.isLinkLocal ? address.scope : 0,
      options: options ?? self.options, uid: uid)
  }
}

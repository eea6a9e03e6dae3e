package import NetlinkCodec
package import SocketTable

/// The two reuse options of socket(7), SO_REUSEADDR and SO_REUSEPORT, which decide whether sockets may share a port. The
/// other options that matter to bind(2) are properties of their own: `v6Only`, and `interface` for SO_BINDTODEVICE.
package struct SocketOptions: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let reuseAddress = SocketOptions(rawValue: 1)
  package static let reusePort = SocketOptions(rawValue: 2)

  /// The names of the options in C, SO_REUSEADDR first.
  package var names: [String] {
    (contains(.reuseAddress) ? ["SO_REUSEADDR"] : []) + (contains(.reusePort) ? ["SO_REUSEPORT"] : [])
  }
}

/// An address that a server binds, with what belongs to the address and not to the server.
package struct BindAddress: Hashable, Sendable {
  package var address: IPAddress
  /// IPV6_V6ONLY. A socket on [::] without it takes IPv4 as well.
  package var v6Only: Bool
  /// Index of the interface of a link-local address; 0 is none.
  package var scope: UInt32
  /// The name of that interface; empty for none.
  package var scopeName: String

  package init(_ address: IPAddress, v6Only: Bool = false, scope: UInt32 = 0, scopeName: String = "") {
    self.address = address
    self.v6Only = v6Only
    self.scope = scope
    self.scopeName = scopeName
  }

  /// The address as it is shown: "0.0.0.0", "[::]", "[fe80::1%eth0]".
  package var text: String {
    guard address.family == .ipv6 else { return address.text }
    let zone = scopeName.isEmpty ? "" : "%\(scopeName)"
    return "[\(address.text)\(zone)]"
  }

  package func text(port: UInt16) -> String { "\(text):\(port)" }

  /// How much a bind to this address covers. Trials with more breadth are made earlier.
  var breadth: Int {
    guard address.isUnspecified else { return 0 }
    if address.family == .ipv4 { return 1 }
    return v6Only ? 2 : 3
  }
}

/// The server whose bind is asked about, with all names looked up.
package struct BindTarget: Sendable {
  package var transport = TransportProtocol.tcp
  /// 0 lets the kernel choose a port.
  package var port: UInt16
  /// In the order in which the server binds them.
  package var addresses: [BindAddress]
  /// True if no address was named, so that any one of `addresses` may be the server's. False if the server binds them all.
  package var areAlternatives: Bool
  package var options: SocketOptions
  /// The interface for SO_BINDTODEVICE; nil is none.
  package var interface: String?
  /// The index of `interface`; 0 if there is none, or none of that name.
  package var interfaceIndex: UInt32
  /// Whether trials call listen(2), too.
  package var listens: Bool
  /// The user who binds.
  package var uid: UInt32
  /// Addresses that are tried for comparison and are not the server's own.
  package var comparedAddresses: [BindAddress] = []
  /// Whether the question is about a restart: whether the server could bind if the present listeners on the port were
  /// stopped now.
  package var isAfterStop = false
  /// The user that was named as the server's (`--as-user`), or who made the sockets that it was taken from; nil for the caller.
  package var asUID: UInt32?
  /// Whether its sockets are made for Multipath TCP (IPPROTO_MPTCP).
  package var isMultipath = false
  /// Whether its addresses need not be those of this host (IP_FREEBIND).
  package var isFreeBind = false
  package var origin = Origin.described

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

  /// Addresses that are hardly ever used, for a bind that is to succeed: one on loopback, and one that is kept for documents
  /// (RFC 3849), as IPv6 has a single address on loopback.
  static let spareAddresses = [
    BindAddress(IPAddress(ipv4: 0x7fff_fffe)),
    BindAddress(IPAddress(ipv6High: 0x2001_0db8_7477_0000, low: 1)),
  ]

  /// Adds the wildcard and loopback addresses of these families as `comparedAddresses`. Does nothing if the server names
  /// its own addresses.
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

  /// The first of the server's addresses that cannot be bound, or cannot listen, once the server's earlier sockets listen.
  /// bind(2) may allow it, because with SO_REUSEADDR both can be bound as long as neither listens. Nil if all can listen
  /// side by side.
  package var addressKeptFromListening: BindAddress? {
    guard !areAlternatives, port != 0 else { return nil }
    var own = OwnSockets(of: self, listening: true)
    return addresses.first { address in
      if own.keepOut(address) { return true }
      own.add(address)
      return false
    }
  }

  /// The server's socket at one address, as the rules see it.
  ///
  /// - Parameter options: reuse options in place of the server's own; nil for its own.
  package func newSocket(at address: BindAddress, options: SocketOptions? = nil) -> NewSocket {
    NewSocket(
      address: address.address, v6Only: address.v6Only,
      // The kernel ties a socket to the interface of a link-local address.
      interface: interface != nil ? interfaceIndex : address.address.isLinkLocal ? address.scope : 0,
      options: options ?? self.options, uid: uid)
  }
}

internal import SocketTable

/// Tells apart only the addresses that matter: of fifty thousand sockets at as many addresses each is in the way of the same
/// new sockets, if none of these has such an address itself.
struct AddressDistinction {
  private let asked: Set<IPAddress>
  /// Each stands for every address of its kind that is no wildcard, and at which no new socket is asked about.
  private var others: (ipv4: IPAddress?, mapped: IPAddress?, ipv6: IPAddress?)

  /// - Parameter addresses: those of the new sockets.
  init(_ addresses: some Sequence<IPAddress>) {
    asked = Set(addresses.lazy.filter { !$0.isWildcard }.map(\.unmapped))
  }

  mutating func representative(of address: IPAddress) -> IPAddress {
    if address.isWildcard || !asked.isEmpty && asked.contains(address.unmapped) { return address }
    if address.family == .ipv4 { return Self.first(&others.ipv4, address) }
    return address.isV4Mapped ? Self.first(&others.mapped, address) : Self.first(&others.ipv6, address)
  }

  private static func first(_ known: inout IPAddress?, _ address: IPAddress) -> IPAddress {
    if let known { return known }
    known = address
    return address
  }
}

extension IPAddress {
  /// 0.0.0.0, ::ffff:0.0.0.0 or ::, which overlap other addresses.
  var isWildcard: Bool { isUnspecified || isMappedWildcard }

  /// To the rules an IPv4 address and the same one v4-mapped are one.
  var unmapped: IPAddress { ipv4.map { IPAddress(ipv4: $0) } ?? self }
}

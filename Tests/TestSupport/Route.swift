/// The addresses a server listens on, and the one its client connects to.
package enum Route: Sendable, CaseIterable {
  case ipv4
  case ipv4Wildcard
  case ipv6
  case ipv6OnlyWildcard
  /// A dual-stack [::] server reached over IPv6.
  case dualStackOverIPv6
  /// A dual-stack [::] server reached over IPv4: its connections are v4-mapped.
  case dualStackOverIPv4
  /// A server bound to ::ffff:127.0.0.1.
  case mapped

  package var listenAddress: String {
    switch self {
    case .ipv4: "127.0.0.1"
    case .ipv4Wildcard: "0.0.0.0"
    case .ipv6: "::1"
    case .ipv6OnlyWildcard, .dualStackOverIPv6, .dualStackOverIPv4: "::"
    case .mapped: "::ffff:127.0.0.1"
    }
  }

  package var connectAddress: String {
    switch self {
    case .ipv4, .ipv4Wildcard, .dualStackOverIPv4, .mapped: "127.0.0.1"
    case .ipv6, .ipv6OnlyWildcard, .dualStackOverIPv6: "::1"
    }
  }

  /// How the kernel names the server's end of a connection.
  package var connectionAddress: String {
    switch self {
    case .ipv4, .ipv4Wildcard: "127.0.0.1"
    case .ipv6, .ipv6OnlyWildcard, .dualStackOverIPv6: "::1"
    case .dualStackOverIPv4, .mapped: "::ffff:127.0.0.1"
    }
  }

  package var serverFamily: AddressFamily {
    switch self {
    case .ipv4, .ipv4Wildcard: .ipv4
    default: .ipv6
    }
  }

  package var clientFamily: AddressFamily {
    connectAddress == "::1" ? .ipv6 : .ipv4
  }

  package var needsIPv6: Bool { serverFamily == .ipv6 }

  /// Set explicitly, whatever net.ipv6.bindv6only says; nil where IPv4 alone is spoken.
  package var v6Only: Bool? {
    switch self {
    case .ipv4, .ipv4Wildcard: nil
    case .ipv6OnlyWildcard: true
    default: false
    }
  }

  /// The server's socket is IPv6, and its connections IPv4.
  package var isMapped: Bool { self == .dualStackOverIPv4 || self == .mapped }
}

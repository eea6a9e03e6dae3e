package enum AddressFamily: Hashable, Sendable {
  case ipv4
  case ipv6
}

/// An IPv4 or IPv6 address without a scope. A v4-mapped address is an IPv6 address.
package struct IPAddress: Hashable, Sendable {
  package let family: AddressFamily
  /// The upper and lower half in host order; an IPv4 address is the lowest 32 bits of `low`.
  package let high: UInt64
  package let low: UInt64

  package init(ipv4: UInt32) {
    family = .ipv4
    high = 0
    low = UInt64(ipv4)
  }

  package init(ipv6High: UInt64, low: UInt64) {
    family = .ipv6
    high = ipv6High
    self.low = low
  }

  package static let anyIPv4 = IPAddress(ipv4: 0)
  package static let anyIPv6 = IPAddress(ipv6High: 0, low: 0)

  /// 0.0.0.0 or ::.
  package var isUnspecified: Bool { high == 0 && low == 0 }

  /// ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2.
  package var isV4Mapped: Bool { family == .ipv6 && high == 0 && low >> 32 == 0xffff }

  /// The IPv4 address that this is or that is mapped into it.
  package var ipv4: UInt32? {
    family == .ipv4 || isV4Mapped ? UInt32(truncatingIfNeeded: low) : nil
  }

  /// fe80::/10, which means nothing without an interface.
  package var isLinkLocal: Bool { family == .ipv6 && high >> 54 == 0xfe80 >> 6 }

  /// ff00::/8 or 224.0.0.0/4.
  package var isMulticast: Bool {
    switch family {
    case .ipv4: low >> 28 == 0xe
    case .ipv6: high >> 56 == 0xff
    }
  }

  /// 127.0.0.0/8, mapped or not, or ::1.
  package var isLoopback: Bool {
    if let ipv4 { return ipv4 >> 24 == 127 }
    return high == 0 && low == 1
  }
}

package struct Endpoint: Hashable, Sendable {
  package let address: IPAddress
  package let port: UInt16

  package init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }
}

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then by number.
  package static func < (left: IPAddress, right: IPAddress) -> Bool {
    if left.family != right.family { return left.family == .ipv4 }
    return (left.high, left.low) < (right.high, right.low)
  }
}

extension Endpoint: Comparable {
  package static func < (left: Endpoint, right: Endpoint) -> Bool {
    (left.address, left.port) < (right.address, right.port)
  }
}

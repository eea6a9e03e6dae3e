/// An IPv4 or IPv6 address without a scope. A v4-mapped address is an IPv6 address.
package struct IPAddress: Hashable, Sendable {
  package let family: AddressFamily
  /// The first eight bytes of an IPv6 address as a number; 0 for an IPv4 address.
  package let high: UInt64
  /// The last eight bytes of an IPv6 address as a number, or the four of an IPv4 address.
  package let low: UInt64

  /// 127.0.0.1 is 0x7f00_0001.
  package init(ipv4: UInt32) {
    family = .ipv4
    high = 0
    low = UInt64(ipv4)
  }

  /// ::1 is `IPAddress(ipv6High: 0, low: 1)`.
  package init(ipv6High: UInt64, low: UInt64) {
    family = .ipv6
    high = ipv6High
    self.low = low
  }

  /// 0.0.0.0.
  package static let anyIPv4 = IPAddress(ipv4: 0)
  /// ::
  package static let anyIPv6 = IPAddress(ipv6High: 0, low: 0)

  /// 0.0.0.0 or ::
  package var isUnspecified: Bool { high == 0 && low == 0 }

  /// ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2.
  package var isV4Mapped: Bool { family == .ipv6 && high == 0 && low >> 32 == 0xffff }

  /// ::ffff:0.0.0.0.
  package var isMappedWildcard: Bool { family == .ipv6 && high == 0 && low == 0xffff_0000_0000 }

  /// The IPv4 address that this is or that is mapped into it; nil for any other IPv6 address.
  package var ipv4: UInt32? {
    family == .ipv4 || isV4Mapped ? UInt32(truncatingIfNeeded: low) : nil
  }

  /// fe80::/10, which names nothing without an interface. False for IPv4.
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

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then by number.
  package static func < (left: IPAddress, right: IPAddress) -> Bool {
    if left.family != right.family { return left.family == .ipv4 }
    return (left.high, left.low) < (right.high, right.low)
  }
}

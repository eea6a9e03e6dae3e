internal import SocketTable

/// /proc/net/if_inet6: address, index, prefix length, scope and flags in hexadecimal, and the device's name.
enum IPv6Addresses {
  /// IFA_F_TENTATIVE of linux/if_addr.h, which remains set where duplicate address detection has failed.
  private static let tentativeFlag: UInt32 = 0x40

  /// Tentative addresses, which cannot be bound; none where the file cannot be read.
  static func tentative() -> [IPAddress] {
    guard let bytes = try? readFile("/proc/thread-self/net/if_inet6") else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 5, words[0].utf8.count == 32, let flags = UInt32(words[4], radix: 16),
        flags & tentativeFlag != 0,
        let high = UInt64(words[0].prefix(16), radix: 16), let low = UInt64(words[0].suffix(16), radix: 16)
      else { return nil }
      return IPAddress(ipv6High: high, low: low)
    }
  }
}

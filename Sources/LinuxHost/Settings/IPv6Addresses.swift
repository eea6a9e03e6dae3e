internal import SocketTable

/// /proc/net/if_inet6: address, index, prefix length, scope and flags in hexadecimal, and the device's name.
///
/// Only the addresses that cannot be bound are kept; there are none where the file cannot be read.
struct IPv6Addresses {
  /// IFA_F_TENTATIVE and IFA_F_DADFAILED of linux/if_addr.h. The first stays where the second is set.
  private static let tentativeFlag: UInt32 = 0x40
  private static let duplicateFlag: UInt32 = 0x08

  /// Duplicate address detection has not finished.
  private(set) var tentative: [IPAddress] = []
  /// It has found another host with the address.
  private(set) var duplicate: [IPAddress] = []

  init() {
    guard let bytes = try? readFile("/proc/thread-self/net/if_inet6") else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 5, words[0].utf8.count == 32, let flags = UInt32(words[4], radix: 16),
        flags & Self.tentativeFlag != 0,
        let high = UInt64(words[0].prefix(16), radix: 16), let low = UInt64(words[0].suffix(16), radix: 16)
      else { continue }
      let address = IPAddress(ipv6High: high, low: low)
      if flags & Self.duplicateFlag != 0 { duplicate.append(address) } else { tentative.append(address) }
    }
  }
}

internal import Glibc
package import SocketTable

extension IPAddress {
  /// An address in any form that inet_pton(3) takes; nil for any other text.
  package init?(parsing text: String) {
    var ipv4 = in_addr()
    if unsafe inet_pton(AF_INET, text, &ipv4) == 1 {
      self.init(ipv4: UInt32(bigEndian: ipv4.s_addr))
      return
    }
    var ipv6 = in6_addr()
    guard unsafe inet_pton(AF_INET6, text, &ipv6) == 1 else { return nil }
    let (high, low) = unsafe withUnsafeBytes(of: &ipv6) { bytes in
      unsafe (bytes.load(fromByteOffset: 0, as: UInt64.self), bytes.load(fromByteOffset: 8, as: UInt64.self))
    }
    self.init(ipv6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
  }
}

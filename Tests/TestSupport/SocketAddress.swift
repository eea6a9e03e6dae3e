import Glibc

package enum AddressFamily: Int32, Sendable, CaseIterable {
  case ipv4 = 2
  case ipv6 = 10
}

/// An address with its port, made from text: "127.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%eth0".
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  package let family: AddressFamily
  /// 4 or 16 bytes, network order.
  package let bytes: [UInt8]
  package var port: UInt16
  /// The interface index that follows `%`; 0 if none.
  package let scope: UInt32

  package init(_ text: String, port: UInt16) throws(SystemCallError) {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    let address = String(parts[0])
    self.port = port
    let family: AddressFamily = address.contains(":") ? .ipv6 : .ipv4
    var bytes = [UInt8](repeating: 0, count: family == .ipv6 ? 16 : 4)
    guard inet_pton(family.rawValue, address, &bytes) == 1 else {
      throw SystemCallError("inet_pton", EINVAL, text)
    }
    self.family = family
    self.bytes = bytes
    guard parts.count == 2 else {
      scope = 0
      return
    }
    let name = String(parts[1])
    scope = UInt32(name) ?? if_nametoindex(name)
    if scope == 0 { throw SystemCallError("if_nametoindex", errno, name) }
  }

  package init(family: AddressFamily, bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
    self.family = family
    self.bytes = bytes
    self.port = port
    self.scope = scope
  }

  /// Without the port and the scope.
  package var address: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(family.rawValue, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package var description: String {
    family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
  }

  /// As /proc shows it: without a scope.
  package var unscoped: SocketAddress {
    SocketAddress(family: family, bytes: bytes, port: port)
  }

  /// The IPv4 address inside ::ffff:a.b.c.d; itself if it is no such address.
  package var unmapped: SocketAddress {
    guard family == .ipv6, bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] else { return self }
    return SocketAddress(family: .ipv4, bytes: Array(bytes[12...]), port: port)
  }

  package func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    switch family {
    case .ipv4:
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
      return Self.rebound(&address, body)
    case .ipv6:
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_scope_id = scope
      withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
      return Self.rebound(&address, body)
    }
  }

  private static func rebound<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// What getsockname(2) and its like fill in.
  static func read(
    _ call: String, _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(SystemCallError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
    if result < 0 { throw SystemCallError(call, errno) }
    return withUnsafeBytes(of: storage) { raw in
      if Int32(raw.load(as: sa_family_t.self)) == AF_INET6 {
        let address = raw.load(as: sockaddr_in6.self)
        let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
        return SocketAddress(
          family: .ipv6, bytes: bytes, port: UInt16(bigEndian: address.sin6_port),
          scope: address.sin6_scope_id)
      }
      let address = raw.load(as: sockaddr_in.self)
      let bytes = withUnsafeBytes(of: address.sin_addr) { Array($0) }
      return SocketAddress(family: .ipv4, bytes: bytes, port: UInt16(bigEndian: address.sin_port))
    }
  }
}

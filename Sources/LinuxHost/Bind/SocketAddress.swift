internal import Glibc
internal import SocketTable

/// A `sockaddr_in` or `sockaddr_in6`.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private let length: socklen_t

  /// - Parameter scope: `sin6_scope_id`, the index of an interface; 0 is none, and IPv4 has none.
  init(_ address: IPAddress, port: UInt16, scope: UInt32 = 0) {
    switch address.family {
    case .ipv4:
      var ipv4 = sockaddr_in()
      ipv4.sin_family = sa_family_t(AF_INET)
      ipv4.sin_port = port.bigEndian
      ipv4.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
      length = socklen_t(MemoryLayout<sockaddr_in>.size)
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.storeBytes(of: ipv4, as: sockaddr_in.self)
      }
    case .ipv6:
      var ipv6 = sockaddr_in6()
      ipv6.sin6_family = sa_family_t(AF_INET6)
      ipv6.sin6_port = port.bigEndian
      ipv6.sin6_scope_id = scope
      unsafe withUnsafeMutableBytes(of: &ipv6.sin6_addr) { bytes in
        unsafe bytes.storeBytes(of: address.high.bigEndian, toByteOffset: 0, as: UInt64.self)
        unsafe bytes.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      length = socklen_t(MemoryLayout<sockaddr_in6>.size)
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.storeBytes(of: ipv6, as: sockaddr_in6.self)
      }
    }
  }

  /// bind(2), with its result and its errno.
  mutating func bind(_ descriptor: Int32) -> Int32 {
    unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe Glibc.bind(descriptor, address, length)
      }
    }
  }

  /// connect(2), with its result and its errno.
  mutating func connect(_ descriptor: Int32) -> Int32 {
    unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe Glibc.connect(descriptor, address, length)
      }
    }
  }

  /// The port that a socket is bound to (getsockname(2)); nil with errno.
  static func localPort(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe getsockname(descriptor, address, &length)
      }
    }
    guard result == 0 else { return nil }
    // sin_port and sin6_port both stand at offset 2.
    return unsafe withUnsafeBytes(of: &storage) { bytes in
      unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
    }
  }
}

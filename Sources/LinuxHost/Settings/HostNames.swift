internal import Glibc
internal import SocketTable

/// Names that can be typed on this host, for completions. Each list is empty where it cannot be read.
package enum HostNames {
  /// The network devices of this namespace, and the addresses that a server can bind in it, each once. A link-local address
  /// has its device behind a "%".
  package static func network() -> (devices: [String], addresses: [String]) {
    var (devices, addresses): ([String], [String]) = ([], [])
    var list: UnsafeMutablePointer<ifaddrs>?
    guard unsafe getifaddrs(&list) == 0 else { return ([], []) }
    defer { unsafe freeifaddrs(list) }
    var next = unsafe list
    while let entry = unsafe next {
      let device = unsafe String(cString: entry.pointee.ifa_name)
      if !devices.contains(device) { devices.append(device) }
      if let address = unsafe text(entry.pointee.ifa_addr), !addresses.contains(address) {
        addresses.append(address)
      }
      unsafe next = entry.pointee.ifa_next
    }
    return (devices, addresses)
  }

  /// Nil for an address that is neither IPv4 nor IPv6. getnameinfo(3) looks nothing up here, and adds the device.
  private static func text(_ address: UnsafeMutablePointer<sockaddr>?) -> String? {
    guard let address = unsafe address else { return nil }
    let size: Int
    switch unsafe Int32(address.pointee.sa_family) {
    case AF_INET: size = MemoryLayout<sockaddr_in>.size
    case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
      guard let start = buffer.baseAddress,
        unsafe getnameinfo(address, socklen_t(size), start, socklen_t(NI_MAXHOST), nil, 0, NI_NUMERICHOST)
          == 0
      else { return nil }
      return unsafe String(cString: start)
    }
  }

  /// Of `ip netns`, sorted.
  package static func networkNamespaces() -> [String] {
    guard let directory = try? Descriptor.open(NetworkNamespace.directory, flags: O_DIRECTORY) else {
      return []
    }
    var names: [String] = []
    DirectoryReader().forEach(in: directory) { entry in
      names.append(unsafe String(cString: entry.name))
      return true
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  /// In the order of /etc/passwd.
  package static func users() -> [(name: String, uid: UInt32)] {
    User.all("/etc/passwd").map { ($0.name, $0.uid) }
  }
}

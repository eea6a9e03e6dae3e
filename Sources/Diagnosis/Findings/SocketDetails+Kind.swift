internal import SocketTable

/// What follows from the details of a socket about who has it.
extension SocketDetails {
  /// The container's proxy that has the socket, as far as is known.
  var containerProxy: SocketOwner? { owners?.first { ContainerProxy($0) != nil } ?? proxy }

  /// Whether every process that has the socket is stopped.
  var isStopped: Bool {
    guard let owners, !owners.isEmpty else { return false }
    return owners.allSatisfy { $0.activity != .running }
  }

  /// Whether the kernel itself holds the socket: every process was looked at, and none has it. It has a meaning only for a
  /// socket that has an inode, as the others belong to no process anyway.
  var isKernelOwned: Bool {
    visibility == .none && isOwnersComplete == true && owners?.isEmpty == true
  }

  /// Owners outside the cgroup in which the socket was made. Empty while process 1 has the socket, because a service
  /// manager makes sockets for other services on purpose.
  var ownersOutside: [SocketOwner] {
    guard let owners, let cgroup, !owners.contains(where: { $0.pid == 1 }) else { return [] }
    return owners.filter { $0.cgroup.map { !$0.isInside(cgroup) } ?? false }
  }

  /// Whether the socket was probably inherited by accident: several programs have it, or one that runs outside the cgroup
  /// in which the socket was made.
  var isInherited: Bool {
    guard let owners, !owners.contains(where: { $0.pid == 1 }) else { return false }
    return Set(owners.compactMap(\.executable)).count > 1 || !ownersOutside.isEmpty
  }
}

extension CgroupPath {
  fileprivate func isInside(_ other: CgroupPath) -> Bool {
    text == other.text || other.text == "/" || text.hasPrefix(other.text + "/")
  }
}

extension IPAddress {
  /// A server on it is reached by 127.0.0.1, or by ::1.
  func coversLoopback(of family: AddressFamily, v6Only: Bool) -> Bool {
    switch family {
    case .ipv4: self == .anyIPv4 || ipv4 == 0x7f00_0001 || self == .anyIPv6 && !v6Only
    case .ipv6: self == .anyIPv6 || family == .ipv6 && isLoopback && ipv4 == nil
    }
  }
}

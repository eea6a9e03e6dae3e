internal import Diagnosis
internal import Glibc
internal import SocketTable

/// What the walk has found out about each socket.
extension OwnerWalk {
  /// Whether some process has the socket.
  func isFound(_ record: SocketRecord) -> Bool {
    index(of: record.inode).map { !owners[$0].isEmpty } ?? false
  }

  /// Nil if /etc/passwd has no such user.
  func userName(_ uid: UInt32) -> String? { users.name(of: uid) }

  func details(of record: SocketRecord) -> SocketDetails {
    guard record.inode != 0, !record.isMinisocket, let index = index(of: record.inode) else {
      return .withoutProcess
    }
    let group = record.cgroupID.flatMap { cgroups[$0] }
    var details = SocketDetails(
      cgroup: group?.path, owners: Self.sorted(owners[index], inside: group?.path),
      isOwnersComplete: isWhole && depth != .first && !hasPassedOver && concealment.isEmpty,
      visibility: owners[index].isEmpty
        ? hasFailed ? .unknown : concealment.isEmpty ? .none : .hidden : .visible)
    details.concealment = concealment
    details.isMultipath = isMultipath[index]
    if depth != .first, record.state == .listen, owners[index].contains(where: \.isServiceManager) {
      // systemd makes a socket inside its unit's cgroup, where it can.
      let made = group?.path.systemUnit.flatMap { $0.hasSuffix(".socket") ? $0 : nil }
      details.socketUnit = made ?? SocketUnits.unit(listeningOn: record.local)
    }
    if owners[index].isEmpty {
      details.isOwnersComplete = isWhole && concealment.isEmpty
      details.suspects = suspects(group?.processes)
      if record.state == .listen { details.proxy = proxy(for: record) }
    }
    return details
  }

  /// First the owners in the cgroup where the socket was made, and the oldest of them first: if the process that made the
  /// socket still has it, that is probably the first.
  private static func sorted(_ owners: [SocketOwner], inside cgroup: CgroupPath?) -> [SocketOwner] {
    owners.sorted { left, right in
      let isLeftInside = left.cgroup == cgroup
      if isLeftInside != (right.cgroup == cgroup) { return isLeftInside }
      let (started, other) = (left.startedAt ?? .max, right.startedAt ?? .max)
      return started != other ? started < other : left.pid < right.pid
    }
  }

  /// The proxy whose command line names the port and the address. It has to be of the socket's user: a command line can say
  /// anything.
  private func proxy(for record: SocketRecord) -> SocketOwner? {
    deniedProxies.first { $0.uid == record.uid && ContainerProxy($0)?.publishes(record.local) == true }
  }

  private static let suspectLimit = 8

  /// Processes that may not be looked at and could have the socket: those in its cgroup, or all where its cgroup is not
  /// known. None where they are too many to mean anything.
  private func suspects(_ processes: [Int32]?) -> [SocketOwner] {
    let suspects = processes.map { $0.filter(denied.contains) } ?? denied.sorted()
    guard suspects.count <= Self.suspectLimit else { return [] }
    return suspects.compactMap { pid in
      guard let process = unsafe Descriptor.open("\(pid)", below: proc, flags: O_DIRECTORY) else {
        return nil
      }
      return ProcessDirectory(process: process).owner(pid, &users)
    }
  }
}

internal import SocketTable

/// The listeners on a port, by who has them: those of one process, or of one service, belong together.
struct ListenerGroups {
  /// The indices of each group's listeners.
  let members: [[Int]]
  /// For each listener the index of its group.
  let groups: [Int]

  private enum Key: Hashable {
    case process(Int32)
    case unit(String)
    case container(String)
    /// No process of it was seen.
    case hidden(uid: UInt32?, cgroup: UInt64?)
  }

  /// - Parameter byService: processes of one service or container are one.
  init(_ listeners: [SocketRecord], _ details: SocketDetailsTable, byService: Bool) {
    // Each listener begins as a group of its own, and points to the one that it was joined with.
    var parents = Array(listeners.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index {
        parents[index] = parents[parents[index]]
        index = parents[index]
      }
      return index
    }
    var known: [Key: Int] = [:]
    for (index, record) in listeners.enumerated() {
      for key in Self.keys(record, details[record], byService) {
        if let other = known[key] {
          parents[root(index)] = root(other)
        } else {
          known[key] = index
        }
      }
    }
    var numbers: [Int: Int] = [:]
    var members: [[Int]] = []
    var groups: [Int] = []
    for index in listeners.indices {
      let number = numbers[root(index)] ?? members.count
      if number == members.count {
        numbers[root(index)] = number
        members.append([])
      }
      members[number].append(index)
      groups.append(number)
    }
    self.members = members
    self.groups = groups
  }

  private static func keys(_ record: SocketRecord, _ details: SocketDetails?, _ byService: Bool) -> [Key] {
    guard let owners = details?.owners, !owners.isEmpty else {
      return [.hidden(uid: record.uid, cgroup: record.cgroupID)]
    }
    return owners.flatMap { owner -> [Key] in
      let service: Key? =
        !byService ? nil : owner.container.map { .container($0.id) } ?? owner.serviceUnit.map { .unit($0) }
      return [.process(owner.pid)] + (service.map { [$0] } ?? [])
    }
  }
}

extension SocketOwner {
  /// The service that it is of. A login session or a user's service manager says nothing about what a process is.
  package var serviceUnit: String? {
    unit.flatMap { $0.hasSuffix(".service") && !$0.hasPrefix("user@") ? $0 : nil }
  }
}

/// Where the listeners on a port are bound, to find those that are at the same place, or at the other name of `localhost`.
struct ListenerPlaces {
  /// Bound to the same device, or to none.
  private struct Place: Hashable {
    let address: IPAddress
    let interface: UInt32
  }

  private let listeners: [SocketRecord]
  private let makers: ListenerGroups
  /// The groups that listen there.
  private var groups: [Place: Set<Int>] = [:]
  /// The groups that listen on a wildcard, by whether they take IPv4, and IPv6.
  private var onWildcard: (ipv4: Set<Int>, ipv6: Set<Int>) = ([], [])
  /// How many groups listen on any wildcard.
  private var onAnyWildcard = 0
  /// The listeners that `localhost` can reach, by family.
  private var onLoopback: (ipv4: [Int], ipv6: [Int]) = ([], [])

  init(_ listeners: [SocketRecord], _ makers: ListenerGroups) {
    self.listeners = listeners
    self.makers = makers
    for (index, record) in listeners.enumerated() {
      let address = record.local.address
      groups[Self.place(record), default: []].insert(makers.groups[index])
      if address.isWildcard, record.interface == 0 {
        if address.ipv4 != nil || record.v6Only != true { onWildcard.ipv4.insert(makers.groups[index]) }
        if address.ipv4 == nil { onWildcard.ipv6.insert(makers.groups[index]) }
      }
      if Self.covers(.ipv4, record) { onLoopback.ipv4.append(index) }
      if Self.covers(.ipv6, record) { onLoopback.ipv6.append(index) }
    }
    onAnyWildcard = onWildcard.ipv4.union(onWildcard.ipv6).count
  }

  private static func place(_ record: SocketRecord) -> Place {
    Place(address: record.local.address.unmapped, interface: record.interface)
  }

  private static func covers(_ family: AddressFamily, _ record: SocketRecord) -> Bool {
    record.local.address.coversLoopback(of: family, v6Only: record.v6Only ?? true)
  }

  /// How many groups of processes listen where this listener does, or on the wildcard there: they share connections, or one of
  /// them has those that the other would have had.
  func sharers(of index: Int) -> Int {
    let record = listeners[index]
    let address = record.local.address
    let here = groups[Self.place(record)] ?? []
    if record.interface != 0 { return here.count }
    let wildcards = address.ipv4 != nil ? onWildcard.ipv4 : onWildcard.ipv6
    guard address.isWildcard else { return here.union(wildcards).count }
    // Those here are among them.
    return address.ipv4 == nil && record.v6Only != true ? onAnyWildcard : wildcards.count
  }

  /// Whether another server listens on the other name of `localhost`, 127.0.0.1 or ::1, and this one on one of them only.
  func hasOtherName(_ index: Int, _ servers: ListenerGroups) -> Bool {
    let server = servers.groups[index]
    let (isIPv4, isIPv6) = (Self.covers(.ipv4, listeners[index]), Self.covers(.ipv6, listeners[index]))
    guard isIPv4 != isIPv6 else { return false }
    let others = isIPv4 ? onLoopback.ipv6 : onLoopback.ipv4
    return others.contains { servers.groups[$0] != server }
      && !others.contains { servers.groups[$0] == server }
  }
}

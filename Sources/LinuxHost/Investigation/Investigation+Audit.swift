package import Diagnosis
internal import NetlinkCodec
package import SocketTable

/// Which listeners are asked about.
package struct AuditQuestion: Sendable {
  /// Nil is every port.
  package var ports: PortSet?
  package var family: SocketFilter.Family
  /// The whole name of a systemd unit; nil is any.
  package var unit: String?
  /// Whether it is read how listeners were set up, where that is permitted. No restart can be judged without.
  package var readsOptions: Bool

  package init(
    ports: PortSet? = nil, family: SocketFilter.Family = .any, unit: String? = nil, readsOptions: Bool = true
  ) {
    self.ports = ports
    self.family = family
    self.unit = unit
    self.readsOptions = readsOptions
  }

  /// Every socket on the ports: a restart meets them all, whatever their family.
  fileprivate func filter(_ states: StateSet) -> SocketFilter {
    SocketFilter(transport: .tcp, ports: ports ?? PortSet([1...65535]), states: .states(states))
  }

  /// Whether a listener is asked about, as far as its record tells.
  fileprivate func matches(_ record: SocketRecord) -> Bool {
    var filter = filter(StateSet(.listen))
    filter.family = family
    return filter.matches(record)
  }
}

/// Looks at all listeners of the network namespace: one dump of the table, and one walk through the processes.
extension Investigation {
  package mutating func audit(_ question: AuditQuestion) throws(InvestigationError) -> AuditEvidence {
    var look = try snapshot(question.filter(.all))
    var isServed = [Bool](repeating: false, count: 1 << 16)
    for record in look.records where record.state == .listen { isServed[Int(record.localPort)] = true }
    look.records.removeAll { !isServed[Int($0.localPort)] }
    // What a stop leaves depends on which connections belong to the processes that it ends: their owners are needed, too.
    var details = details(of: look.records.filter { $0.inode != 0 }, .every, .none)
    try dropGone(from: &look, details, question)
    var sockets: [Int: ServerSocket] = [:]
    if question.readsOptions {
      details.reuseOptionsAsked = .live
      for (index, record) in look.records.enumerated() where record.state == .listen {
        sockets[index] = read(record, &details)
      }
      LiveReuseOptions.read(
        look.records.lazy.filter { $0.state != .listen && $0.inode != 0 }.prefix(Self.optionsLimit),
        into: &details)
    }
    var asked: [Int] = []
    var hasDoubtful = false
    for (index, record) in look.records.enumerated() where question.matches(record) {
      guard let unit = question.unit else {
        asked.append(index)
        continue
      }
      switch details[record]?.belongs(to: unit) {
      case true?: asked.append(index)
      case false?: break
      case nil: hasDoubtful = true
      }
    }
    var evidence = AuditEvidence(
      look, asked: asked, sockets: sockets, details: details, settings: HostSettings.current(),
      namespace: place.reference)
    evidence.hasDoubtful = hasDoubtful
    if let unit = question.unit, asked.isEmpty, !UnitProcesses.isKnown(unit) {
      evidence.lacksUnit = (try? UnitProcesses.all(in: unit))?.isEmpty == true
    }
    return evidence
  }

  /// Drops listeners that were closed since the look: that no process has them means nothing then.
  private mutating func dropGone(
    from look: inout Snapshot, _ details: SocketDetailsTable, _ question: AuditQuestion
  ) throws(InvestigationError) {
    func lacksOwner(_ record: SocketRecord) -> Bool {
      record.state == .listen && details[record]?.owners?.isEmpty != false
    }
    guard look.records.contains(where: lacksOwner) else { return }
    var present: Set<UInt32> = []
    let isWhole = try stream(question.filter(StateSet(.listen))) { present.insert($0.inode) }
    guard isWhole else { return }
    look.records.removeAll { lacksOwner($0) && !present.contains($0.inode) }
  }

  /// Nil where it is not permitted, or the socket has been closed meanwhile. Adds to the details what was read.
  private func read(_ record: SocketRecord, _ details: inout SocketDetailsTable) -> ServerSocket? {
    guard let owners = details[record]?.owners, !owners.isEmpty else { return nil }
    do throws(SystemError) {
      let socket = try ServerSocket.read(record, of: owners)
      details[record]?.reuseAddress = socket.settings.options.contains(.reuseAddress)
      details[record]?.reusePort = socket.settings.options.contains(.reusePort)
      return socket
    } catch {
      let isExpected = error.errno == .noSuchProcess || error.errno.isNotPermitted
      if !isExpected, details.failure == nil { details.failure = "\(error)" }
      return nil
    }
  }
}

extension SocketDetails {
  /// Whether the socket is one of the unit's, by its processes or by the cgroup that it was made in; nil if that cannot be told.
  fileprivate func belongs(to unit: String) -> Bool? {
    if owners?.contains(where: { $0.unit == unit }) == true || socketUnit == unit || cgroup?.unit == unit {
      return true
    }
    if cgroup?.unit != nil { return false }
    return visibility == .hidden || visibility == .unknown ? nil : false
  }
}

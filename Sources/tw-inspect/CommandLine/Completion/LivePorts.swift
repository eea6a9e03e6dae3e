import LinuxHost
import SocketTable

/// Ports with the states of the sockets that hold them.
enum LivePorts {
  /// - Parameter states: FIN_WAIT2 stands for minisockets in it, as nobody looks for the port of a connection in use.
  static func look(_ states: StateSet, limit: Int) -> [(port: UInt16, states: String)] {
    guard var source = try? SocketSource(.auto) else { return [] }
    var counts: [UInt16: StateCounts] = [:]
    let filter = SocketFilter(ports: PortSet([1...65535]), states: .states(states))
    _ = try? source.stream(filter, begin: { _ in }) { record in
      if record.state == .finWait2, !record.isMinisocket { return }
      counts[record.local.port, default: StateCounts()].add(record)
    }
    let sorted = counts.sorted { left, right in
      left.value.minisockets != right.value.minisockets
        ? left.value.minisockets > right.value.minisockets : left.key < right.key
    }
    return sorted.prefix(limit).map { port, counts in
      (port, counts.states.map { "\($0.count) \($0.state.title)" }.joined(separator: " "))
    }
  }
}

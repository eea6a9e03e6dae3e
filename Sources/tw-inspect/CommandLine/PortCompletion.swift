import ArgumentParser
import LinuxHost
import SocketTable

extension CompletionKind {
  /// Ports that sockets of this host hold right now.
  static var ports: CompletionKind { .custom(completePorts) }
}

/// Offers the ports that sockets of this host hold right now. Ports with the most minisockets come first.
@Sendable private func completePorts(_: [String], _: Int, prefix: String) -> [String] {
  let typed = prefix.lastIndex(of: ",").map { String(prefix[...$0]) } ?? ""
  return LivePorts.look(limit: 50).map { port, states in
    switch CompletionShell.requesting {
    case .zsh?: "\(typed)\(port):\(states)"
    case .fish?: "\(typed)\(port)\t\(states)"
    default: "\(typed)\(port)"
    }
  }
}

/// Ports with the states of the sockets that hold them.
private enum LivePorts {
  static func look(limit: Int) -> [(port: UInt16, states: String)] {
    guard var source = try? SocketSource(.auto) else { return [] }
    var counts: [UInt16: StateCounts] = [:]
    // Every established connection of a client holds a port, too. Those are left out, as hardly anybody looks for them.
    let filter = SocketFilter(
      ports: PortSet([1...65535]), states: .states(StateSet([.timeWait, .finWait2, .listen])))
    _ = try? source.stream(filter, begin: { _ in }) { counts[$0.local.port, default: StateCounts()].add($0) }
    let sorted = counts.sorted { left, right in
      left.value.minisockets != right.value.minisockets
        ? left.value.minisockets > right.value.minisockets : left.key < right.key
    }
    return sorted.prefix(limit).map { port, counts in
      (port, counts.states.map { "\($0.count) \($0.state.title)" }.joined(separator: " "))
    }
  }
}

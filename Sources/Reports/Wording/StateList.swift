internal import SocketTable

/// The words for how many sockets are in each state: "3 TIME_WAIT, 1 FIN_WAIT2".
struct StateList {
  private let items: [Prose]
  /// Of `connectionsIn`: no other state occurs.
  private(set) var isOnlyEstablished = false

  /// Every state that occurs.
  init(_ counts: StateCounts) {
    items = counts.states.map { Quantity.count($0.count, of: $0.state) }
  }

  /// Every state, with FIN_WAIT2 minisockets counted separately.
  init(minisocketsApartIn counts: StateCounts) {
    items = counts.states.flatMap { state, count -> [Prose] in
      guard state == .finWait2 else { return [Quantity.count(count, of: state)] }
      let others = count - counts.finWait2Minisockets
      return (others > 0 ? [Quantity.count(others, of: state)] : []) + Self.finWait2WithoutProcess(counts)
    }
  }

  /// Minisockets only.
  init(minisocketsIn counts: StateCounts) {
    let timeWaits = counts[.timeWait]
    items =
      (timeWaits > 0 ? [Quantity.count(timeWaits, of: .timeWait)] : [])
      + Self.finWait2WithoutProcess(counts)
  }

  /// Every socket that is no minisocket.
  init(withoutMinisocketsIn counts: StateCounts) {
    items = counts.states.compactMap { state, count in
      if state == .timeWait { return nil }
      let rest = state == .finWait2 ? count - counts.finWait2Minisockets : count
      return rest > 0 ? Quantity.count(rest, of: state) : nil
    }
  }

  /// Every socket that neither listens, nor is only bound, nor is a minisocket.
  init(connectionsIn counts: StateCounts) {
    items = counts.states.compactMap { state, count in
      switch state {
      case .listen, .bound, .timeWait: return nil
      case .finWait2:
        let rest = count - counts.finWait2Minisockets
        return rest > 0 ? Quantity.count(rest, of: state) : nil
      default: return Quantity.count(count, of: state)
      }
    }
    isOnlyEstablished = items.count == 1 && counts[.established] > 0
  }

  private static func finWait2WithoutProcess(_ counts: StateCounts) -> [Prose] {
    let count = counts.finWait2Minisockets
    return count > 0 ? ["\(Quantity.count(count, of: .finWait2)) without a process"] : []
  }

  var isEmpty: Bool { items.isEmpty }

  /// "3 TIME_WAIT, 1 FIN_WAIT2".
  var list: Prose { items.joined(separator: ", ") }

  /// "1 LISTEN, 3 TIME_WAIT and 1 FIN_WAIT2".
  var phrase: Prose {
    guard items.count > 1, let last = items.last else { return list }
    return "\(items.dropLast().joined(separator: ", ")) and \(last)"
  }
}

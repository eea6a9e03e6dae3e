internal import Diagnosis
internal import SocketTable

/// What sockets hold one port, or the ports in one namespace, in a line.
struct PortTally {
  private var timeWaits = 0
  private var finWait2Minisockets = 0
  /// In milliseconds.
  private var longest: UInt32 = 0
  private var established = 0
  private var others = 0
  /// Sockets that listen or are only bound.
  private var holders: [SocketRecord] = []

  mutating func add(_ record: SocketRecord) {
    if record.isMinisocket {
      if record.state == .finWait2 { finWait2Minisockets += 1 } else { timeWaits += 1 }
      longest = max(longest, record.timer?.expires ?? 0)
    } else {
      switch record.state {
      case .listen, .bound: holders.append(record)
      case .established: established += 1
      default: others += 1
      }
    }
  }

  /// "nginx (pid 812) listens on 0.0.0.0; 3 TIME_WAIT, the last for 58.0 s".
  ///
  /// - Parameters:
  ///   - details: of those that listen or are only bound; they are counted if nobody has looked.
  ///   - namesPort: false where the line names the port already.
  func phrase(_ details: SocketDetailsTable, namesPort: Bool) -> Prose {
    var parts: [Prose] = []
    let isKnown = details.observedAt != nil
    let named = PortHolders(isKnown ? holders : [], details)
    parts += named.isEmpty ? [] : named.phrases(namesPort: namesPort)
    if !isKnown, !holders.isEmpty {
      parts.append(StateList(StateCounts(holders)).list)
    }
    if named.sharing() != nil { parts.append("they share it by SO_REUSEPORT") }
    if timeWaits + finWait2Minisockets > 0 {
      let timeWaitList = timeWaits > 0 ? [Quantity.count(timeWaits, of: .timeWait)] : []
      let orphans: [Prose] =
        finWait2Minisockets > 0
        ? ["\(Quantity.count(finWait2Minisockets, of: .finWait2)) without a process"] : []
      let which = timeWaits + finWait2Minisockets == 1 ? "" : ", the last"
      parts.append(
        (timeWaitList + orphans).joined(separator: " and ")
          + (Quantity.isEnding(milliseconds: longest)
            ? "\(which) ending" : "\(which) for \(Quantity.seconds(milliseconds: longest))"))
    }
    if established > 0 { parts.append(Quantity.count(established, "connection")) }
    if others > 0 { parts.append(Quantity.count(others, "other socket")) }
    return parts.joined(separator: "; ")
  }
}

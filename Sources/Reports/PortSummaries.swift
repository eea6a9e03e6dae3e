internal import Diagnosis
internal import SocketTable

/// What is on each of several ports, a line for each, and those with nothing together.
struct PortSummaries {
  /// What is on one port besides sockets that listen or are only bound.
  private struct Tally {
    var timeWaits = 0
    var finWait2Minisockets = 0
    /// In milliseconds.
    var longest: UInt32 = 0
    var established = 0
    var others = 0
    /// Sockets that listen or are only bound.
    var holders: [SocketRecord] = []

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
  }

  private let report: PortReport
  private let tallies: [UInt16: Tally]

  init(_ report: PortReport) {
    self.report = report
    var tallies: [UInt16: Tally] = [:]
    for record in report.records { tallies[record.localPort, default: Tally()].add(record) }
    self.tallies = tallies
  }

  func write(to text: inout StyledText) {
    let ports = tallies.keys.sorted()
    let width = "\(ports.last ?? 0)".utf8.count
    let shown = ports.prefix(report.room ?? .max)
    for port in shown {
      text.cell("\(port)", width: width + 2, .strong)
      text.paragraph(tallies[port].map(phrase) ?? "", indent: width + 2)
    }
    let more = ports.count - shown.count
    if more > 0 { text.line("and \(Quantity.grouped(more)) more ports (in a pipe: all)") }
    let nothing: Prose = report.coverage.isComplete ? "nothing" : "nothing was seen"
    guard let free = freePorts(besides: ports) else { return }
    text.parts("\(free)  \(nothing)", indent: 2)
  }

  private func phrase(_ tally: Tally) -> Prose {
    var parts: [Prose] = []
    let isKnown = report.holderDetails.observedAt != nil
    let holders = PortHolders(isKnown ? tally.holders : [], report.holderDetails)
    parts += holders.isEmpty ? [] : holders.phrases(namesPort: false)
    if !isKnown, !tally.holders.isEmpty {
      parts.append(StateList(StateCounts(tally.holders)).list)
    }
    if holders.sharing() != nil { parts.append("they share it by SO_REUSEPORT") }
    if tally.timeWaits + tally.finWait2Minisockets > 0 {
      let timeWaits = tally.timeWaits > 0 ? [Quantity.count(tally.timeWaits, of: .timeWait)] : []
      let orphans: [Prose] =
        tally.finWait2Minisockets > 0
        ? ["\(Quantity.count(tally.finWait2Minisockets, of: .finWait2)) without a process"] : []
      let which = tally.timeWaits + tally.finWait2Minisockets == 1 ? "" : ", the last"
      parts.append(
        (timeWaits + orphans).joined(separator: " and ")
          + (Quantity.isEnding(milliseconds: tally.longest)
            ? "\(which) ending" : "\(which) for \(Quantity.seconds(milliseconds: tally.longest))"))
    }
    if tally.established > 0 { parts.append(Quantity.count(tally.established, "connection")) }
    if tally.others > 0 { parts.append(Quantity.count(tally.others, "other socket")) }
    return parts.joined(separator: "; ")
  }

  private static let longestList = 60

  /// "8082-8084, 8086-8090"; nil if something is on every port.
  private func freePorts(besides taken: [UInt16]) -> Prose? {
    var free: [ClosedRange<UInt16>] = []
    var taken = taken[...]
    for range in report.filter.ports.ranges {
      var start = Int(range.lowerBound)
      while let next = taken.first, next <= range.upperBound {
        taken.removeFirst()
        if start < Int(next) { free.append(UInt16(start)...(next - 1)) }
        start = Int(next) + 1
      }
      if start <= Int(range.upperBound) { free.append(UInt16(start)...range.upperBound) }
    }
    guard !free.isEmpty else { return nil }
    let list = PortSet(free).description
    let count = free.reduce(0) { $0 + $1.count }
    return list.utf8.count > Self.longestList
      ? Prose("\(tallies.isEmpty ? "" : "the other ")\(Quantity.grouped(count)) ports")
      : Prose(list)
  }
}

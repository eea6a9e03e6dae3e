internal import Diagnosis
internal import SocketTable

/// What is on each of several ports, a line for each, and those with nothing together.
struct PortSummaries {
  private let report: PortReport
  private let tallies: [UInt16: PortTally]

  init(_ report: PortReport) {
    self.report = report
    var tallies: [UInt16: PortTally] = [:]
    for record in report.records { tallies[record.localPort, default: PortTally()].add(record) }
    self.tallies = tallies
  }

  func write(to text: inout StyledText) {
    let ports = tallies.keys.sorted()
    let width = "\(ports.last ?? 0)".utf8.count
    let shown = ports.prefix(report.room ?? .max)
    for port in shown {
      text.cell("\(port)", width: width + 2, .strong)
      text.paragraph(
        tallies[port]?.phrase(report.holderDetails, namesPort: false) ?? "", indent: width + 2)
    }
    let more = ports.count - shown.count
    if more > 0 { text.line("and \(Quantity.grouped(more)) more ports (in a pipe: all)") }
    let nothing: Prose = report.coverage.isComplete ? "nothing" : "nothing was seen"
    guard let free = freePorts(besides: ports) else { return }
    text.parts("\(free)  \(nothing)", indent: 2)
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

internal import Diagnosis
internal import SocketTable

/// The answer of `port` as text.
package struct PortTable {
  private let report: PortReport
  private let interfaceName: (UInt32) -> String

  package init(_ report: PortReport, interfaceName: @escaping (UInt32) -> String) {
    self.report = report
    self.interfaceName = interfaceName
  }

  package func write(to text: inout StyledText) {
    writeRows(to: &text)
    if !report.listed.isEmpty { text.line() }
    PortClosing(report).write(to: &text)
  }

  // MARK: Rows

  func writeRows(to text: inout StyledText) {
    guard !report.listed.isEmpty else { return }
    var columns = SocketColumns(forEachListed)
    if columns.hasInterface { columns.measurePeers(forEachListed) }
    let (localWidth, peerWidth) = (columns.local, columns.peer)
    let hasInterface = columns.hasInterface
    text.append(SocketColumns.timeHeading + "  ", .strong)
    text.cell(SocketColumns.stateHeading, width: columns.state, .strong)
    text.append(literal: "  ")
    text.cell(SocketColumns.localHeading, width: localWidth, .strong)
    text.append(literal: "  ")
    text.cell(SocketColumns.peerHeading, width: hasInterface ? peerWidth + 2 : 0, .strong)
    if hasInterface { text.append(SocketColumns.interfaceHeading, .strong) }
    text.line()
    let looksForOwners = !report.details.isEmpty
    // The order by timers is random in memory. Copying a few records ahead lets the processor fetch them at the same time
    // instead of waiting for one after the other.
    var ahead: [SocketRecord] = []
    var leading = LeadingCells(stateWidth: columns.state)
    ahead.reserveCapacity(Self.rowsAhead)
    for start in stride(from: 0, to: report.listed.count, by: Self.rowsAhead) {
      ahead.removeAll(keepingCapacity: true)
      for index in report.listed[start..<min(start + Self.rowsAhead, report.listed.count)] {
        ahead.append(report.records[Int(index)])
      }
      for record in ahead {
        leading.append(record, to: &text)
        text.append(record.local, width: localWidth + 2)
        if let peer = record.peer { text.append(peer) } else { text.append(literal: "-") }
        if hasInterface {
          let peer = record.peer?.width ?? 1
          text.append(String(repeating: " ", count: peerWidth - peer + 2))
          text.append(SocketColumns.interface(record, interfaceName) ?? "-")
        }
        text.endLine()
        if looksForOwners, let owner = OwnerLines.line(report.details, record) {
          text.pad(OwnerLines.indent)
          text.parts(owner, indent: OwnerLines.indent)
        }
      }
    }
  }

  private static let rowsAhead = 32

  /// Goes through the records in the order of memory if all of them are listed, which is faster.
  private func forEachListed(_ body: (SocketRecord) -> Void) {
    if report.listed.count == report.records.count {
      report.records.forEach(body)
    } else {
      for index in report.listed { body(report.records[Int(index)]) }
    }
  }
}

/// Writes the first two cells, time left and state. Rows are sorted by time, so most have the same cells as the row before,
/// whose text is used again.
private struct LeadingCells: ~Copyable {
  private var text = ByteBuffer()
  /// The cells that `text` has; nil before the first row.
  private var timeLeft: TimeLeft?
  private var state: TCPState?
  private let stateWidth: Int

  init(stateWidth: Int) { self.stateWidth = stateWidth }

  mutating func append(_ record: SocketRecord, to styled: inout StyledText) {
    let timeLeft = TimeLeft(record)
    if timeLeft != self.timeLeft || record.state != state {
      self.timeLeft = timeLeft
      state = record.state
      text.removeAll()
      timeLeft.append(to: &text)
      text.append(literal: "  ")
      text.append(titleOf: record.state, isColored: styled.usesColor)
      text.append(spaces: stateWidth - record.state.title.utf8.count + 2)
    }
    styled.append(text)
  }
}

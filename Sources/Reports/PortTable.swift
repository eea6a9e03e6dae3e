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
    if columns.hasInterface || report.parts != nil { columns.measurePeers(forEachListed) }
    let (localWidth, peerWidth) = (columns.local, columns.peer)
    let hasInterface = columns.hasInterface
    let namespaces = NamespaceCells(report, columns, width: text.width)
    text.append(SocketColumns.timeHeading + "  ", .strong)
    text.cell(SocketColumns.stateHeading, width: columns.state, .strong)
    text.append(literal: "  ")
    text.cell(SocketColumns.localHeading, width: localWidth, .strong)
    text.append(literal: "  ")
    let isLast = !hasInterface && namespaces?.hasColumn != true
    text.cell(SocketColumns.peerHeading, width: isLast ? 0 : peerWidth + 2, .strong)
    if hasInterface { text.append(SocketColumns.interfaceHeading, .strong) }
    namespaces?.writeHeading(to: &text)
    text.line()
    let looksForOwners = !report.details.isEmpty || report.details.reuseOptionsAsked == .all
    // The order by timers is random in memory. Copying a few records ahead lets the processor fetch them at the same time
    // instead of waiting for one after the other.
    var ahead: [SocketRecord] = []
    var leading = LeadingCells(stateWidth: columns.state)
    ahead.reserveCapacity(Self.rowsAhead)
    var options = OptionLine()
    for start in stride(from: 0, to: report.listed.count, by: Self.rowsAhead) {
      ahead.removeAll(keepingCapacity: true)
      let indices = report.listed[start..<min(start + Self.rowsAhead, report.listed.count)]
      for index in indices { ahead.append(report.records[Int(index)]) }
      for (index, record) in zip(indices, ahead) {
        leading.append(record, to: &text)
        text.append(record.local, width: localWidth + 2)
        if let peer = record.peer { text.append(peer) } else { text.append(literal: "-") }
        if !isLast { text.pad(peerWidth - (record.peer?.width ?? 1) + 2) }
        if let namespaces {
          namespaces.write(record, at: Int(index), to: &text)
        } else if hasInterface {
          text.append(SocketColumns.interface(record, interfaceName) ?? "-")
        }
        text.endLine()
        namespaces?.writeBelow(at: Int(index), to: &text)
        if looksForOwners, record.inode == 0 {
          options.append(record, report.details, to: &text)
        } else if looksForOwners, let owner = OwnerLines.line(report.details, record) {
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

/// Writes the last cells of a row where several network namespaces were asked: the interface, which is named in its namespace, and
/// the namespace. Where the terminal has no room for that, it stands below the row.
private struct NamespaceCells {
  private static let heading = "NAMESPACE"

  private let parts: NamespaceParts
  /// Of the column of interfaces; nil without one.
  private let interfaceWidth: Int?
  /// Nil if there is no room beside the others.
  private let width: Int?

  var hasColumn: Bool { width != nil }

  /// Nil if only one was asked.
  init?(_ report: PortReport, _ columns: SocketColumns, width: Int) {
    guard let parts = report.parts else { return nil }
    self.parts = parts
    var interface = SocketColumns.interfaceHeading.utf8.count
    for part in parts.all {
      for name in part.interfaceNames.values {
        interface = max(interface, ByteSafety.escaped(name).unicodeScalars.count)
      }
    }
    interfaceWidth = columns.hasInterface ? interface : nil
    let used =
      TimeLeft.width + columns.state + columns.local + columns.peer + 8 + (interfaceWidth.map { $0 + 2 } ?? 0)
    self.width = width - used >= Self.heading.utf8.count ? width - used : nil
  }

  func writeHeading(to text: inout StyledText) {
    guard width != nil else { return }
    if let interfaceWidth { text.pad(interfaceWidth - SocketColumns.interfaceHeading.utf8.count + 2) }
    text.append(Self.heading, .strong)
  }

  func write(_ record: SocketRecord, at index: Int, to text: inout StyledText) {
    let part = parts.part(ofRecord: index)
    if let interfaceWidth {
      let name = SocketColumns.interface(record, part.interfaceName) ?? "-"
      text.cell(name, width: width == nil ? 0 : interfaceWidth + 2)
    }
    if let width { text.append(Prose.cut(part.namespace.label, to: width)) }
  }

  func writeBelow(at index: Int, to text: inout StyledText) {
    guard width == nil else { return }
    text.pad(OwnerLines.indent)
    text.line(
      Prose.cut(parts.part(ofRecord: index).namespace.label, to: max(1, text.width - OwnerLines.indent)))
  }
}

/// Writes the line with the options of a socket that no process has. Ten thousand minisockets have the same few, and the text of
/// the row before is used again.
private struct OptionLine: ~Copyable {
  private var text = ""
  private var kind: UInt32?

  mutating func append(_ record: SocketRecord, _ details: SocketDetailsTable, to styled: inout StyledText) {
    // IPV6_V6ONLY is told of IPv6 alone, which the kind of the record does not tell from v4-mapped.
    let kind = record.kindBits | (record.local.address.ipv4 == nil ? 1 << 31 : 0)
    if kind != self.kind {
      self.kind = kind
      text =
        OwnerLines.line(details, record).map { line in
          styled.lines {
            $0.pad(OwnerLines.indent)
            $0.parts(line, indent: OwnerLines.indent)
          }.joined(separator: "\n")
        } ?? ""
    }
    if !text.isEmpty { styled.line(text) }
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

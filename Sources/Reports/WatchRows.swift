internal import SocketTable

/// The size and the abilities of the screen that a watch is drawn on.
package struct Canvas: Sendable {
  /// Nil if the output is no screen, so that the number of lines is not limited.
  package var rows: Int?
  package var columns: Int
  package var usesColor: Bool
  package var hasUTF8: Bool

  package init(rows: Int?, columns: Int, usesColor: Bool, hasUTF8: Bool) {
    self.rows = rows
    self.columns = columns
    self.usesColor = usesColor
    self.hasUTF8 = hasUTF8
  }
}

/// A line whose parts have a tone each. Unlike `StyledText` it is cut to the width, and not wrapped.
struct StyledLine {
  private var parts: [(text: String, tone: StyledText.Tone?)] = []

  mutating func append(_ text: String, _ tone: StyledText.Tone? = nil) { parts.append((text, tone)) }

  mutating func cell(_ text: String, width: Int, _ tone: StyledText.Tone? = nil) {
    append(text, tone)
    append(String(repeating: " ", count: max(0, width - text.unicodeScalars.count)))
  }

  func text(on canvas: Canvas) -> String {
    var line = ""
    var room = canvas.columns
    for (text, tone) in parts where room > 0 {
      let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(room)))
      room -= shown.unicodeScalars.count
      if let tone, canvas.usesColor, !shown.isEmpty {
        line += "\u{1b}[\(tone.code)m\(shown)\u{1b}[0m"
      } else {
        line += shown
      }
    }
    // Spaces at the end come from padding, and from the place where the line was cut.
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}

/// The rows of a watch: a mark for a socket that appeared or is gone, the time left as a number and as a bar, state and
/// addresses.
struct WatchRows {
  private let changes: SocketChanges
  private let canvas: Canvas
  private let bar: Bar

  /// The milliseconds that a full bar stands for: the length of a TIME_WAIT.
  private static let longestTimer: Int64 = 60_000
  private static let longestBar = 20
  /// On a full screen at least this many sockets that are gone are shown, if there is room for twice as many rows.
  private static let goneRows = 3

  init(_ changes: SocketChanges, _ canvas: Canvas) {
    self.changes = changes
    self.canvas = canvas
    bar = Bar(canvas.hasUTF8)
  }

  /// The heading and at most `room` lines below it; nil is without limit. Empty if there is no socket to show.
  func lines(_ records: some Collection<SocketRecord>, room: Int?, interfaceName: (UInt32) -> String)
    -> [String]
  {
    let gone = changes.gone
    guard !records.isEmpty || !gone.isEmpty else { return [] }
    var shownGone = gone[...]
    var shown = Array(records)
    if let room, shown.count + gone.count > room {
      shownGone = gone.prefix(max(min(Self.goneRows, room / 2), room - shown.count))
      shown = Array(shown.prefix(max(0, room - shownGone.count - 1)))
    }
    let rows =
      shown.map { Row($0, changes.mark(of: $0), interfaceName) }
      + shownGone.map { Row($0, .gone, interfaceName) }
    let widths = Widths(rows, width: canvas.columns)
    var lines = [heading(widths)] + rows.map { line($0, widths) }
    let rest = records.count - shown.count
    if rest > 0 { lines.append("  and \(Quantity.grouped(rest)) more") }
    return lines
  }

  private struct Row {
    let record: SocketRecord
    let mark: SocketChanges.Mark?
    let local: String
    let peer: String
    let interface: String?

    init(_ record: SocketRecord, _ mark: SocketChanges.Mark?, _ interfaceName: (UInt32) -> String) {
      self.record = record
      self.mark = mark
      local = record.local.text
      peer = record.peer?.text ?? "-"
      interface = SocketColumns.interface(record, interfaceName)
    }
  }

  private struct Widths {
    let columns: SocketColumns
    /// 0 if there is no room for a bar, or no minisocket to draw one for.
    let bar: Int

    init(_ rows: [Row], width: Int) {
      func forEachRecord(_ body: (SocketRecord) -> Void) { for row in rows { body(row.record) } }
      var columns = SocketColumns(forEachRecord)
      columns.measurePeers(forEachRecord)
      self.columns = columns
      let interface = rows.compactMap(\.interface?.count).max()
      let others =
        2 + TimeLeft.width + 2 + columns.state + 2 + columns.local + 2 + columns.peer
        + (interface.map { 2 + max(SocketColumns.interfaceHeading.count, $0) } ?? 0)
      let room = min(WatchRows.longestBar, width - others - 2)
      bar = room >= 4 && rows.contains { $0.record.isMinisocket } ? room : 0
    }
  }

  private func heading(_ widths: Widths) -> String {
    var line = StyledLine()
    line.append("  ")
    let columns = widths.columns
    line.cell(
      SocketColumns.timeHeading, width: TimeLeft.width + (widths.bar > 0 ? 2 + widths.bar : 0) + 2, .strong)
    line.cell(SocketColumns.stateHeading, width: columns.state + 2, .strong)
    line.cell(SocketColumns.localHeading, width: columns.local + 2, .strong)
    line.cell(SocketColumns.peerHeading, width: columns.hasInterface ? columns.peer + 2 : 0, .strong)
    if columns.hasInterface { line.append(SocketColumns.interfaceHeading, .strong) }
    return line.text(on: canvas)
  }

  private func line(_ row: Row, _ widths: Widths) -> String {
    var line = StyledLine()
    switch row.mark {
    case .appeared?: line.append("+ ", .good)
    case .gone?: line.append("- ", .bad)
    case nil: line.append("  ")
    }
    if row.mark == .gone {
      line.append(String(repeating: " ", count: TimeLeft.width - 4) + "gone")
    } else {
      var time = ByteBuffer()
      TimeLeft(row.record).append(to: &time)
      line.append(time.text)
    }
    line.append("  ")
    let columns = widths.columns
    if widths.bar > 0 {
      let expires = row.record.isMinisocket && row.mark != .gone ? row.record.timer?.expires : nil
      line.cell(
        bar.drawn(Int64(expires ?? 0), of: Self.longestTimer, width: widths.bar, empty: false),
        width: widths.bar + 2)
    }
    line.cell(row.record.state.title, width: columns.state + 2, .state)
    line.cell(row.local, width: columns.local + 2)
    line.cell(row.peer, width: columns.hasInterface ? columns.peer + 2 : 0)
    if columns.hasInterface { line.append(row.interface ?? "-") }
    return line.text(on: canvas)
  }
}

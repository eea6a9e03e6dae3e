internal import Diagnosis
internal import SocketTable

/// Draws one screen of `port --watch`. `PortRun.watch` looks and keeps the time.
package struct PortWatch {
  private let report: PortReport
  private let changes: SocketChanges
  private let title: String
  private let isSteady: Bool

  /// - Parameters:
  ///   - title: the first line, which says what is watched and when it was looked at.
  ///   - isSteady: whether rows go by time, and are to keep their places.
  package init(_ report: PortReport, changes: SocketChanges, title: String, isSteady: Bool) {
    self.isSteady = isSteady
    self.report = report
    self.changes = changes
    self.title = title
  }

  package func lines(on canvas: Canvas, interfaceName: @escaping (UInt32) -> String) -> [String] {
    var closing = StyledText(usesColor: false, width: canvas.columns)
    PortClosing(report).write(to: &closing)
    var below = closing.buffer.text.split(separator: "\n").map(String.init)
    // Four lines go to the title, the heading and two empty lines. Where room is scarce, rows are worth more than the
    // sentences below them.
    var room = canvas.rows.map { $0 - 4 - below.count }
    while let few = room, few < 3, !below.isEmpty {
      below.removeLast()
      room = few + 1
    }
    let listed = report.listed.map { report.records[Int($0)] }
    var lines = [cut(title, canvas), ""]
    let rows = WatchRows(changes, canvas).lines(
      isSteady ? changes.inSteadyOrder(listed) : listed, room: room.map { max(1, $0) },
      interfaceName: interfaceName)
    if !rows.isEmpty { lines += rows + [""] }
    lines += below
    return canvas.rows.map { Array(lines.prefix($0)) } ?? lines
  }

  private func cut(_ text: String, _ canvas: Canvas) -> String { String(text.prefix(canvas.columns)) }
}

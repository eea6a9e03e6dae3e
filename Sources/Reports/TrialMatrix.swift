internal import Diagnosis
internal import SocketTable

/// Addresses down, options across; in each cell the kernel's answer, and by number what is in the way.
struct TrialMatrix {
  private let diagnosis: BindDiagnosis
  private let rows: [BindAddress]
  private static let columns: [SocketOptions] = [[], .reuseAddress, .reusePort, [.reuseAddress, .reusePort]]

  init(_ diagnosis: BindDiagnosis) {
    self.diagnosis = diagnosis
    rows = diagnosis.target.addresses + diagnosis.target.comparedAddresses
  }

  func write(to text: inout StyledText) {
    let headings = Self.columns.map(heading)
    var places = rows.map { place($0, withPort: true) }
    // What reads the same has one number.
    var blockers: [Prose] = []
    let cells = rows.indices.map { row in Self.columns.map { cell(row, $0, &blockers) } }
    var placeWidth = places.map(\.count).max() ?? 0
    let widths = Self.columns.indices.map { column in
      max(headings[column].count, cells.map { $0[column].text.count }.max() ?? 0)
    }
    let last = Self.columns.count - 1
    let width = placeWidth + widths.reduce(0) { $0 + 2 + $1 }
    if width > text.width {
      // The port is known.
      places = rows.map { place($0, withPort: false) }
      placeWidth = places.map(\.count).max() ?? 0
    }
    text.pad(placeWidth)
    for column in Self.columns.indices {
      text.append("  ")
      text.cell(headings[column], width: column == last ? 0 : widths[column], .strong)
    }
    text.line()
    for row in rows.indices {
      text.cell(places[row], width: placeWidth)
      for (column, cell) in cells[row].enumerated() {
        text.append("  ")
        text.cell(cell.text, width: column == last ? 0 : widths[column], cell.tone)
      }
      text.line()
    }
    for (index, blocker) in blockers.enumerated() {
      if index == 0 { text.line() }
      text.cell("\(index + 1)", width: 4)
      text.parts(blocker, indent: 4)
    }
  }

  private func heading(_ options: SocketOptions) -> String {
    let name = options.isEmpty ? "none" : options.names.count == 2 ? "both" : options.names[0]
    return options == diagnosis.target.options ? "\(name) (yours)" : name
  }

  private func place(_ address: BindAddress, withPort: Bool) -> String {
    let isDualStackToo = address.address.isUnspecified && address.v6Only
    return (withPort ? address.text(port: diagnosis.target.port) : address.text)
      + (isDualStackToo ? " V6ONLY" : "")
  }

  private func cell(
    _ row: Int, _ options: SocketOptions, _ blockers: inout [Prose]
  ) -> (text: String, tone: StyledText.Tone?) {
    let index = trial(row, options)
    let outcome = Outcome(index.map { diagnosis.trials[$0].outcome })
    var number = ""
    if let index, let blocker = diagnosis.blockers[index] {
      let line = line(blocker)
      let known = blockers.firstIndex(of: line) ?? blockers.count
      if known == blockers.count { blockers.append(line) }
      number = " \(known + 1)"
    }
    return (outcome.text + number, outcome.tone)
  }

  private func line(_ blocker: BindDiagnosis.Blocker) -> Prose {
    let more: Prose = blocker.others > 0 ? "  and \(Quantity.grouped(blocker.others)) more" : ""
    return Wording(diagnosis).line(blocker.record) + more
  }

  private func trial(_ row: Int, _ options: SocketOptions) -> Int? {
    diagnosis.trials.firstIndex { $0.socket.address == rows[row] && $0.socket.options == options }
  }
}

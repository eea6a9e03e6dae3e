internal import Diagnosis
internal import SocketTable

/// The trials of `trybind --matrix`: a `TrialGrid` of every combination of reuse options at every address. A number in a
/// cell refers to the list below the grid, which has the first socket in the way of each trial.
struct TrialMatrix {
  private let diagnosis: BindDiagnosis
  private let rows: [BindAddress]
  private static let columns: [SocketOptions] = [[], .reuseAddress, .reusePort, [.reuseAddress, .reusePort]]

  init(_ diagnosis: BindDiagnosis) {
    self.diagnosis = diagnosis
    rows = diagnosis.target.addresses + diagnosis.target.comparedAddresses
  }

  func write(to text: inout StyledText) {
    // Holders whose lines are the same share a number.
    var firstHolders: [Prose] = []
    TrialGrid(
      headings: Self.columns.map(heading), places: rows.map { place($0, withPort: true) },
      // The user has named the port, so it can be left out where the grid would be too wide.
      shortPlaces: rows.map { place($0, withPort: false) },
      cells: rows.map { row in Self.columns.map { cell(row, $0, &firstHolders) } }
    ).write(to: &text)
    for (index, holder) in firstHolders.enumerated() {
      if index == 0 { text.line() }
      text.cell("\(index + 1)", width: 4)
      text.parts(holder, indent: 4)
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

  private func cell(_ row: BindAddress, _ options: SocketOptions, _ firstHolders: inout [Prose])
    -> TrialGrid.Cell
  {
    let index = diagnosis.trials.firstIndex { $0.socket.address == row && $0.socket.options == options }
    var cell = TrialGrid.Cell(Outcome(index.map { diagnosis.trials[$0].outcome }))
    if let index, let holder = diagnosis.firstHolders[index] {
      let line = line(holder)
      let known = firstHolders.firstIndex(of: line) ?? firstHolders.count
      if known == firstHolders.count { firstHolders.append(line) }
      cell.text += " \(known + 1)"
    }
    return cell
  }

  private func line(_ holder: BindDiagnosis.FirstHolder) -> Prose {
    let more: Prose = holder.others > 0 ? "  and \(Quantity.grouped(holder.others)) more" : ""
    return Wording(diagnosis).line(holder.record) + more
  }
}

internal import Diagnosis
internal import SocketTable

/// The trials of `trybind --matrix`: a `TrialGrid` of every combination of reuse options at every address. A number in a
/// cell refers to the list below the grid, which has the first socket in the way of each trial.
struct TrialMatrix {
  private let diagnosis: BindDiagnosis
  private let rows: [BindAddress]
  /// The first trial at each address with each set of options, as an index of `diagnosis.trials`.
  private let indices: [Place: Int]
  private static let columns: [SocketOptions] = [[], .reuseAddress, .reusePort, [.reuseAddress, .reusePort]]

  private struct Place: Hashable {
    let address: BindAddress
    let options: SocketOptions
  }

  /// What is written below the grid: each line once, with its number.
  private struct Lines {
    private(set) var all: [Prose] = []
    private var numbers: [Prose: Int] = [:]

    mutating func number(of line: Prose) -> Int {
      if let known = numbers[line] { return known }
      all.append(line)
      numbers[line] = all.count
      return all.count
    }
  }

  init(_ diagnosis: BindDiagnosis) {
    self.diagnosis = diagnosis
    indices = Dictionary(
      diagnosis.trials.enumerated().lazy.map {
        (Place(address: $1.socket.address, options: $1.socket.options), $0)
      }, uniquingKeysWith: { first, _ in first })
    rows = diagnosis.target.addresses + diagnosis.target.comparedAddresses
  }

  func write(to text: inout StyledText) {
    // Holders whose lines are the same share a number.
    var firstHolders = Lines()
    TrialGrid(
      headings: Self.columns.map(heading), places: rows.map { place($0, withPort: true) },
      // The user has named the port, so it can be left out where the grid would be too wide.
      shortPlaces: rows.map { place($0, withPort: false) },
      cells: rows.map { row in Self.columns.map { cell(row, $0, &firstHolders) } }
    ).write(to: &text)
    if diagnosis.areHeldTogether { text.paragraph(TrialGrid.heldTogether) }
    for (index, holder) in firstHolders.all.enumerated() {
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

  private func cell(_ row: BindAddress, _ options: SocketOptions, _ firstHolders: inout Lines)
    -> TrialGrid.Cell
  {
    let index = indices[Place(address: row, options: options)]
    var cell = TrialGrid.Cell(Outcome(index.map { diagnosis.trials[$0].outcome }))
    if let index, let holder = diagnosis.firstHolders[index] {
      cell.text += " \(firstHolders.number(of: line(holder)))"
    }
    return cell
  }

  private func line(_ holder: BindDiagnosis.FirstHolder) -> Prose {
    let more: Prose = holder.others > 0 ? "  and \(Quantity.grouped(holder.others)) more" : ""
    return Wording(diagnosis).line(holder.record) + more
  }
}

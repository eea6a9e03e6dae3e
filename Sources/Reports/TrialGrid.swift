/// The layout of a grid of trials: a row for each address, a column for each set of options, an outcome in each cell. It
/// knows nothing of findings; `TrybindText` fills it with the usual columns, and `TrialMatrix` with those of `--matrix`.
struct TrialGrid {
  struct Cell {
    var text: String
    let tone: StyledText.Tone?

    init(_ outcome: Outcome) {
      text = outcome.text
      tone = outcome.tone
    }
  }

  /// Below the trials of a server with several sockets.
  static let heldTogether: Prose =
    "Yours were held together, as a server holds them; the others were tried alone."

  /// The sets of options.
  let headings: [String]
  /// The addresses with the port.
  let places: [String]
  /// The addresses without the port, for use where the grid would be too wide; nil if they may not be shortened.
  var shortPlaces: [String]?
  /// A row for each place, with a cell for each heading.
  let cells: [[Cell]]

  func write(to text: inout StyledText) {
    let widths = headings.indices.map { column in
      max(headings[column].count, cells.map { $0[column].text.count }.max() ?? 0)
    }
    var places = places
    if let shortPlaces, Self.width(of: places) + widths.reduce(0, { $0 + 2 + $1 }) > text.width {
      places = shortPlaces
    }
    let placeWidth = Self.width(of: places)
    func write(_ cells: [(text: String, tone: StyledText.Tone?)]) {
      for (column, cell) in cells.enumerated() {
        text.append("  ")
        text.cell(cell.text, width: column == cells.count - 1 ? 0 : widths[column], cell.tone)
      }
      text.line()
    }
    text.pad(placeWidth)
    write(headings.map { ($0, .strong) })
    for (place, row) in zip(places, cells) {
      text.cell(place, width: placeWidth)
      write(row.map { ($0.text, $0.tone) })
    }
  }

  private static func width(of places: [String]) -> Int { places.map(\.count).max() ?? 0 }
}

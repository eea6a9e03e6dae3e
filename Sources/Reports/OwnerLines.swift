internal import Diagnosis
internal import SocketTable

/// The lines about owners in the table of `port --owners`.
enum OwnerLines {
  /// The line begins below the state: the width of the first column and two spaces.
  static let indent = 11

  /// Nil if nothing is known about the owner or the options.
  static func line(_ details: SocketDetailsTable, _ record: SocketRecord) -> Prose? {
    let options = OwnerText.reuseOptions(record, details)
    guard record.inode != 0, let known = details[record] else { return options }
    let flags: Prose = options.map { "  \($0)" } ?? ""
    if let owner = known.owners?.first {
      return OwnerText.line(owner, now: details.observedAt) + flags
    }
    if let hidden = OwnerText.hidden(known) { return hidden + flags }
    if known.visibility == .none { return "no process has it open" + flags }
    return details.failure == nil ? options : "process not found: some could not be checked"
  }

  /// Explains why owners are hidden, and who can see them. Nil if none is hidden.
  static func closing(_ report: PortReport) -> Prose? {
    guard !report.details.isEmpty else { return nil }
    let concealment = report.listed.reduce(into: Concealment()) { union, index in
      if let known = report.details[report.records[Int(index)]], known.visibility == .hidden {
        union.formUnion(known.concealment)
      }
    }
    return concealment.isEmpty ? nil : OwnerText.concealment(concealment)
  }
}

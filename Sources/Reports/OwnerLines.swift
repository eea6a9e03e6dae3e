internal import Diagnosis
internal import SocketTable

/// The lines about owners in the table of `port --owners`.
enum OwnerLines {
  /// The line begins below the state: the width of the first column and two spaces.
  static let indent = 11

  /// Nil if nothing is known about the owner, and for sockets that no process can have.
  static func line(_ details: SocketDetailsTable, _ record: SocketRecord) -> Prose? {
    guard record.inode != 0, let known = details[record] else { return nil }
    let flags: Prose = details.hasAskedForReuseOptions ? "  \(OwnerText.reuseOptions(known))" : ""
    if let owner = known.owners?.first {
      return OwnerText.line(owner, now: details.observedAt) + flags
    }
    if let hidden = OwnerText.hidden(known) { return hidden + flags }
    if known.visibility == .none { return "no process has it open" }
    return details.failure == nil ? nil : "process not found: some could not be checked"
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

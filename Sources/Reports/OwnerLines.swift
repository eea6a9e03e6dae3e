internal import Diagnosis
internal import SocketTable

/// What the table of `port` says of owners.
enum OwnerLines {
  /// Below the state.
  static let indent = 11

  /// Nil where nothing is known, as of sockets that no process can have.
  static func line(_ details: SocketDetailsTable, _ record: SocketRecord) -> Prose? {
    guard record.inode != 0, let known = details[record] else { return nil }
    let flags: Prose = details.hasAskedForReuseOptions ? "  \(OwnerText.reuseOptions(known))" : ""
    if let owner = known.owners?.first {
      return OwnerText.line(owner, now: details.observedAt) + flags
    }
    if let hidden = OwnerText.hidden(known) { return hidden + flags }
    return known.visibility == .none ? "no process has it open" : nil
  }

  /// Why owners are hidden, and from whom they are not.
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

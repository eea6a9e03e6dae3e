internal import Diagnosis
internal import SocketTable

/// What is on the ports in each network namespace, a line for each, and those with nothing together.
struct NamespaceSummaries {
  private let report: PortReport
  private let parts: NamespaceParts
  private let coverage: NamespaceCoverage

  /// Nil unless several network namespaces were asked.
  init?(_ report: PortReport) {
    guard let parts = report.parts, let coverage = report.coverage.namespaces else { return nil }
    self.report = report
    self.parts = parts
    self.coverage = coverage
  }

  private static let widestLabel = 24

  func write(to text: inout StyledText) {
    let shown = parts.all.prefix(max(1, report.room ?? .max))
    let widest = shown.map { $0.namespace.label.unicodeScalars.count }.max() ?? 0
    let width = min(widest, Self.widestLabel, text.width / 3)
    for part in shown {
      text.cell(Prose.cut(part.namespace.label, to: width), width: width + 2, .strong)
      text.paragraph(phrase(part), indent: width + 2)
    }
    let more = parts.all.count - shown.count
    if more > 0 { text.line("and \(Quantity.grouped(more)) more namespaces (in a pipe: all)") }
    let empty = coverage.lookedAt - parts.all.count
    if empty > 0 {
      text.paragraph(
        "\(Quantity.count(empty, "other namespace")): \(report.coverage.isComplete ? "nothing" : "nothing was seen")"
      )
    }
    if coverage.notLookedAt > 0 {
      text.paragraph(
        "\(Quantity.count(coverage.notLookedAt, "namespace")) \(coverage.notLookedAt == 1 ? "was" : "were") not looked at."
      )
    }
    if text.rows == nil { text.paragraph("Not seen: \(Self.unseen).") }
  }

  /// What can be there, and is not looked for.
  static let unseen = "namespaces that only an open file, a thread or a mount in another directory keeps"

  private func phrase(_ part: NamespaceParts.Part) -> Prose {
    if part.records.isEmpty { return report.coverage.isComplete ? "nothing" : "nothing was seen" }
    let records = report.records[part.records]
    guard report.filter.side == .local else { return StateList(StateCounts(Array(records))).list }
    var tally = PortTally()
    for record in records { tally.add(record) }
    var details = report.holderDetails
    details.interfaceNames = part.interfaceNames
    return tally.phrase(details, namesPort: true)
  }

  /// The first other namespace where something is, if a process of it is known, by which it can be asked: names of namespaces are
  /// put into no command.
  /// - Parameter width: of the terminal.
  func other(width: Int) -> (label: String, process: Int32)? {
    for part in parts.all where !part.namespace.isOwn && !part.records.isEmpty {
      if let pid = part.namespace.pid {
        return (Prose.cut(part.namespace.label, to: min(Self.widestLabel, width / 3)), pid)
      }
    }
    return nil
  }

  /// What is on the ports in the own namespace.
  var ownCounts: StateCounts {
    StateCounts(parts.all.first { $0.namespace.isOwn }.map { Array(report.records[$0.records]) } ?? [])
  }
}

extension NamespaceIdentity {
  /// In few words who it is; escaped. A login session or a slice says nothing about that, and the process stands for it.
  var label: String {
    if isOwn { return "here" }
    if let name, !isNamedByDocker { return ByteSafety.escaped(name) }
    if let container {
      return ByteSafety.escaped("\(container.isPod ? "pod" : "container") \(container.shortID)")
    }
    if let unit, unit.hasSuffix(".service"), !unit.hasPrefix("user@") { return ByteSafety.escaped(unit) }
    if let pid { return "pid \(pid)" }
    return name.map(ByteSafety.escaped) ?? "namespace \(inode)"
  }
}

extension Prose {
  /// A text that takes at most this many columns.
  static func cut(_ text: String, to columns: Int) -> String {
    guard text.unicodeScalars.count > columns else { return text }
    let mark = columns > 5 ? "..." : ""
    var cut = ""
    cut.unicodeScalars.append(contentsOf: text.unicodeScalars.prefix(columns - mark.count))
    return cut + mark
  }
}

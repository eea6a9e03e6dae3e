internal import Diagnosis

/// Writes a Finding object.
enum FindingJSON {
  static func write(_ writer: inout JSONWriter, _ finding: Finding, _ text: FindingText) {
    writer.member("slug", finding.slug.rawValue)
    writer.member("severity", finding.severity.rawValue)
    writer.member("certainty", finding.certainty.rawValue)
    writer.member("title", text.title.plain)
    writer.member("because", text.because.plain)
    writer.member("evidence", strings: text.evidence.map(\.plain))
    writer.array("remedies", text.remedies) { writer, remedy in
      writer.element { writer in
        writer.member("action", remedy.action.plain)
        writer.member("command", remedy.command)
        writer.member("side_effects", remedy.sideEffects?.plain)
      }
    }
    writer.member("not_seen", strings: text.notSeen.map(\.plain))
  }
}

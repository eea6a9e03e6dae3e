internal import Diagnosis
internal import SocketTable

/// Writes a Finding object.
enum FindingJSON {
  static func write(_ writer: inout JSONWriter, _ finding: Finding, _ text: FindingText) {
    writer.member("slug", finding.slug.rawValue)
    writer.member("severity", finding.severity.rawValue)
    writer.member("certainty", finding.certainty.rawValue)
    writer.member("title", text.title.plain)
    writer.member("because", text.because.plain)
    writer.member("evidence", strings: text.evidence.map(\.plain))
    writer.array("remedies", zip(finding.remedies, text.remedies)) { writer, pair in
      let (remedy, text) = pair
      writer.element { writer in
        write(&writer, remedy)
        writer.member("action", text.action.plain)
        writer.member("command", text.command)
        writer.member("side_effects", text.sideEffects?.plain)
      }
    }
    writer.member("not_seen", strings: text.notSeen.map(\.plain))
  }

  private static func write(_ writer: inout JSONWriter, _ remedy: Remedy) {
    let parameters = remedy.parameters
    writer.member("kind", remedy.kind.rawValue)
    writer.member("effect", remedy.effect.rawValue)
    writer.member("ms", parameters.milliseconds)
    writer.member("unit", parameters.unit)
    writer.member("container", parameters.container)
    if let pids = parameters.pids {
      writer.array("pids", pids) { writer, pid in writer.raw { $0.append(decimal: UInt64(max(0, pid))) } }
    } else {
      writer.memberNull("pids")
    }
    writer.member("sysctl", parameters.sysctl)
    writer.member("value", parameters.value)
  }
}

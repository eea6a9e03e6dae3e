import Diagnosis
import Foundation
import JSONLog
import RecordSupport
import Reports
import SocketTable
import Testing

extension Envelope {
  static func example(_ command: String = "port", hostname: String = "host", netns: UInt64? = 4_026_531_840)
    -> Envelope
  {
    Envelope(
      command: command, toolVersion: "1.2.3", observedAtMilliseconds: 1_795_349_095_123, hostname: hostname,
      kernel: "6.18.44", networkNamespace: netns, effectiveUserID: 1000)
  }
}

/// "eth2" for 2; a device that is gone for 9.
func interfaceName(_ index: UInt32) -> String { index == 9 ? "#9" : "eth\(index)" }

extension PortReport {
  /// What `port` makes of everything that is on the ports.
  static func of(
    _ records: [SocketRecord], _ filter: SocketFilter = SocketFilter(ports: PortSet(9527)),
    sort: SocketTable.SortOrder = .time,
    limit: Int = .max, coverage: Coverage = Coverage(origin: .sockDiag, isComplete: true, blindSpots: [])
  ) -> PortReport {
    let order = sort.order(records) { filter.matchesState($0) }
    return PortReport(
      filter: filter, records: records, listed: Array(order.prefix(limit)), listedCount: order.count,
      counts: StateCounts(records), coverage: coverage, timerSlack: 2048)
  }

  func table(width: Int = 80, usesColor: Bool = false) -> String {
    var text = StyledText(usesColor: usesColor, width: width)
    PortTable(self, interfaceName: interfaceName).write(to: &text)
    return text.buffer.text
  }
}

/// A parsed JSON object, whose members are asked for by path: `json["host", "kernel"]`.
struct JSONObject {
  let members: [String: Any]

  /// - Parameter text: a document, or a line.
  init(_ text: String) throws {
    JSONLog.add((text.hasSuffix("\n") ? text : text + "\n").utf8, of: "ReportsTests")
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    members = try #require(value as? [String: Any], "no object: \(text)")
  }

  init(_ value: Any?) throws { members = try #require(value as? [String: Any]) }

  var keys: Set<String> { Set(members.keys) }

  subscript(path: String...) -> Any? {
    var value: Any? = members
    for key in path { value = (value as? [String: Any])?[key] }
    return value
  }

  func string(_ key: String) -> String? { members[key] as? String }
  func bool(_ key: String) -> Bool? { isBool(key) ? members[key] as? Bool : nil }
  func int(_ key: String) -> Int? { isBool(key) ? nil : members[key] as? Int }
  func isNull(_ key: String) -> Bool { members[key] is NSNull }

  func objects(_ key: String) throws -> [JSONObject] {
    try #require(members[key] as? [Any]).map { try JSONObject($0) }
  }

  func object(_ key: String) throws -> JSONObject { try JSONObject(members[key]) }

  /// Foundation would give a number for a bool, and the reverse.
  private func isBool(_ key: String) -> Bool {
    guard let number = members[key] as? NSNumber else { return false }
    return String(cString: number.objCType) == "c"
  }
}

/// The keys that the contract promises.
enum Keys {
  static let identity: Set<String> = ["schema_version", "command"]
  static let envelope = identity.union(["tool_version", "observed_at", "host", "source"])
  static let host: Set<String> = ["hostname", "kernel", "netns_inode", "euid"]
  static let source: Set<String> = ["kind", "complete", "blind_spots"]
  static let query: Set<String> = ["ports", "side", "states", "minisockets"]
  static let counts: Set<String> = ["listed", "by_state"]
  static let socket: Set<String> = [
    "protocol", "family", "state", "minisocket", "local", "peer", "side", "interface", "timer", "uid",
    "inode", "cookie",
    "v6_only", "cgroup", "reuse_addr", "reuse_port", "owners", "owners_complete", "owner_visibility",
    "namespace",
  ]
  static let target: Set<String> = [
    "port", "addresses", "reuse", "reuse_port", "v6_only", "interface", "as_uid", "after_stop",
    "taken_from",
  ]
  static let trial: Set<String> = [
    "address", "interface", "options", "v6_only", "bind", "listen", "predicted", "yours",
  ]
  static let finding: Set<String> = [
    "slug", "severity", "certainty", "title", "because", "evidence", "remedies", "not_seen",
  ]
  static let remedy: Set<String> = [
    "kind", "effect", "ms", "unit", "container", "pids", "sysctl", "value", "action", "command",
    "side_effects",
  ]
}

extension BindDiagnosis {
  /// The findings in words.
  var texts: [FindingText] { findings.map(Wording(self).text) }
}

extension FindingText {
  /// All but the commands.
  var everyText: [Prose] {
    [title, because] + evidence + notSeen + remedies.map(\.action) + remedies.compactMap(\.sideEffects)
  }
}

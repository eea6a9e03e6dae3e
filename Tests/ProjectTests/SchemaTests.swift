import Diagnosis
import Foundation
import Handbook
import NetlinkCodec
import Reports
import SocketTable
import Testing

/// docs/schema is written by hand, so that it can say what each member means. What the code can write has to be in it, and
/// what scripts/check-json cannot see of it is held here.
@Suite struct SchemaTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/schema")

  private static func schema(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appending(path: "\(name).json"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
      String($0.split(separator: ".")[0])
    }.sorted()
  }

  /// Where an enumeration stands, and what the code has.
  private static let enumerations: [(file: String, path: String, values: [String])] = [
    ("common", "slug", Finding.Slug.allCases.map(\.rawValue)),
    ("common", "finding/properties/severity", Finding.Severity.allCases.map(\.rawValue)),
    ("common", "certainty", Finding.Certainty.allCases.map(\.rawValue)),
    ("common", "remedy/properties/kind", Remedy.Kind.allCases.map(\.rawValue)),
    ("common", "remedy/properties/effect", Remedy.Effect.allCases.map(\.rawValue)),
    ("common", "bind_answer/properties/verdict", BindVerdict.allCases.map(\.rawValue)),
    ("common", "predicted", ConflictRules.Prediction.allCases.map(\.rawValue)),
    (
      "common", "bind_answer/properties/prediction/properties/depends_on/items",
      ConflictRules.Unknowns(rawValue: .max).names
    ),
    ("common", "option", SocketOptions([.reuseAddress, .reusePort]).names),
    ("common", "blind_spot", BlindSpot.allCases.map(\.rawValue)),
    ("common", "known_state", TCPState.known.map(\.name)),
    (
      "common", "envelope/properties/source/properties/kind", Coverage.Origin.allCases.map(\.rawValue)
    ),
    ("common", "socket_members/properties/side", MatchedSide.allCases.map(\.rawValue)),
    (
      "common", "socket_members/properties/timer/properties/kind",
      SocketRecord.Timer.Kind.allCases.map { "\($0.name)" }
    ),
    ("common", "socket_members/properties/owner_visibility", OwnerVisibility.allCases.map(\.rawValue)),
    ("port", "query/properties/side", SocketFilter.Side.allCases.map(\.rawValue)),
    ("audit", "restart", AuditedListener.Restart.allCases.map(\.rawValue)),
    ("audit", "totals/properties/verdict", BindVerdict.allCases.map(\.rawValue)),
    ("explain", "head/properties/group", Topic.Group.allCases.map(\.rawValue)),
    ("demo", "claim_members/properties/verdict", ClaimReport.Verdict.allCases.map(\.rawValue)),
    ("demo", "step/properties/actor", ClaimEvent.Actor.allCases.map(\.rawValue)),
  ]

  @Test func enumerationsAreThoseOfTheCode() throws {
    for (file, path, values) in Self.enumerations {
      var value: Any? = try Self.schema(file)["$defs"]
      for key in path.split(separator: "/") { value = (value as? [String: Any])?[String(key)] }
      let listed = ((value as? [String: Any])?["enum"] as? [Any])?.compactMap { $0 as? String } ?? []
      #expect(Set(listed) == Set(values), "docs/schema/\(file).json: $defs/\(path)")
      #expect(listed.count == Set(listed).count, "docs/schema/\(file).json: $defs/\(path)")
    }
  }

  /// What a schema's `oneOf` offers has the type that it is called by; a document has none.
  @Test func everyTypeOfLine() throws {
    var types: Set<String> = []
    for name in try Self.names() where name != "common" {
      let schema = try Self.schema(name)
      let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
      for part in try #require(schema["oneOf"] as? [[String: String]]) {
        let kind = String(try #require(part["$ref"]).dropFirst("#/$defs/".count))
        let properties = definitions[kind]?["properties"] as? [String: [String: Any]]
        let type = properties?["type"]?["const"] as? String
        if kind == "document" {
          #expect(type == nil, "\(name)")
          continue
        }
        #expect(kind == "end" || type == kind, "\(name): \(kind)")
        types.insert(kind)
      }
    }
    #expect(types == Set(LineType.allCases.map(\.rawValue)))
  }

  @Test func everyCommand() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/tw-inspect").path)
    let commands = Set(folders.map { $0.lowercased() }).subtracting(["commandline", "output"])
    #expect(Set(try Self.names()) == commands.union(["common"]))
  }

  @Test func version() throws {
    let identity = try #require(
      (Self.schema("common")["$defs"] as? [String: [String: Any]])?["identity"]?["properties"]
        as? [String: [String: Any]])
    #expect(identity["schema_version"]?["const"] as? UInt == Envelope.schemaVersion)
  }

  // MARK: What every member says of itself

  /// Every key is always there, a null is explained, and a time has its unit.
  @Test func membersAreRequiredAndExplained() throws {
    for name in try Self.names() {
      check(try Self.schema(name), "docs/schema/\(name).json")
    }
  }

  private func check(_ value: Any, _ path: String) {
    if let list = value as? [Any] { for item in list { check(item, path) } }
    guard let object = value as? [String: Any] else { return }
    for (key, inner) in object where key != "properties" { check(inner, "\(path)/\(key)") }
    guard let properties = object["properties"] as? [String: [String: Any]] else { return }
    let required = Set(object["required"] as? [String] ?? [])
    for (key, property) in properties {
      let place = "\(path)/\(key)"
      check(property, place)
      // These narrow what another schema requires.
      let isNarrowed = ["command", "source", "counts"].contains(key)
      #expect(required.contains(key) || isNarrowed, "\(place) is not required")
      let description = property["description"] as? String ?? ""
      if Self.mayBeNull(property) {
        #expect(description.lowercased().contains("null"), "\(place): what does null mean?")
      }
      if key.hasSuffix("_ms") || key == "ms" {
        #expect(description.lowercased().contains("millisecond"), "\(place): in what unit?")
      }
    }
    for key in required where properties[key] == nil {
      Issue.record("\(path)/\(key) is required and not there")
    }
  }

  private static func mayBeNull(_ property: [String: Any]) -> Bool {
    let types = property["type"] as? [String] ?? []
    let values = property["enum"] as? [Any] ?? []
    let alternatives = property["anyOf"] as? [[String: Any]] ?? []
    return types.contains("null") || values.contains { $0 is NSNull }
      || alternatives.contains { $0["type"] as? String == "null" }
  }
}

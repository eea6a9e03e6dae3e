import Foundation
import Testing

/// CONTRIBUTING.md tells which folder of Sources may use which others; Package.swift is what the compiler holds them to. The
/// table once allowed what the package did not, and the other way round.
@Suite struct WhoMayUseWhomTests {
  private static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func text(_ name: String) throws -> String {
    try String(contentsOf: project.appending(path: name), encoding: .utf8)
  }

  /// What each target of Sources depends on.
  private static func package() throws -> [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    let target =
      /\.(?:target|executableTarget|systemLibrary)\(\s*name: "(?<name>[^"]+)"(?<rest>[^\n]*(?:\n {6,}[^\n]*)*)/
    for match in try text("Package.swift").matches(of: target) where !match.rest.contains("path: ") {
      let list = match.rest.firstMatch(of: /dependencies: \[(?<list>[^\]]*)\]/)?.list ?? ""
      // Of another package the product is named first.
      let names = list.replacing(/, package: "[^"]*"/, with: "").matches(of: /"([^"]+)"/)
      found[String(match.name)] = Set(names.map { String($0.output.1) })
    }
    return found
  }

  /// The last column of the table, by the first.
  private static func table() throws -> [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    for row in try text("CONTRIBUTING.md").matches(
      of: /\n\| `(?<name>[^`]+)` \|[^|\n]*\| (?<list>[^|\n]*) \|/)
    {
      let list = row.list == "nothing" ? [] : row.list.split(separator: ", ").map(String.init)
      found[String(row.name)] = Set(list)
    }
    return found
  }

  @Test func tableAndPackageSayTheSame() throws {
    let package = try Self.package()
    let table = try Self.table()
    #expect(package.count > 8)
    for (name, uses) in package {
      #expect(table[name] == uses, "\(name) in CONTRIBUTING.md and in Package.swift")
    }
    // What no target is made of uses nothing of the project.
    for (name, uses) in table where package[name] == nil { #expect(uses.isEmpty, "\(name) is no target") }
  }

  @Test func everyFolderIsInTheTable() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: Self.project.appending(path: "Sources").path)
    #expect(Set(folders) == Set(try Self.table().keys))
  }
}

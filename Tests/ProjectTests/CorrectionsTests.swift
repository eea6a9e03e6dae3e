import Foundation
import Testing

/// docs/corrections.md names the test that holds each answer which was wrong once. A test that is renamed or deleted would
/// leave a row that nothing holds.
@Suite struct CorrectionsTests {
  private static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The cells of each row, without the heads of the tables.
  private static func rows() throws -> [[Substring]] {
    let text = try String(contentsOf: project.appending(path: "docs/corrections.md"), encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| what was wrong") }
      .map { $0.dropFirst(2).dropLast(2).split(separator: " | ", omittingEmptySubsequences: false) }
      .filter { $0.first?.hasPrefix("---") != true }
  }

  /// "Suite.test" of every test there is. A file of several suites counts for each of them.
  private static func tests() throws -> Set<String> {
    let folder = project.appending(path: "Tests")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var found: Set<String> = []
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      // What follows the attribute first is the test's own name.
      let names = text.split(separator: "@Test").dropFirst().compactMap {
        $0.firstMatch(of: /\bfunc (\w+)\(/)?.output.1
      }
      let suites = text.matches(of: /\n *(?:@Suite.* )?(?:struct|extension|class) (\w+)/).map(\.output.1)
      for suite in suites { for name in names { found.insert("\(suite).\(name)") } }
    }
    return found
  }

  @Test func everyTestIsThere() throws {
    let tests = try Self.tests()
    let rows = try Self.rows()
    try #require(rows.count > 50 && tests.count > 500)
    for row in rows {
      try #require(row.count == 3, "\(row)")
      let named = row[1].matches(of: /`([^`]+)`/).map { String($0.output.1) }
      #expect(!named.isEmpty, "\(row[0])")
      for name in named where name.wholeMatch(of: /[A-Z]\w*\.\w+/) != nil {
        let isThere = tests.contains(name)
        #expect(isThere, "docs/corrections.md names \(name)")
      }
    }
  }

  /// A hash, or the subject of the commit where that is not known yet.
  @Test func everyRowHasItsCommit() throws {
    for row in try Self.rows() {
      let isOne = row.last?.wholeMatch(of: /[0-9a-f]{7}(?:, [0-9a-f]{7})*|"[A-Z][^"]+"/) != nil
      #expect(isOne, "\(row)")
    }
  }
}

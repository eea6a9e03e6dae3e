import Foundation
import TestSupport
import Testing

/// Text as printed, kept in Screens/ to be read and reviewed: what changes from run to run is masked, width and all.
/// `TW_UPDATE_SCREENS=1 swift test --filter ScreenTests` writes the files anew.
struct ScreenFile {
  private var sections: [(title: String, text: String)] = []

  /// A section: what the situation is, what was typed, and what came.
  mutating func add(_ title: String, _ result: CommandResult) {
    let typed = result.command.split(separator: " ").dropFirst().joined(separator: " ")
    var text = "$ tw-inspect \(typed)\n" + Self.masked(result.output, except: typed)
    if !result.errors.isEmpty { text += "(stderr) " + Self.masked(result.errors, except: typed) }
    if let code = result.exitCode, code != 0 { text += "(exit \(code))\n" }
    sections.append((title, text))
    expectNarrow(result.output)
  }

  /// A screen as a terminal shows it, with bars drawn to their end where the time left is long.
  mutating func add(_ title: String, screen: String) {
    var text = Self.masked(screen, except: "")
      .replacing(/\d{4}-\d\d-\d\dT[\d:.]+Z/, with: "0000-00-00T00:00:00.000Z")
      .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, with: "0000-00-00 00:00:00")
    text = text.replacing(/[█▉▊▋▌▍▎▏]+ +/) { match in
      let drawn = match.output.count { $0 != " " } > 10 ? 19 : 1
      return String(repeating: "█", count: drawn)
        + String(repeating: " ", count: max(2, match.output.count - drawn))
    }
    sections.append((title, text))
  }

  private var text: String {
    sections.map { "=== \($0.title)\n\($0.text)\n" }.joined()
  }

  func compare(with name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try compare(withFile: "Tests/CommandTests/Screens/\(name).txt", sourceLocation: sourceLocation)
  }

  /// - Parameter path: from the project's directory.
  func compare(withFile path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let url = tests.deletingLastPathComponent().appending(path: path)
    if ProcessInfo.processInfo.environment["TW_UPDATE_SCREENS"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let kept = Self.split(String(decoding: try Data(contentsOf: url), as: UTF8.self))
    let now = Self.split(text)
    #expect(now.keys.sorted() == kept.keys.sorted(), sourceLocation: sourceLocation)
    for (title, text) in now.sorted(by: { $0.key < $1.key }) {
      #expect(
        Self.comparable(text) == kept[title].map(Self.comparable), "\(title)", sourceLocation: sourceLocation)
    }
  }

  /// Where a line is broken depends on how long the number and the name of this process are.
  private static func comparable(_ text: String) -> String {
    text.contains("pid N") ? text.split(whereSeparator: \.isWhitespace).joined(separator: " ") : text
  }

  private static func split(_ text: String) -> [String: String] {
    var sections: [String: String] = [:]
    for section in ("\n" + text).components(separatedBy: "\n=== ").dropFirst() {
      let lines = section.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      sections[String(lines[0])] = lines.count > 1 ? String(lines[1]) : ""
    }
    return sections
  }

  /// Times left, ports that the kernel chose, and microseconds become zeros, digit by digit.
  private static func masked(_ text: String, except typed: String) -> String {
    var text = text
    for pattern in [/\d+\.\d s/, /:[3-6]\d{4}\b/] {
      text = text.replacing(pattern) { match in
        typed.contains(match.output.dropFirst())
          ? String(match.output) : String(match.output.map { $0.isNumber ? "0" : $0 })
      }
    }
    // An inode has as many digits as it has, and so has a process. Here it is always this one, by whatever name.
    text = text.replacing(/socket:\?\d+/, with: "socket:?0")
    let name = (try? String(contentsOfFile: "/proc/self/comm", encoding: .utf8)) ?? ""
    text = text.replacing(name.trimmingCharacters(in: .whitespacesAndNewlines), with: "server")
    text = text.replacing(/pid\s+\d+/) { "pid\($0.output.contains("\n") ? "\n        " : " ")N" }
    return text.replacing(/(kill|-p|-CONT|--like) \d+/) { "\($0.output.1) N" }
      .replacing(/fd \d+/, with: "fd N").replacing(/running for \d+ \w+( \d+ min)?/, with: "running for 0 s")
  }
}

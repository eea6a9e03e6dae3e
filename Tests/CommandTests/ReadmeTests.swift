import Foundation
import KernelSupport
import TestSupport
import Testing

/// README's first screen is what the tool prints, but for times and ports that the kernel chose.
@Suite(.needs(.networkNamespaces), .needs(.ipv6), .needs(.boundSockets))
struct ReadmeTests {
  private static let commands = [["port", "9527"], ["trybind", "9527"]]
  private static let url = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")

  @Test func firstScreen() throws {
    let isUpdating = ProcessInfo.processInfo.environment["TW_UPDATE_SCREENS"] == "1"
    let answers = try withNetworkNamespace { lab in
      for index in 0..<3 {
        // Only so that those who read it see different times.
        if isUpdating, index > 0 { pause(milliseconds: 7_000) }
        try lab.timeWait(port: 9527, .init(reuseAddress: true))
      }
      return try Self.commands.map { try Tool.run($0, asUser: Lab.canSwitchUser ? 65_534 : nil).output }
    }
    let readme = String(decoding: try Data(contentsOf: Self.url), as: UTF8.self)
    let block = try #require(readme.firstMatch(of: /```\n(\$ tw-inspect [\s\S]*?)```/)?.1)
    let now = zip(Self.commands, answers).map { command, answer in
      "$ tw-inspect \(command.joined(separator: " "))\n\(Self.shown(answer))"
    }.joined(separator: "\n")
    if isUpdating {
      try Data(readme.replacing(block, with: now).utf8).write(to: Self.url)
      return
    }
    #expect(Self.masked(now) == Self.masked(String(block)), "TW_UPDATE_SCREENS=1 writes it anew")
  }

  /// What is the same for every answer is left to who runs it.
  private static func shown(_ answer: String) -> String {
    guard let end = answer.firstRange(of: "\nUnseen ") else { return answer }
    return answer[..<end.lowerBound] + "\n...\n"
  }

  private static func masked(_ text: String) -> String {
    // Root is told no sudo.
    text.replacing("sudo ", with: "").replacing(/[ ]*\d+\.\d s/, with: " 0 s").replacing(
      /:[3-6]\d{4}\b/, with: ":00000")
  }
}

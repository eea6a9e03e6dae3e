import Foundation
import TestSupport
import Testing

/// docs/demo.txt is what `demo` prints, for readers. What differs from run to run is made the same, so that it still reads
/// as it would be seen. `TW_UPDATE_SCREENS=1 swift test --filter DemoPictureTests` writes it anew.
@Suite struct DemoPictureTests {
  @Test(.needs(.networkNamespaces), .needs(.ipv6), .needs(.realTime)) func picture() throws {
    let result = try withNetworkNamespace { _ in try Tool.run("demo") }
    #expect(result.exitCode == 0)
    expectNarrow(result.output)
    let text = "$ tw-inspect demo\n" + Self.settled(result.output)
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/demo.txt")
    if ProcessInfo.processInfo.environment["TW_UPDATE_SCREENS"] == "1" {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
      return
    }
    let kept = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    let (old, new) = (kept.components(separatedBy: "\n"), text.components(separatedBy: "\n"))
    let line = zip(old, new).prefix { $0 == $1 }.count
    #expect(
      old.dropFirst(line).first == new.dropFirst(line).first, "docs/demo.txt differs from line \(line + 1) on"
    )
  }

  /// Ports that the kernel chose become ever the same ones, in the order in which they come; so do times.
  private static func settled(_ text: String) -> String {
    var ports: [String: String] = [:]
    return
      text.replacing(/:([3-6]\d{4})\b/) { match in
        let port = String(match.output.1)
        if port == "40001" { return ":40001" }
        let shown = ports[port] ?? "\(52_114 + 2 * ports.count)"
        ports[port] = shown
        return ":\(shown)"
      }
      .replacing(/\b(59\.[5-9]|60\.0) s\b/, with: "60.0 s")
      .replacing(/\b(4\.[5-9]|5\.0) s\b/, with: "5.0 s")
      .replacing(/\d\d\.\d s at the latest/, with: "62.0 s at the latest")
      .replacing(/up to \d\.\d s/, with: "up to 2.0 s")
      .replacing(/connect after \d\.\d s/, with: "connect after 1.0 s")
  }
}

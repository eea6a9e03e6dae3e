import KernelSupport
import TestSupport
import Testing

/// The common answers as terminals of several sizes show them: what a person sees without scrolling.
@Suite(.needs(.networkNamespaces), .needs(.boundSockets), .needs(.realTime), .needs(.program("tmux")))
struct TerminalScreenTests {
  struct Size: Sendable, CustomTestStringConvertible {
    let columns: Int
    let rows: Int
    var testDescription: String { "\(columns)x\(rows)" }
  }

  /// What is on the port, what is asked, and how the answer begins.
  private struct Situation: Sendable {
    let title: String
    let arguments: [String]
    let verdict: String
    let namesProcess: Bool
    let make: @Sendable (Lab) throws -> Void

    init(
      _ title: String, _ arguments: String..., verdict: String = "", namesProcess: Bool = false,
      make: @escaping @Sendable (Lab) throws -> Void
    ) {
      self.title = title
      self.arguments = arguments
      self.verdict = verdict
      self.namesProcess = namesProcess
      self.make = make
    }
  }

  private static let situations = [
    Situation("nothing is there", "trybind", "9542", verdict: "Yes.") { _ in },
    Situation("the old server had SO_REUSEADDR", "trybind", "9527", verdict: "No.") {
      try $0.timeWaits(count: 5, port: 9527, .init(reuseAddress: true))
    },
    Situation("the old server did not have it", "trybind", "9527", "--reuse", verdict: "No.") {
      try $0.timeWaits(count: 5, port: 9527)
    },
    Situation("somebody listens", "trybind", "9527", verdict: "No.", namesProcess: true) {
      try $0.listener(port: 9527)
    },
    Situation("a listener with a connection", "trybind", "9527", verdict: "No.", namesProcess: true) {
      try $0.established(port: 9527, keepListener: true)
    },
    Situation("a matrix", "trybind", "9527", "--matrix", verdict: "No.", namesProcess: true) {
      try $0.listener(port: 9527)
    },
    Situation("TIME_WAIT on a port", "port", "9527") { try $0.timeWaits(count: 60, port: 9527) },
    Situation("several ports", "port", "9520-9530", namesProcess: true) {
      try $0.timeWaits(count: 2, port: 9527)
      try $0.boundOnly(port: 9529)
    },
  ]

  @Test(
    .needs(.ipv6),
    arguments: [(20, 10), (40, 12), (80, 24), (200, 50)].map { Size(columns: $0.0, rows: $0.1) })
  func common(size: Size) throws {
    var screens = ScreenFile()
    // Where lines are short, what stands on them depends on the length of a process's number.
    for situation in Self.situations where size.columns >= 80 || !situation.namesProcess {
      try withNetworkNamespace { lab in
        try situation.make(lab)
        let terminal = try TerminalEmulator(
          rows: size.rows, columns: size.columns, situation.arguments + ["--color", "never"])
        let lines = try terminal.waitForScreen { $0.contains { $0.hasPrefix("status ") } }
        if size.rows >= 24 {
          #expect(situation.verdict.isEmpty || lines[0].hasPrefix(situation.verdict), "\(lines)")
          #expect(
            situation.verdict != "No." || lines.contains { $0.hasPrefix("Do  ") },
            "\(situation.title): \(lines)")
        }
        screens.add(situation.title, screen: lines.map { $0 + "\n" }.joined())
      }
    }
    try screens.compare(with: "terminal-\(size.testDescription)")
  }
}

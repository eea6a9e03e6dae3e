import TestSupport
import Testing

/// Colour, and the width of a terminal: nothing else changes by itself.
@Suite(.needs(.networkNamespaces))
struct ColorTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    let isTerminal: Bool
    let environment: [String: String]
    let arguments: [String]
    let isColored: Bool

    init(terminal: Bool, _ environment: [String: String], _ arguments: [String] = [], colored: Bool) {
      isTerminal = terminal
      self.environment = environment
      self.arguments = arguments
      isColored = colored
    }

    var testDescription: String { "\(isTerminal ? "terminal" : "pipe") \(environment) \(arguments)" }
  }

  private static let xterm = ["TERM": "xterm"]

  static let settings: [Setting] = [
    Setting(terminal: false, xterm, colored: false),
    Setting(terminal: true, xterm, colored: true),
    Setting(terminal: true, ["TERM": "dumb"], colored: false),
    Setting(terminal: true, ["TERM": ""], colored: false), Setting(terminal: true, [:], colored: false),
    Setting(terminal: true, ["TERM": "xterm", "NO_COLOR": "1"], colored: false),
    Setting(terminal: true, ["TERM": "xterm", "NO_COLOR": ""], colored: true),
    Setting(terminal: false, ["TERM": "xterm", "CLICOLOR_FORCE": "1"], colored: true),
    Setting(terminal: false, ["TERM": "dumb", "CLICOLOR_FORCE": "1"], colored: true),
    Setting(terminal: false, ["TERM": "xterm", "CLICOLOR_FORCE": "0"], colored: false),
    Setting(terminal: false, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], colored: false),
    Setting(terminal: false, ["NO_COLOR": "1"], ["--color", "always"], colored: true),
    Setting(terminal: false, ["TERM": "dumb"], ["--color", "always"], colored: true),
    Setting(terminal: true, xterm, ["--color", "never"], colored: false),
    Setting(terminal: false, ["CLICOLOR_FORCE": "1"], ["--color", "never"], colored: false),
    Setting(terminal: false, ["CLICOLOR_FORCE": "1"], ["--color", "auto"], colored: true),
  ]

  private func run(_ setting: Setting, _ arguments: [String]) throws -> CommandResult {
    var command = try Tool.command(arguments + setting.arguments)
    command.environment = setting.environment
    if setting.isTerminal { command.terminal = (rows: 24, columns: 80) }
    return try command.run()
  }

  @Test(.needs(.realTime), arguments: settings)
  func whenThereIsColor(_ setting: Setting) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      for arguments in [["port", "9527", "--all"], ["trybind", "9527", "-v"]] {
        let result = try run(setting, arguments)
        #expect(result.output.contains("\u{1b}[") == setting.isColored)
        let text = stripped(result.output)
        // A moment may have passed.
        func ageless(_ text: String) -> String { text.replacing(/running for [\d ]+(s|min|h)\b/, with: "") }
        #expect(ageless(text) == ageless(try Tool.run(arguments).output), "colour changes nothing else")
      }
    }
  }

  /// Without escape sequences, and with the lines of a file.
  private func stripped(_ text: String) -> String {
    text.replacing(/\u{1b}\[[0-9;]*m/, with: "").replacing("\r\n", with: "\n")
  }

  /// Only the verdict, states, errnos and headings; and each colour ends on its line.
  @Test func whatIsColored() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      var colored: Set<String> = []
      for arguments in [["port", "9527"], ["trybind", "9527"], ["trybind", "9527", "--reuse"]] {
        let text = try Tool.run(arguments + ["--color", "always"]).output
        for match in text.matches(of: /\u{1b}\[([0-9;]+)m([^\u{1b}]*)\u{1b}\[0m/) {
          #expect(!match.output.2.contains("\n"))
          colored.insert(match.output.2.trimmingPrefix(" ").description)
        }
        #expect(!stripped(text).contains("\u{1b}"))
      }
      let allowed: Set<String> = [
        "TIME LEFT", "STATE", "LOCAL", "PEER", "TIME_WAIT", "plain", "SO_REUSEADDR", "SO_REUSEADDR (yours)",
        "EADDRINUSE", "ok", "No.", "Yes.", "Why", "Seen", "Do", "Unseen", "Also", "Note", "More",
      ]
      let others = colored.map { $0.replacing("  ", with: "") }.filter { !allowed.contains($0) }
      #expect(others.isEmpty)
      #expect(colored.contains { $0.hasPrefix("No.") })
      #expect(colored.contains { $0.hasPrefix("TIME_WAIT") })
    }
  }

  /// Formats for programs have none, whatever is asked.
  @Test(arguments: ["plain", "json", "jsonl"])
  func neverInData(format: String) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      for command in ["port", "trybind"] {
        let setting = Setting(
          terminal: false, ["CLICOLOR_FORCE": "1"], ["--color", "always", "--output", format], colored: false)
        #expect(try !run(setting, [command, "9527"]).output.contains("\u{1b}"))
      }
    }
  }

  /// On a terminal the same format comes as in a pipe: no program is surprised.
  @Test(arguments: ["table", "plain", "json", "jsonl"])
  func theFormatStays(format: String) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let arguments = ["port", "9527", "--all", "--output", format, "--color", "never"]
      var command = try Tool.command(arguments)
      command.terminal = (rows: 24, columns: 80)
      func timeless(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing(/"observed_at": ?"[^"]*"/, with: "")
      }
      #expect(try timeless(command.run().output) == timeless(Tool.run(arguments).output))
    }
  }

  /// Sentences are wrapped at the terminal's width; what is wider (a row, a command) is not cut.
  @Test(arguments: [40, 60, 72, 80, 100, 132, 200] as [UInt16])
  func widths(columns: UInt16) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: .ipv4Wildcard, port: 9527, .init(reuseAddress: true), keepListener: true)
      for arguments in [["port", "9527"], ["trybind", "9527", "-v"]] {
        var command = try Tool.command(arguments + ["--color", "never"])
        command.terminal = (rows: 24, columns: columns)
        let text = try command.run().output.replacing("\r\n", with: "\n")
        for line in text.split(separator: "\n") {
          let isRow =
            line.contains("127.0.0.1:9527") || line.hasPrefix("TIME LEFT") || line.contains("EADDRINUSE")
          let isCommand =
            line.hasPrefix("            ") || line.contains("SO_REUSEADDR") && line.contains("plain")
          if isRow || isCommand || line.contains("  tw-inspect ") || line.contains("(tw-inspect ") {
            continue
          }
          #expect(line.count <= min(100, max(40, Int(columns))), "\(line)")
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        #expect(Set(words).isSuperset(of: ["127.0.0.1:9527", "TIME_WAIT"]) || arguments[0] == "trybind")
      }
    }
  }

  /// A terminal of no size, as some programs make, is no reason to write one word a line.
  @Test func noSize() throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(["trybind", "9543", "--color", "never"])
      command.terminal = (rows: 0, columns: 0)
      let text = try command.run().output.replacing("\r\n", with: "\n")
      #expect(text == (try Tool.run("trybind", "9543").output))
    }
  }
}

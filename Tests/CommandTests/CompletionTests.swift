import Foundation
import TestSupport
import Testing

/// Ports complete from the live table, through the binary as the generated scripts call it, and through the scripts.
@Suite(.needs(.networkNamespaces))
struct CompletionTests {
  /// As completions/tw-inspect.bash calls it: the position, the word's index, the cursor in it, then the words.
  private func complete(_ command: String, _ typed: String = "", shell: String?) throws -> CommandResult {
    var tool = try Tool.command([
      "---completion", command, "--", "positional@0", "2", "\(typed.count)", "tw-inspect", command, typed,
    ])
    if let shell { tool.environment = ["SAP_SHELL": shell, "SAP_SHELL_VERSION": "5"] }
    return try tool.run()
  }

  @Test(arguments: ["port", "trybind"], ["bash", "zsh", "fish", nil])
  func livePorts(command: String, shell: String?) throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527, .init(reuseAddress: true))
      try lab.listener(port: 8080)
      try lab.finWait2Minisocket(port: 9001)
      try lab.outgoing(localPort: 40_123, toPort: 9002)
      let result = try complete(command, shell: shell)
      #expect(result.exitCode == 0)
      #expect(result.errors == "")
      let lines = result.lines.filter { $0.contains { !$0.isWhitespace } }
      let ports = lines.map { $0.prefix { $0.isNumber } }
      // Those that only a timer keeps come first; a client's own port is nobody's question.
      #expect(ports == ["9527", "9001", "8080", "9002"])
      switch shell {
      case "zsh": #expect(lines[0] == "9527:2 TIME_WAIT")
      case "fish": #expect(lines[0] == "9527\t2 TIME_WAIT")
      default: #expect(lines[0] == "9527")
      }
    }
  }

  /// Of a list the last word is completed.
  @Test func lists() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 8080)
      #expect(try complete("port", "80,", shell: "bash").lines.contains("80,8080"))
      #expect(try complete("port", "80,443,8", shell: "bash").lines.contains("80,443,8080"))
    }
  }

  @Test func nothingToOffer() throws {
    try withNetworkNamespace { _ in
      let result = try complete("port", shell: "bash")
      #expect(result.exitCode == 0)
      #expect(result.output.filter { !$0.isWhitespace } == "")
      #expect(result.errors == "")
    }
  }

  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Pressing Tab in a real bash.
  @Test(.needs(.program("bash")), arguments: ["port", "trybind"])
  func bash(command: String) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let script = """
        source "$1/completions/tw-inspect.bash"
        COMP_WORDS=("$2" \(command) 95) COMP_CWORD=2 COMP_LINE="tw-inspect \(command) 95" COMP_POINT=${#COMP_LINE}
        _tw-inspect "$2" 95 \(command)
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let result = try Command("/usr/bin/bash", ["-c", script, "bash", Self.repository, try Tool.path.get()])
        .run()
      #expect(result.lines.contains("9527"), "\(result)")
    }
  }

  struct Shell: Sendable, CustomTestStringConvertible {
    let path: String
    let arguments: [String]
    /// Typed once it is ready.
    let preparation: String
    var testDescription: String { path }

    static let all = [
      Shell(
        path: "/usr/bin/fish", arguments: ["--no-config", "--interactive"],
        preparation: "function fish_prompt; echo '> '; end; source '@/completions/tw-inspect.fish'\n"),
      Shell(
        path: "/usr/bin/zsh", arguments: ["-f", "-i"],
        preparation: "PS1='> '; fpath=('@/completions' $fpath); autoload -U compinit; compinit -u -D\n"),
      Shell(
        path: "/usr/bin/bash", arguments: ["--norc", "--noprofile", "-i"],
        preparation: "PS1='> '; source '@/completions/tw-inspect.bash'\n"),
    ]
  }

  /// The key itself, in a real shell on a real terminal: the only port there is to complete to is written out.
  @Test(arguments: Shell.all)
  func tabKey(_ shell: Shell) throws {
    try Requirement.program((shell.path as NSString).lastPathComponent).orSkip()
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let directory = (try Tool.path.get() as NSString).deletingLastPathComponent
      var command = Command(shell.path, shell.arguments)
      command.environment = [
        "PATH": directory + ":/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "xterm", "INPUTRC": "/dev/null",
      ]
      command.terminal = (rows: 24, columns: 80)
      let running = try command.start()
      running.write(shell.preparation.replacing("@", with: Self.repository))
      running.write(
        "echo ready-$((1 + 1))\n".replacing("$((", with: shell.path.hasSuffix("fish") ? "(math " : "$((")
          .replacing("))", with: shell.path.hasSuffix("fish") ? ")" : "))"))
      try running.waitForOutput(containing: "ready-2")
      running.write("tw-inspect port 95\t")
      try running.waitForOutput { $0.components(separatedBy: "ready-2").last?.contains("9527") == true }
      running.write("\nexit\n")
      let result = try running.finish()
      #expect(result.output.contains("TIME_WAIT holds port 9527"), "\(result)")
    }
  }
}

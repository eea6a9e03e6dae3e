import Foundation
import TestSupport
import Testing

/// What is offered when Tab is pressed, as the scripts in completions/ ask for it.
@Suite(.needs(.networkNamespaces))
struct CompletionTests {
  private func offers(_ typed: [String]) throws -> [String] {
    let result = try Tool.run(["---completion"] + typed)
    #expect(result.exitCode == 0 && result.errors == "")
    return result.output.split(separator: "\n").map { String($0) }
  }

  private func words(_ typed: String...) throws -> [String] { try words(typed) }

  private func words(_ typed: [String]) throws -> [String] {
    try offers(typed).map { String($0.prefix { $0 != "\t" }) }
  }

  @Test(arguments: ["port", "trybind", "wait"])
  func livePorts(command: String) throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527, .init(reuseAddress: true))
      try lab.listener(port: 8080)
      try lab.finWait2Minisocket(port: 9001)
      try lab.outgoing(localPort: 40_123, toPort: 9002)
      // Those that only a timer keeps come first; a client's own port is nobody's question.
      #expect(try words(command, "") == ["9527", "9001", "8080", "9002"])
      #expect(try offers([command, "95"]) == ["9527\t2 TIME_WAIT"])
      #expect(try words(command, "--", "95") == ["9527"])
    }
  }

  /// It was offered the ports of listeners, too.
  @Test func releaseEndsOnlyTimers() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527, .init(reuseAddress: true))
      try lab.listener(port: 9528)
      try lab.finWait2Minisocket(port: 9001)
      #expect(try words("release", "") == ["9527"])
      #expect(try words("release", "--include-fin-wait-2", "") == ["9527", "9001"])
      #expect(try words("release", "9527", "") == [])
      #expect(try words("demo", "serve", "") == ["9527", "9001"])
    }
  }

  /// Of a list the last value is completed.
  @Test func lists() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 8080)
      #expect(try words("port", "80,") == ["80,8080"])
      #expect(try words("port", "80,443,8") == ["80,443,8080"])
      #expect(try words("port", "8080,") == [])
      #expect(try words("port", "80", "8") == ["8080"])
      #expect(try words("trybind", "80,") == [], "it takes one port")
    }
    #expect(try words("port", "80", "--state", "listen,time") == ["listen,time-wait"])
    #expect(try words("port", "80", "--state=listen,time") == ["--state=listen,time-wait"])
    let second = try words("port", "80", "--state", "listen,")
    #expect(second.contains("listen,bound") && !second.contains("listen,listen"))
  }

  @Test func commands() throws {
    let commands = ["port", "trybind", "wait", "release", "audit", "explain", "demo"]
    #expect(try words("") == commands + ["help"])
    #expect(try words("help", "") == commands)
    #expect(try words("help", "demo", "") == ["serve"])
    #expect(try words("help", "port", "") == [])
    #expect(try words("-") == ["--help", "--version"])
    #expect(try words("demo", "s") == ["serve"])
    #expect(try words("demo", "") == (1...8).map { "\($0)" } + ["serve"])
    #expect(try words("demo", "3", "") == [])
    #expect(try words("nonesuch", "") == [])
  }

  /// `demo serve` was offered the options of `demo`.
  @Test func options() throws {
    #expect(try words("demo", "serve", "-") == ["--reuse", "--help", "--version"])
    #expect(try words("port", "9527", "--own") == ["--owners"])
    #expect(try words("port", "9527", "--owners", "--own") == [])
    #expect(try words("trybind", "1", "--address", "::1", "--addr") == ["--address"])
    #expect(try words("trybind", "1", "--ipv") == [])
    let wait = try words("wait", "1", "-")
    #expect(wait.contains("-4") && wait.contains("--timeout") && !wait.contains("--as-user"))
    #expect(try offers(["port", "--json"])[0] == "--json\tShort for --output json.")
    // Behind "--" there are no options.
    #expect(try words("port", "--", "-") == [])
  }

  /// Each option of each command is offered, and none that the command does not know.
  @Test(arguments: [["port"], ["trybind"], ["wait"], ["release"], ["explain"], ["demo"], ["demo", "serve"]])
  func allOptions(of command: [String]) throws {
    let help = try Tool.run(command + ["--help"]).lines.drop { !$0.hasPrefix("USAGE") }
    let names = help.compactMap { $0.firstMatch(of: /^  (?:-[a-z], )?(-[a-z0-9-]+)/)?.1 }.map(String.init)
    #expect(names.count >= 3)
    let offered = try offers(command + ["-"])
    #expect(Set(offered.map { String($0.prefix { $0 != "\t" }) }) == Set(names))
    #expect(
      offered.allSatisfy { $0.hasSuffix(".") || $0.hasSuffix("1s") }, "each says what it is: \(offered)")
  }

  @Test func values() throws {
    #expect(try words("port", "--output", "") == ["table", "plain", "json", "jsonl"])
    #expect(try words("port", "--output=js") == ["--output=json", "--output=jsonl"])
    #expect(try words("trybind", "1", "--flags", "") == ["none", "live", "all"])
    #expect(try words("trybind", "1", "--as-user", "roo") == ["root"])
    #expect(try words("port", "--netns", "pi") == ["pid:"])
    #expect(try words("port", "--limit", "") == [])
    #expect(try words("explain", "SO_REUSEA") == ["SO_REUSEADDR"])
    #expect(try words("explain", "TIME_WAIT", "cooki") == ["cookie"])
    try withNetworkNamespace { lab in
      #expect(try words("trybind", "1", "--interface", "l") == ["lo"])
      let addresses = try words("trybind", "1", "--address", "")
      #expect(addresses.starts(with: ["0.0.0.0", "::", "127.0.0.1"]))
      #expect(Set(addresses).count == addresses.count)
    }
  }

  /// What holds a port elsewhere is asked for there.
  @Test func portsOfAnotherNamespace() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let resident = try Command("/bin/sleep", ["30"]).start()
      let namespace = "pid:\(resident.pid)"
      func elsewhere(_ words: String...) throws -> [String] {
        try withNetworkNamespace { _ in try self.words(words) }
      }
      #expect(try elsewhere("port", "") == [])
      #expect(try elsewhere("port", "--netns", namespace, "") == ["9527"])
      #expect(try elsewhere("port", "--netns=\(namespace)", "95") == ["9527"])
      #expect(try elsewhere("port", "--netns", "nonesuch", "") == [])
    }
  }

  // MARK: In the shells

  struct Shell: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: String
    /// Typed once it is ready.
    let preparation: String
    var testDescription: String { name }

    static let all = [
      Shell(
        name: "bash", arguments: "--norc --noprofile -i",
        preparation: "PS1='> '; source '@/completions/tw-inspect.bash'"),
      Shell(
        name: "zsh", arguments: "-f -i",
        preparation: "PS1='> '; fpath=('@/completions' $fpath); autoload -U compinit; compinit -u -D"),
      Shell(
        name: "fish", arguments: "--no-config --interactive",
        preparation: "function fish_prompt; echo '> '; end; source '@/completions/tw-inspect.fish'"),
    ]
  }

  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// What is typed before Tab, and what stands on the line after it and one more key.
  private static let typed = [
    ("tr", "trybind !"), ("help wa", "help wait !"), ("demo se", "demo serve !"),
    ("demo serve --re", "demo serve --reuse !"), ("port 95", "port 9527 !"), ("port 80,95", "port 80,9527 !"),
    ("port 80 --state listen,time", "port 80 --state listen,time-wait !"),
    ("port 80 --state=listen,time", "port 80 --state=listen,time-wait !"),
    ("port 80 --output pl", "port 80 --output plain !"), ("port 80 --output=pl", "port 80 --output=plain !"),
    ("port 80 --own", "port 80 --owners !"), ("port 80 --netns pi", "port 80 --netns pid:!"),
    ("port 80 --netns=pi", "port 80 --netns=pid:!"),
    ("trybind 80 --interface l", "trybind 80 --interface lo !"),
    ("trybind 80 --as-user roo", "trybind 80 --as-user root !"),
    ("trybind 80 --address 127", "trybind 80 --address 127.0.0.1 !"),
    ("trybind 80 --address=fe80::1", "trybind 80 --address=fe80::123%lo !"),
    ("explain SO_REUSEA", "explain SO_REUSEADDR !"),
    ("explain TIME_WAIT cooki", "explain TIME_WAIT cookie !"),
    // A listener is on 9001.
    ("release 9", "release 9527 !"),
  ]

  /// The key itself, in a real shell on a real terminal: what alone can be meant is written out.
  @Test(.needs(.ipv6), .needs(.realTime), .needs(.program("tmux")), arguments: Shell.all)
  func tabKey(_ shell: Shell) throws {
    try Requirement.program(shell.name).orSkip()
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      try lab.listener(port: 9001)
      let added = try Command("/usr/bin/ip", ["address", "add", "fe80::123/64", "dev", "lo", "nodad"]).run()
      try #require(added.exitCode == 0, "\(added)")
      let directory = (try Tool.path.get() as NSString).deletingLastPathComponent
      let terminal = try TerminalEmulator(
        rows: 40, columns: 100,
        line:
          "env HOME=/nonexistent INPUTRC=/dev/null PATH='\(directory)':/usr/bin:/bin \(shell.name) \(shell.arguments)"
      )
      try terminal.type(shell.preparation.replacing("@", with: Self.repository))
      try terminal.press("Enter")
      for (number, (typed, completed)) in Self.typed.enumerated() {
        // The number tells this prompt, which a key may follow, from the one before.
        try terminal.type("clear; echo \(number)")
        try terminal.press("Enter")
        _ = try terminal.waitForScreen { $0.starts(with: ["\(number)", ">"]) }
        try terminal.type("tw-inspect \(typed)")
        try terminal.press("Tab")
        try terminal.type("!")
        // fish writes "\%", and reads "%".
        _ = try terminal.waitForScreen {
          $0.dropFirst().first?.replacing("\\", with: "") == "> tw-inspect \(completed)"
        }
        try terminal.press("C-u")
      }
    }
  }
}

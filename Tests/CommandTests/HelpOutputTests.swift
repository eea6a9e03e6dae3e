import TestSupport
import Testing

/// What a newcomer types first.
@Suite struct HelpOutputTests {
  static let helps = [
    ["--help"], ["-h"], ["help"], ["port", "--help"], ["port", "-h"], ["help", "port"],
    ["trybind", "--help"],
    ["trybind", "-h"], ["help", "trybind"], ["port", "9527", "--help"], ["trybind", "--help", "9527"], [],
    ["wait", "--help"], ["wait", "-h"], ["help", "wait"],
    ["release", "--help"], ["release", "-h"], ["help", "release"], ["release", "9527", "--help"],
    ["audit", "--help"], ["audit", "-h"], ["help", "audit"], ["audit", "--port", "80", "--help"],
    ["explain", "--help"], ["explain", "-h"], ["help", "explain"], ["explain", "TIME_WAIT", "--help"],
    ["demo", "--help"], ["help", "demo"], ["demo", "4", "--help"], ["demo", "serve", "--help"],
    ["help", "demo", "serve"], ["demo", "serve", "-h", "9527"],
  ]

  @Test(arguments: helps)
  func help(_ arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.exitCode == 0)
    #expect(result.errors == "")
    #expect(result.output.hasPrefix("EXAMPLES\n  tw-inspect "))
    #expect(result.output.hasSuffix("\n"))
    #expect(!result.output.hasSuffix("\n\n"))
    for line in result.output.split(separator: "\n") { #expect(line.count < 80, "\(line)") }
    #expect(!result.output.contains("\u{1b}"))
  }

  @Test(arguments: [
    ["--help"], ["port", "--help"], ["trybind", "--help"], ["wait", "--help"], ["release", "--help"],
    ["audit", "--help"], ["demo", "--help"],
  ])
  func whatEveryHelpSays(_ arguments: [String]) throws {
    let text = try Tool.run(arguments).output
    #expect(text.contains("TCP"), "it is for TCP only")
    #expect(text.contains("EXIT STATUS"))
    for status in ["0 ", "1 ", "64", "69", "71", "74"] { #expect(text.contains("\n  \(status)")) }
    #expect(text.contains("USAGE"))
  }

  @Test func everyOptionIsThere() throws {
    let common = [
      "--output", "--json", "--color", "--source", "-4", "-6", "-q, --quiet", "-v, --verbose", "-h, --help",
    ]
    let port = try Tool.run("port", "--help").output
    for option in common + [
      "--side", "--all", "--state", "--sort", "--limit", "--expect", "--header", "--flags",
    ] {
      #expect(port.contains(option), "\(option)")
    }
    let trybind = try Tool.run("trybind", "--help").output
    for option in common + [
      "--reuse ", "--reuse-port", "--address", "--v6-only", "--interface", "--listen", "--yes",
      "--predict", "--after-stop", "--flags", "--matrix", "--as-user",
    ] { #expect(trybind.contains(option), "\(option)") }
    let wait = try Tool.run("wait", "--help").output
    for option in common + ["--timeout", "--fail-fast", "--reuse ", "--address", "--listen"] {
      #expect(wait.contains(option), "\(option)")
    }
    for help in [port, trybind] {
      for option in ["--watch", "--interval"] { #expect(help.contains(option)) }
    }
    // The port can be taken again at once.
    #expect(
      wait.contains("true at that moment") && wait.contains("do tw-inspect wait 9527 && my-server && break"))
    // systemd ends a start after 90 s, half of what wait takes at most.
    #expect(wait.contains("TimeoutStartSec= must be longer"))
    let release = try Tool.run("release", "--help").output
    for option in common + ["--yes", "--dry-run", "--include-fin-wait-2"] {
      #expect(release.contains(option), "\(option)")
    }
    let audit = try Tool.run("audit", "--help").output
    for option in common + ["--port", "--unit", "--limit", "--flags", "--header"] {
      #expect(audit.contains(option), "\(option)")
    }
    // Reserved, and so not offered.
    #expect(!port.contains("--udp"))
    // Another user of the machine can be hit by a trial, and a gate must not be built on --expect.
    #expect(trybind.contains("starts at that moment can fail"))
    #expect(port.contains("in start-up scripts, use trybind"))
  }

  /// The release build printed nothing, and exited with status 0: it has no encoder of JSON.
  @Test(arguments: [[], ["port"]])
  func dumpedHelp(of command: [String]) throws {
    let result = try Tool.run(command + ["--experimental-dump-help"])
    if result.exitCode == 0 {
      #expect(try result.json["command"]["arguments"].array?.isEmpty == false)
    } else {
      #expect(result.exitCode == 64)
      #expect(result.output == "")
      #expect(
        result.errors.hasPrefix("tw-inspect: --experimental-dump-help: only a debug build"), "\(result)")
    }
  }

  /// Each example is a command that is understood.
  @Test(
    .needs(.networkNamespaces), .needs(.ipv6), .needs(.realTime), .ownThread,
    arguments: [
      ["--help"], ["port", "--help"], ["trybind", "--help"], ["wait", "--help"], ["release", "--help"],
      ["audit", "--help"], ["explain", "--help"], ["demo", "--help"], [],
    ])
  func examplesWork(_ arguments: [String]) throws {
    let lines = try Tool.run(arguments).lines
    let examples = lines.drop { $0 != "EXAMPLES" }.dropFirst().prefix { !$0.isEmpty }
    #expect(examples.count >= 3)
    try withNetworkNamespace { lab in
      for example in examples {
        let isPrivileged = example.hasPrefix("  sudo tw-inspect ")
        // What is no command of its own goes on with the one before, or is a loop.
        guard isPrivileged || example.hasPrefix("  tw-inspect ") else { continue }
        let line = example.dropFirst(isPrivileged ? 7 : 2).split(separator: "&&").first ?? ""
        // What it means stands behind two spaces or more, or where the command is long, behind one.
        let typed = line.split(separator: "  ", maxSplits: 1).first.map(String.init) ?? ""
        // These wait: for a minute, or for a client.
        if ["--full", "serve"].contains(where: typed.contains) { continue }
        var words = typed.split(separator: " ").dropFirst().map(String.init)
        if let end = words.firstIndex(of: "on") { words = Array(words[..<end]) }
        guard !words.contains("--watch") else {
          let running = try Tool.command(words).start()
          try running.waitForOutput { !$0.isEmpty }
          continue
        }
        if words.first == "release", !words.contains("--yes") { words.append("--dry-run") }
        let result = try Tool.run(words)
        // Of a process outside of the tests' user namespace not even root sees in which network namespace it is.
        let isEverywhere = words.contains("--all-netns")
        #expect([0, isEverywhere ? 69 : 1].contains(result.exitCode), "\(example): \(result)")
      }
    }
  }

  /// The short help fits on a screen of 24 lines with the command and the prompt.
  @Test(arguments: [
    [], ["port"], ["trybind"], ["wait"], ["release"], ["explain"], ["demo"], ["demo", "serve"],
  ])
  func shortHelp(of command: [String]) throws {
    let result = try Tool.run(command + ["-h"])
    #expect(result.exitCode == 0)
    #expect(result.lines.count <= 22, "\(result.lines.count)")
    #expect(result.output.contains((["More: tw-inspect"] + command).joined(separator: " ") + " --help"))
    if !command.isEmpty {
      let whole = try Tool.run(command + ["--help"]).lines.drop { !$0.hasPrefix("USAGE:") }.joined(
        separator: "\n")
      let options = whole.matches(of: /\n  (?:-[a-z], )?(--[a-z0-9-]+)/)
      #expect(!options.isEmpty)
      #expect(result.output.contains((["\nUSAGE: tw-inspect"] + command).joined(separator: " ")))
      for option in options where !["--help", "--version"].contains(option.1) {
        #expect(result.output.contains(option.1))
      }
    }
  }

  /// What only this command has stood behind what all of them have.
  @Test(arguments: ["port", "trybind", "wait", "release", "demo"])
  func ownOptionsComeFirst(command: String) throws {
    let help = try Tool.run(command, "--help").output
    let own = try #require(help.firstRange(of: "\nOPTIONS:\n"))
    let output = try #require(help.firstRange(of: "\nOUTPUT:\n"))
    let end = try #require(help.firstRange(of: "\n  --version "))
    #expect(own.lowerBound < output.lowerBound && output.lowerBound < end.lowerBound)
    if let look = help.firstRange(of: "\nWHERE TO LOOK:\n") { #expect(own.lowerBound < look.lowerBound) }
  }

  @Test(arguments: [["version"], ["-V"]]) func otherSpellingsOfVersion(_ arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.output == (try Tool.run("--version")).output)
    #expect(result.exitCode == 0 && result.errors == "")
  }

  @Test(arguments: [["port"], ["demo", "serve"]]) func otherSpellingsBehindACommand(_ command: [String])
    throws
  {
    for (other, usual) in [("-?", "--help"), ("-V", "--version")] {
      let result = try Tool.run(command + [other])
      #expect(result.exitCode == 0 && result.errors == "")
      #expect(result.output == (try Tool.run(command + [usual])).output)
    }
  }

  @Test(arguments: [
    ["-?"], ["help", "help"], ["help", "version"], ["help", "--help"], ["help", "-h"], ["help"],
  ])
  func otherSpellingsOfHelp(_ arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.exitCode == 0 && result.errors == "")
    #expect(result.output == (try Tool.run("--help")).output)
  }

  /// A loop in the help went on for ever where the server failed for a reason of its own.
  @Test(.needs(.networkNamespaces)) func theLoopInTheHelpEnds() throws {
    let loops = try Tool.run("wait", "--help").lines.filter { $0.contains(/^ +(for|while|until) .*; do\b/) }
    #expect(loops.count == 1)
    let standIns = try StandIns().add("my-server", "exit 3")
    let tool = try Tool.path.get()
    let directory = String(tool[..<(tool.lastIndex(of: "/") ?? tool.startIndex)])
    for loop in loops {
      var shell = Command("/bin/sh", ["-c", loop])
      shell.environment = ["PATH": "\(standIns.directory):\(directory):/usr/bin:/bin"]
      let result = try withNetworkNamespace { _ in try shell.run() }
      #expect(result.exitCode == 3, "\(result)")
      #expect(standIns.asked.count == 3)
    }
  }

  @Test(arguments: [
    ["--version"], ["port", "--version"], ["trybind", "--version"], ["release", "--version"],
    ["explain", "--version"],
    ["demo", "--version"], ["demo", "serve", "--version"],
  ])
  func version(_ arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.exitCode == 0)
    #expect(result.errors == "")
    #expect(result.output.wholeMatch(of: /tw-inspect \d+\.\d+\.\d+\n/) != nil)
  }

  @Test(.needs(.networkNamespaces)) func versionInDocuments() throws {
    let version = try #require(try Tool.run("--version").output.split(whereSeparator: \.isWhitespace).last)
    #expect(try Tool.run("port", "1", "--json").json["tool_version"].string == String(version))
  }

  /// `--` ends the options, as everywhere.
  @Test func endOfOptions() throws {
    #expect(try Tool.run("port", "--", "9527").exitCode == 0)
    #expect(try Tool.run("port", "-q", "--", "9527").exitCode == 0)
    #expect(try Tool.run("port", "--", "--help").exitCode == 64)
  }

  /// Options may stand before and behind the argument, with "=" or without.
  @Test(arguments: [
    ["port", "--output", "json", "9527"], ["port", "9527", "--output=json"], ["port", "--json", "9527"],
    ["port", "9527", "--output", "json", "--json"], ["port", "--output=json", "--sort=peer", "9527"],
    ["port", "9527", "--json", "-q", "-v", "-4"],
  ])
  func spellings(_ arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.exitCode == 0)
    if !arguments.contains("-q") { #expect(try result.json["command"].string == "port") }
  }

  /// The parser wraps what it writes at the terminal's width; the examples still come first.
  @Test(arguments: [30, 80, 200] as [UInt16], [["--help"], ["trybind", "--help"]])
  func onATerminal(columns: UInt16, arguments: [String]) throws {
    var command = try Tool.command(arguments)
    command.terminal = (rows: 24, columns: columns)
    command.environment = ["TERM": "xterm"]
    let result = try command.run()
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("EXAMPLES\r\n  tw-inspect "))
    if columns == 80 {
      #expect(result.output.replacing("\r\n", with: "\n") == (try Tool.run(arguments).output))
    }
  }
}

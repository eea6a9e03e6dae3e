import ArgumentParser
import CLinux
import LinuxHost
import Reports

@main
struct Main {
  static func main() {
    if Capabilities.wereRaised {
      StandardOutput.complain(
        """
        tw-inspect: not permitted: its file has set-user-ID, set-group-ID or capabilities, which would give rights to \
        anybody; remove them, and use sudo
        """)
      Exit.now(ExitStatus.notPermitted)
    }
    Capabilities.ignoreUntrustedEnvironment()
    Memory.explainExhaustion()
    StandardOutput.ignoreBrokenPipes()
    Exit.endAsInit()
    Exit.now(status(of: Help.usual(arguments)))
  }

  /// The arguments without the program's name. `CommandLine.arguments` would read them from /proc, which may not be
  /// mounted.
  private static var arguments: [String] {
    var arguments: [String] = []
    while let argument = unsafe tw_argument(Int32(arguments.count) + 1) {
      arguments.append(unsafe String(cString: argument))
    }
    return arguments
  }

  private static func status(of arguments: [String]) -> Int32 {
    do {
      try StandardStreams.reserve()
      guard !arguments.isEmpty else {
        try StandardOutput.write(Help.short)
        return ExitStatus.yes
      }
      if let text = CompletionScript.text(arguments) {
        try StandardOutput.write(text)
        return ExitStatus.yes
      }
      if let brief = Help.brief(arguments) {
        try StandardOutput.write(brief)
        return ExitStatus.yes
      }
      // To parse with the subcommand alone takes two thirds of the time that the whole command tree takes. If that fails,
      // the tree parses again, and has the right error message or help.
      guard let (command, words) = TwInspect.command(arguments) else { return try parseWhole(arguments) }
      let joined = RepeatedArguments.joined(arguments, of: command, after: words)
      if let parsed = try? command.parse(Array(joined.dropFirst(words))) {
        Privileges.giveUp(for: command, joined)
        return try parsed.answer()
      }
      return try parseWhole(joined)
    } catch {
      let failure = Failure(error)
      // Scripts recognize a missing answer by the first words of the line, so the program's name is left out.
      let isUnanswered = failure.status == ExitStatus.incompleteLook
      StandardOutput.complain(
        isUnanswered ? failure.message : "\(TwInspect.name(arguments)): \(failure.message)")
      return failure.status
    }
  }

  private static func parseWhole(_ arguments: [String]) throws -> Int32 {
    if arguments.first == "help", let name = arguments.dropFirst().first,
      !TwInspect.commandNames.contains(name)
    {
      throw Failure.usage(Help.unknownCommand(name))
    }
    var root: any ParsableCommand.Type = TwInspect.self
    var rest = arguments
    // For "demo serve", the tree would take "serve" for an argument of "demo".
    if let (command, words) = TwInspect.command(arguments), words > 1 {
      root = command
      rest.removeFirst(words)
    }
    var parsed: any ParsableCommand
    do {
      parsed = try root.parseAsRoot(rest)
      // Every command is a `Command`, except the parser's own "help", which throws its text when it is run.
      if !(parsed is any Command) { try parsed.run() }
    } catch {
      guard root.exitCode(for: error).isSuccess else {
        throw Failure.usage(Help.usageMessage(root.message(for: error), arguments))
      }
      try StandardOutput.write(Help.inOrder(root.fullMessage(for: error)))
      return ExitStatus.yes
    }
    guard let command = parsed as? any Command else { return ExitStatus.yes }
    Privileges.giveUp(for: type(of: command), rest)
    return try command.answer()
  }
}

struct TwInspect: ParsableCommand {
  static let commands: [any Command.Type] = [
    PortCommand.self, TrybindCommand.self, WaitCommand.self, ReleaseCommand.self, AuditCommand.self,
    ExplainCommand.self, DemoCommand.self,
  ]

  static let commandNames = commands.compactMap { $0.configuration.commandName }

  /// The command that the first words name, and the number of these words (2 for "demo serve").
  static func command(_ arguments: [String]) -> (type: any Command.Type, words: Int)? {
    for command in commands where command.configuration.commandName == arguments.first {
      for subcommand in command.configuration.subcommands where arguments.count > 1 {
        if subcommand.configuration.commandName == arguments[1], let leaf = subcommand as? any Command.Type {
          return (leaf, 2)
        }
      }
      return (command, 1)
    }
    return nil
  }

  /// The name for messages: "tw-inspect" and the command, if one was named.
  static func name(_ arguments: [String]) -> String {
    (["tw-inspect"] + arguments.prefix(command(arguments)?.words ?? 0)).joined(separator: " ")
  }

  static let configuration = CommandConfiguration(
    commandName: "tw-inspect",
    abstract: "Explain \"Address already in use\": what holds a TCP port, and for how long.",
    discussion: Help.rootDiscussion,
    version: "tw-inspect \(Version.number)",
    subcommands: commands.map { $0 })
}

import ArgumentParser
import CLinux
import LinuxHost
import Reports

@main
struct Main {
  static func main() {
    StandardStreams.reserve()
    StandardOutput.restoreBrokenPipeSignal()
    Exit.now(status(of: arguments))
  }

  /// As the loader handed them over, without the program's name.
  private static var arguments: [String] {
    var arguments: [String] = []
    while let argument = unsafe tw_argument(Int32(arguments.count) + 1) {
      arguments.append(unsafe String(cString: argument))
    }
    return arguments
  }

  private static func status(of arguments: [String]) -> Int32 {
    do throws(Failure) {
      guard let first = arguments.first else {
        try Sockets.write(Help.short)
        return ExitStatus.yes
      }
      // The subcommand alone parses in two thirds of the time that the whole tree takes; the tree gives the same
      // answer, and all messages.
      for command in TwInspect.commands where command.configuration.commandName == first {
        if let parsed = try? command.parse(Array(arguments.dropFirst())) { return try parsed.answer() }
      }
      return try parseWhole(arguments)
    } catch {
      let name = TwInspect.commandNames.first { $0 == arguments.first }
      StandardOutput.complain("tw-inspect\(name.map { " " + $0 } ?? ""): \(error.message)")
      return error.status
    }
  }

  private static func parseWhole(_ arguments: [String]) throws(Failure) -> Int32 {
    if arguments.first == "help", let name = arguments.dropFirst().first,
      !TwInspect.commandNames.contains(name)
    {
      throw .usage(Help.unknownCommand(name))
    }
    do {
      var parsed = try TwInspect.parseAsRoot(arguments)
      if let command = parsed as? any Command { return try command.answer() }
      // Only the parser's own commands are left: help, which throws its text.
      try parsed.run()
      return ExitStatus.yes
    } catch let failure as Failure {
      throw failure
    } catch {
      guard TwInspect.exitCode(for: error).isSuccess else {
        throw .usage(Help.usageMessage(TwInspect.message(for: error), arguments))
      }
      try Sockets.write(Help.withExamplesFirst(TwInspect.fullMessage(for: error)))
      return ExitStatus.yes
    }
  }
}

struct TwInspect: ParsableCommand {
  static let commands: [any Command.Type] = [
    PortCommand.self, TrybindCommand.self, WaitCommand.self, ReleaseCommand.self, ExplainCommand.self,
  ]

  static let commandNames = commands.compactMap { $0.configuration.commandName }

  static let configuration = CommandConfiguration(
    commandName: "tw-inspect",
    abstract: "Explain \"Address already in use\": what holds a TCP port, and for how long.",
    discussion: Help.rootDiscussion,
    version: "tw-inspect \(Version.number)",
    subcommands: commands.map { $0 })
}

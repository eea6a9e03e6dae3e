import ArgumentParser
import Handbook
import LinuxHost
import Reports
import SocketTable

/// The parts of help and usage messages that the argument parser does not write.
enum Help {
  static let rootExamples = """
    EXAMPLES
      tw-inspect port 9527                which TIME_WAIT hold it, and how long
      tw-inspect port 9527 --all          every socket on it
      tw-inspect trybind 9527             can a server bind it? if not, why?
      tw-inspect trybind 9527 --reuse     the same for one that sets SO_REUSEADDR
      tw-inspect wait 9527 && my-server   start it as soon as it can bind
      sudo tw-inspect release 9527        end its TIME_WAIT sockets now
      sudo tw-inspect audit               would each server restart at once?
      tw-inspect explain TIME_WAIT        what these words mean
      tw-inspect demo                     make a TIME_WAIT, and explain it
    """

  static let rootDiscussion = """
    \(rootExamples)

    DESCRIPTION
      TCP on Linux only. Only release, --as-user, --all-netns and most uses of
      --netns need root. No command connects to anything, except demo, to itself.
      trybind and wait take the port for some microseconds, and give it back.

    ENVIRONMENT
      NO_COLOR        no colour unless --color always
      CLICOLOR_FORCE  colour even if the output is not a terminal
      TERM            dumb: no colour

    EXIT STATUS
      0   done; for trybind, wait and audit: yes
      1   --expect was not met; for trybind, wait and audit: no
      64  wrong usage
      69  could not look, or the list is incomplete (it is still printed)
      71  an error of the operating system
      74  the output could not be written
      77  not permitted (--as-user, --netns, release)
    """

  /// Shown if the program is called without arguments.
  static let short = """
    \(rootExamples)

    Explains "Address already in use" on Linux: what holds a TCP port, for how
    long, and whether the options of your server help.
    More: tw-inspect --help, and --help after the name of each command

    """

  /// Other spellings of help and version, as the parser knows them.
  static func usual(_ arguments: [String]) -> [String] {
    switch arguments {
    case ["version"], ["-V"]: return ["--version"]
    case ["-?"], ["help", "help"], ["help", "version"], ["help", "--help"], ["help", "-h"]: return ["--help"]
    default:
      // Behind the name of a command.
      guard let last = arguments.last, arguments.count > 1, !arguments.contains("--") else {
        return arguments
      }
      let usual = ["-?": "--help", "-V": "--version"][last]
      return usual.map { arguments.dropLast() + [$0] } ?? arguments
    }
  }

  /// What `-h` prints, on one screen: examples, and the names of the options. Nil where it was not asked for.
  static func brief(_ arguments: [String]) -> String? {
    guard arguments.prefix(while: { $0 != "--" }).contains("-h") else { return nil }
    guard let (command, words) = TwInspect.command(arguments) else { return short }
    let help = inOrder(command.helpMessage(columns: 79))
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    let options = CommandOption.all(of: command).map(\.name).filter { $0 != "--help" }
    let list = Prose(options.joined(separator: " ")).lines(width: 77)
    let examples = lines.prefix { !$0.isEmpty }.joined(separator: "\n")
    let usage = lines.drop { !$0.hasPrefix("USAGE:") }.prefix { !$0.isEmpty }.joined(separator: "\n")
    return """
      \(examples)

      \(command.configuration.abstract)

      \(usage)

      OPTIONS
        \(list.joined(separator: "\n  "))

      More: \((["tw-inspect"] + arguments.prefix(words)).joined(separator: " ")) --help

      """
  }

  /// The parser's help in the order in which it is looked for: examples, then what is of this command alone, and last what
  /// every command has.
  static func inOrder(_ message: String) -> String { withExamplesFirst(withOwnOptionsFirst(message)) }

  /// The command's own options moved before the groups that several commands share; --version and --help stay at the end.
  private static func withOwnOptionsFirst(_ message: String) -> String {
    var sections = message.split(separator: "\n\n", omittingEmptySubsequences: false).map(String.init)
    let title = "OPTIONS:\n"
    guard let own = sections.firstIndex(where: { $0.hasPrefix(title) }),
      let shared = sections.firstIndex(where: { $0.hasPrefix("WHERE TO LOOK:") || $0.hasPrefix("OUTPUT:") }),
      shared < own,
      let end = sections[own].firstRange(of: "  --version ") ?? sections[own].firstRange(of: "  -h, --help")
    else { return message }
    let options = sections[own][..<end.lowerBound]
    sections[own] = String(sections[own][end.lowerBound...])
    if options.count > title.count { sections.insert(String(options.dropLast()), at: shared) }
    return sections.joined(separator: "\n\n")
  }

  /// The message with its examples moved to the beginning.
  private static func withExamplesFirst(_ message: String) -> String {
    let message = message.hasSuffix("\n") ? message : message + "\n"
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(where: { $0 == "EXAMPLES" }) else { return message }
    let end = lines[start...].firstIndex { $0.isEmpty } ?? lines.endIndex
    let rest = lines[..<start] + lines[min(end + 1, lines.endIndex)...]
    return (lines[start..<end] + [""] + rest).joined(separator: "\n")
  }

  /// The parser's message on one line. Some messages are replaced by more helpful ones.
  static func usageMessage(_ message: String, _ arguments: [String]) -> String {
    let first = arguments.first ?? ""
    let isCommand = TwInspect.commandNames.contains(first)
    if !isCommand, !first.hasPrefix("-") { return unknownCommand(first) }
    let more = "; see \(TwInspect.name(arguments)) --help"
    if let index = arguments.firstIndex(where: isNegativeNumber) {
      let number = arguments[index]
      let option = index > 0 ? arguments[index - 1] : ""
      return option.hasPrefix("--")
        ? "\(option) '\(number)': a value does not begin with '-'\(more)"
        : "'\(number)': neither an option nor a port; ports are 1 to 65535"
    }
    if let command = TwInspect.command(arguments)?.type,
      let unknown = unknownOption(in: message) ?? OptionGuess.unknown(in: arguments, of: command)
    {
      let hint = OptionGuess.hint(unknown, of: command, TwInspect.name(arguments)) ?? more
      return "'\(ByteSafety.escaped(unknown))': no such option\(hint)"
    }
    if message.hasPrefix("Missing expected argument '<port") {
      return "which port? For example: \(TwInspect.name(arguments)) 8080\(more)"
    }
    let ports = arguments.dropFirst().prefix { !$0.hasPrefix("-") }
    if ports.count > 1, ["trybind", "wait", "release"].contains(first) {
      do throws(Failure) {
        try PortArgument.refuseSeveral(Array(ports), of: first)
      } catch {
        return error.message
      }
    }
    return ByteSafety.escaped(message.split(whereSeparator: \.isWhitespace).joined(separator: " ")) + more
  }

  /// The option that the parser says it does not know; nil if that is not what it says.
  private static func unknownOption(in message: String) -> String? {
    let parts = message.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0].hasSuffix("Unknown option ") ? String(parts[1]) : nil
  }

  private static func isNegativeNumber(_ text: String) -> Bool {
    text.hasPrefix("-") && text.count > 1 && text != "-4" && text != "-6"
      && text.dropFirst().allSatisfy(\.isNumber)
  }

  /// What other programs call it.
  private static let otherCommands = [
    "list": "port", "ls": "port", "show": "port", "who": "port", "owner": "port", "status": "port",
    "bind": "trybind",
    "try": "trybind", "test": "trybind", "why": "trybind", "free": "release", "kill": "release",
    "clear": "release",
    "close": "release", "man": "help", "usage": "help", "topics": "explain", "serve": "demo serve",
  ]

  static func unknownCommand(_ name: String) -> String {
    let known = TwInspect.commandNames
    let isPort = (try? PastedPort(name))?.port.allSatisfy { $0.isNumber || $0 == "-" || $0 == "," } == true
    if !name.isEmpty, isPort, name.contains(where: \.isNumber) {
      return
        "'\(name)': no such command; did you mean 'port \(ByteSafety.escaped(name))' or 'trybind \(ByteSafety.escaped(name))'?"
    }
    if let meant = otherCommands[name] { return "'\(name)': no such command; did you mean '\(meant)'?" }
    if !name.isEmpty, let port = Services().port(named: name) {
      return "'\(name)': no such command; did you mean 'port \(name)' (\(port)) or 'trybind \(name)'?"
    }
    let near = known.map { known in (name: known, distance: Spelling.distance(known, name)) }
      .filter { $0.distance <= max(1, $0.name.count / 2) }
      .min { $0.distance < $1.distance }
    let hint =
      near.map { "; did you mean '\($0.name)'?" } ?? "; commands are \(known.joined(separator: ", "))"
    return "'\(ByteSafety.escaped(name))': no such command\(hint)"
  }
}

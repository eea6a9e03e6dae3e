import ArgumentParser
import Demo
import Diagnosis
import Handbook
import LinuxHost
import SocketTable

/// What a shell offers when Tab is pressed. The scripts in completions/ only ask for it.
struct Completion {
  /// A whole word that can be typed, and what it means.
  struct Offer {
    let word: String
    let note: String

    init(_ word: String, _ note: String = "") {
      self.word = word
      self.note = note
    }
  }

  /// The first argument of the program when a script asks. The words of the line follow, without the program's name; the last
  /// is the one to complete, as far as the cursor.
  static let question = "---completion"

  /// One offer a line, with a tab before its note.
  static func answer(_ words: [String]) -> String {
    let word = words.last ?? ""
    return offers(Array(words.dropLast()), word).filter { $0.word.hasPrefix(word) }
      .map { ByteSafety.escaped($0.word) + "\t" + ByteSafety.escaped($0.note) + "\n" }.joined()
  }

  private static func offers(_ before: [String], _ word: String) -> [Offer] {
    guard let first = before.first else {
      if word.hasPrefix("-") { return [Offer("--help", "Every command."), Offer("--version")] }
      return names(of: TwInspect.commands) + [Offer("help", "What a command does.")]
    }
    if first == "help" {
      guard before.count > 1 else { return names(of: TwInspect.commands) }
      let command = TwInspect.command(Array(before.dropFirst()))?.type
      return before.count == 2 ? names(of: command?.configuration.subcommands ?? []) : []
    }
    guard let (command, count) = TwInspect.command(before) else { return [] }
    return Completion(command, given: Array(before.dropFirst(count)), word).offers
  }

  private static func names(of commands: [any ParsableCommand.Type]) -> [Offer] {
    commands.map { Offer($0.configuration.commandName ?? "", $0.configuration.abstract) }
  }

  // MARK: Of one command

  private let command: any Command.Type
  private let options: [CommandOption]
  /// What was typed behind the command's name.
  private let given: [String]
  private let word: String

  private init(_ command: any Command.Type, given: [String], _ word: String) {
    self.command = command
    self.given = given
    self.word = word
    // The parser's help of a command alone may lack this one.
    let version = CommandOption(names: ["--version"], takesValue: false, summary: "Show the version.")
    options = CommandOption.all(of: command).filter { $0.name != version.name } + [version]
  }

  private var offers: [Offer] {
    guard !given.contains("--") else { return positional }
    if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
      let beginning = word[...equals]
      return values(of: String(word[..<equals]), typed: String(word[word.index(after: equals)...]))
        .map { Offer(beginning + $0.word, $0.note) }
    }
    if let name = given.last, option(name)?.takesValue == true { return values(of: name, typed: word) }
    if word.hasPrefix("-") { return options.filter(isOpen).map { Offer($0.name, $0.summary) } }
    return positional
  }

  private func option(_ name: String) -> CommandOption? { options.first { $0.names.contains(name) } }

  /// Whether it can still be given.
  private func isOpen(_ option: CommandOption) -> Bool {
    command.repeatableOptions.contains(option.name)
      || !given.contains { typed in option.names.contains { typed == $0 || typed.hasPrefix($0 + "=") } }
  }

  /// The arguments that are neither options nor their values.
  private var arguments: [String] {
    given.indices.filter { index in
      !given[index].hasPrefix("-") && (index == 0 || option(given[index - 1])?.takesValue != true)
    }.map { given[$0] }
  }

  private var positional: [Offer] {
    switch command.configuration.commandName {
    case "port": list(typed: word) { ports(.minisockets.union(StateSet(.listen))) }
    case "trybind", "wait": arguments.isEmpty ? ports(.minisockets.union(StateSet(.listen))) : []
    case "release": arguments.isEmpty ? ports(ended) : []
    case "explain": Topics.all.map { Offer($0.name, $0.summary) }
    case "demo":
      arguments.isEmpty
        ? Claim.allCases.map { Offer("\($0.rawValue)", $0.blankReport.claim) }
          + (given.isEmpty ? Self.names(of: command.configuration.subcommands) : []) : []
    case "serve": arguments.isEmpty ? ports(.minisockets) : []
    default: []
    }
  }

  /// The states that `release` ends.
  private var ended: StateSet {
    given.contains("--include-fin-wait-2") ? .minisockets : StateSet(.timeWait)
  }

  // MARK: Values

  private func values(of option: String, typed: String) -> [Offer] {
    switch option {
    case "--output": Choice.words(OutputFormat.self).map { Offer($0) }
    case "--color": Choice.words(ColorChoice.self).map { Offer($0) }
    case "--source": Choice.words(SocketSource.Choice.self).map { Offer($0) }
    case "--side": Choice.words(SocketFilter.Side.self).map { Offer($0) }
    case "--sort": Choice.words(SortOrder.self).map { Offer($0) }
    case "--expect": Choice.words(Expectation.self).map { Offer($0) }
    case "--flags":
      Choice.words(ReuseOptionsChoice.self).map { Offer($0) }
    case "--state":
      list(typed: typed) { (StateSet.groupNames + TCPState.known.map(\.name)).map { Offer($0) } }
    case "--timeout": [Offer("none", "Never give up.")]
    case "--netns":
      HostNames.networkNamespaces().map { Offer($0) } + [Offer("pid:", "The namespace of a process.")]
    case "--interface": inNamespace { HostNames.network().devices.map { Offer($0) } }
    case "--address":
      inNamespace { (["0.0.0.0", "::"] + HostNames.network().addresses).map { Offer($0) } }
    case "--like": inNamespace { LiveServers.look(port: arguments.first).map { Offer($0.word, $0.note) } }
    case "--as-user": HostNames.users().map { Offer($0.name, "\($0.uid)") }
    default: []
    }
  }

  /// Of a list the last value is completed. One that stands before it is not offered again.
  private func list(typed: String, _ values: () -> [Offer]) -> [Offer] {
    guard let comma = typed.lastIndex(of: ",") else { return values() }
    let earlier = typed[..<comma].split(separator: ",").map(String.init)
    return values().filter { !earlier.contains($0.word) }.map { Offer(typed[...comma] + $0.word, $0.note) }
  }

  /// Ports that sockets of this host hold right now, those with the most minisockets first.
  private func ports(_ states: StateSet) -> [Offer] {
    inNamespace { LivePorts.look(states, limit: 50).map { Offer("\($0.port)", $0.states) } }
  }

  /// Looks where `--netns` says. It is entered for good, as the program has nothing else to do.
  private func inNamespace(_ look: () -> [Offer]) -> [Offer] {
    var typed = given.last { $0.hasPrefix("--netns=") }.map { String($0.dropFirst("--netns=".count)) }
    if let index = given.lastIndex(of: "--netns"), index + 1 < given.count { typed = given[index + 1] }
    guard let typed else { return look() }
    guard let namespace = NetworkNamespace(typed), (try? namespace.enter()) != nil else { return [] }
    return look()
  }
}

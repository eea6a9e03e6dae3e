/// What `--experimental-dump-help` prints: the commands and their arguments, as swift-argument-parser declares them.
/// Only what a manual page shows is read.
struct HelpDump: Decodable {
  var serializationVersion: Int
  var command: Command

  struct Command: Decodable {
    var superCommands: [String]?
    var shouldDisplay: Bool?
    var commandName: String
    var abstract: String?
    var discussion: String?
    var subcommands: [Command]?
    var arguments: [Argument]?

    /// The words that invoke it: `["tw-inspect", "demo", "serve"]`.
    var words: [String] { (superCommands ?? []) + [commandName] }

    /// The name of its page: `tw-inspect-demo-serve`.
    var pageName: String { words.joined(separator: "-") }

    /// Those that have a page: not hidden, and not the `help` that the parser adds.
    var pagedSubcommands: [Command] {
      (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }

    var displayedArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
  }

  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      enum Kind: String, Decodable { case short, long, longWithSingleDash }
      var kind: Kind
      var name: String
    }

    var kind: Kind
    var shouldDisplay: Bool
    var sectionTitle: String?
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var preferredName: Name?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
    var discussion: String?

    /// `--help` and `--version` go without saying in a synopsis.
    var isOfEveryCommand: Bool {
      kind == .flag && (preferredName?.name == "help" || preferredName?.name == "version")
    }
  }
}

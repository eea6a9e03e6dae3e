import ArgumentParser
import LinuxHost
import Reports
import SocketTable

enum OutputFormat: String, CaseIterable {
  case table
  case plain
  case json
  case jsonl
}

enum ColorChoice: String, CaseIterable {
  case auto
  case always
  case never
}

/// The options that mean the same everywhere.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How the answer is written: table, plain, json, jsonl.", valueName: "format"),
    completion: Choice.completion(OutputFormat.self))
  var output: String?

  @Flag(help: "Short for --output json.")
  var json = false

  @Flag(help: "Put the column names above plain output.")
  var header = false

  @Option(
    help: ArgumentHelp(
      "When to use colour: auto, always, never; auto heeds NO_COLOR, CLICOLOR_FORCE and TERM.",
      valueName: "when"),
    completion: Choice.completion(ColorChoice.self))
  var color: String?

  @Option(
    help: ArgumentHelp(
      "Where to look: netlink, proc (/proc/net/tcp), or auto, which takes netlink unless it is refused.",
      valueName: "source"),
    completion: Choice.completion(SocketSource.Choice.self))
  var source: String?

  @Option(
    help: ArgumentHelp(
      "Another network namespace: NAME (of ip netns), PATH, or pid:N for that of a process.",
      valueName: "namespace"))
  var netns: String?

  @Flag(name: .customShort("4"), help: "IPv4 only, also where it arrives at an IPv6 socket (v4-mapped).")
  var ipv4 = false

  @Flag(name: .customShort("6"), help: "IPv6 only, without v4-mapped addresses.")
  var ipv6 = false

  @Flag(name: .shortAndLong, help: "Print nothing; the exit status is the answer.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say on standard error what was asked of the kernel and how long it took.")
  var verbose = false

  @Flag(help: .hidden)
  var udp = false
}

/// What the common options mean.
struct CommonSettings {
  let format: OutputFormat
  let color: ColorChoice
  let source: SocketSource.Choice
  let family: SocketFilter.Family
  /// Column names go above plain output.
  let header: Bool
  let quiet: Bool
  let verbose: Bool
  /// The network namespace that was asked about and entered; nil is this process's own.
  let namespace: NetworkNamespace?
  /// Its process, where it could not be entered but its tables can be read.
  let tables: OtherTables?

  struct OtherTables {
    let pid: Int32
    let reason: String
  }

  /// Enters the network namespace that the options name. `readsTables`: where that is not permitted, its tables will do.
  init(_ options: CommonOptions, readsTables: Bool = false) throws(Failure) {
    if options.udp { throw .usage("--udp: only TCP is looked at; --udp is reserved") }
    if options.ipv4 && options.ipv6 {
      throw .usage("-4 and -6: they exclude each other; leave both out for both families")
    }
    let output = try Choice.value(of: "--output", options.output, OutputFormat.self)
    if options.json, let output, output != .json {
      throw .usage("--json and --output \(output.rawValue): they contradict each other; give one of them")
    }
    format = options.json ? .json : output ?? .table
    color = try Choice.value(of: "--color", options.color, ColorChoice.self) ?? .auto
    source = try Choice.value(of: "--source", options.source, SocketSource.Choice.self) ?? .auto
    family = options.ipv4 ? .ipv4 : options.ipv6 ? .ipv6 : .any
    header = options.header
    if header, format != .plain { throw .usage("--header: it belongs to --output plain") }
    quiet = options.quiet
    verbose = options.verbose
    (namespace, tables) = try Self.enter(options.netns, source, readsTables: readsTables)
  }

  private static func enter(
    _ typed: String?, _ source: SocketSource.Choice, readsTables: Bool
  ) throws(Failure) -> (NetworkNamespace?, OtherTables?) {
    guard let typed else { return (nil, nil) }
    let shown = ByteSafety.escaped(typed)
    guard let namespace = NetworkNamespace(typed) else {
      throw .usage("--netns '\(shown)': not a namespace; write a name of ip netns, a path, or pid:N")
    }
    do throws(NetworkNamespace.EntryError) {
      try namespace.enter()
      return (namespace, nil)
    } catch {
      switch error {
      case .noSuch(let error):
        throw .usage("--netns '\(shown)': no network namespace: \(error)")
      case .notPermitted(let error):
        if readsTables, source != .netlink, case .process(let pid) = namespace, namespace.hasReadableTables {
          return (namespace, OtherTables(pid: pid, reason: "\(error)"))
        }
        let needed = error.call == "setns" ? "CAP_SYS_ADMIN" : "CAP_SYS_PTRACE and CAP_SYS_ADMIN"
        throw .notPermitted("--netns '\(shown)': \(error); it takes \(needed), as root has")
      case .system(let error): throw .system(error)
      }
    }
  }

  /// Text for the terminal that standard output is, or for a file of 80 columns.
  func text(to output: Output) -> StyledText {
    StyledText(
      usesColor: usesColor, width: max(40, min(Terminal.width ?? 80, 100)), drain: output.write)
  }

  var usesColor: Bool {
    switch color {
    case .always: return true
    case .never: return false
    case .auto:
      if let none = Terminal.environment("NO_COLOR"), !none.isEmpty { return false }
      if let force = Terminal.environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
      return Terminal.isOutput && Terminal.environment("TERM") != "dumb"
    }
  }
}

/// An option that takes one of a few words. They are read here and not by the argument parser: each type that it has to
/// know costs start-up time, and its message does not fit on a line.
enum Choice {
  /// Nil if the option was not given.
  static func value<T: RawRepresentable & CaseIterable>(
    of option: String, _ typed: String?, _ type: T.Type
  ) throws(Failure) -> T? where T.RawValue == String {
    guard let typed else { return nil }
    guard let value = T(rawValue: typed) else {
      throw .usage(
        "\(option) '\(ByteSafety.escaped(typed))': not one of \(words(type).joined(separator: ", "))")
    }
    return value
  }

  static func completion<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> CompletionKind
  where T.RawValue == String {
    .list(words(type))
  }

  private static func words<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> [String]
  where T.RawValue == String {
    type.allCases.map(\.rawValue)
  }
}

import ArgumentParser
import LinuxHost
import Reports
import SocketTable

enum OutputFormat: String, ExpressibleByArgument {
  case table
  case plain
  case json
  case jsonl

  static var allValueStrings: [String] { ["table", "plain", "json", "jsonl"] }
}

enum ColorChoice: String, ExpressibleByArgument {
  case auto
  case always
  case never

  static var allValueStrings: [String] { ["auto", "always", "never"] }
}

extension SocketSource.Choice: ExpressibleByArgument {
  public static var allValueStrings: [String] { ["auto", "netlink", "proc"] }
}

/// The options that mean the same everywhere.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How the answer is written.", valueName: "format"),
    completion: .list(OutputFormat.allValueStrings))
  var output: OutputFormat?

  @Flag(help: "Short for --output json.")
  var json = false

  @Option(
    help: ArgumentHelp("When to use colour; auto heeds NO_COLOR, CLICOLOR_FORCE and TERM.", valueName: "when"),
    completion: .list(ColorChoice.allValueStrings))
  var color = ColorChoice.auto

  @Option(
    help: ArgumentHelp(
      "Where to look: auto takes netlink, and /proc/net/tcp where that is refused.", valueName: "source"),
    completion: .list(SocketSource.Choice.allValueStrings))
  var source = SocketSource.Choice.auto

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

  /// Contradictions among these options.
  func check() throws(Failure) {
    if udp { throw .usage("--udp: only TCP is looked at; --udp is reserved") }
    if ipv4 && ipv6 { throw .usage("-4 and -6: they exclude each other; leave both out for both families") }
    if json, let output, output != .json {
      throw .usage("--json and --output \(output.rawValue): they contradict each other; give one of them")
    }
  }

  var format: OutputFormat { json ? .json : output ?? .table }

  var family: SocketFilter.Family { ipv4 ? .ipv4 : ipv6 ? .ipv6 : .any }

  /// Text for the terminal that standard output is, or for a file of 80 columns.
  func text() -> StyledText {
    StyledText(usesColor: usesColor, width: max(40, min(Terminal.width ?? 80, 100)))
  }

  private var usesColor: Bool {
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

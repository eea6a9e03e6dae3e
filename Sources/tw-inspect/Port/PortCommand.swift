import ArgumentParser
import SocketTable

struct PortCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "port",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Show the sockets on a port that only a timer keeps (TIME_WAIT), or all of them.",
    discussion: """
      EXAMPLES
        tw-inspect port 9527                   TIME_WAIT sockets on it, time left
        tw-inspect port 9527 --all             every socket, whatever its state
        tw-inspect port 9527 --all --owners    and whose it is
        tw-inspect port 9000-9100,https        a range and a service
        tw-inspect port 443 --side peer        connections to 443 elsewhere
        tw-inspect port 9527 --watch           a screen that follows it
        tw-inspect port 9527 --output jsonl    a JSON object a line, for scripts
        tw-inspect port 9527 --expect none -q  exit 1 if any is listed

      DESCRIPTION
        Lists every timewait minisocket on the ports: TIME_WAIT, and FIN_WAIT2
        that only a timer keeps (what kill -9 leaves behind). The closing line
        counts all other sockets there, so that an empty list is not read as a
        free port. TCP only.
        To learn whether this kernel lists sockets that are bound and do not
        listen, a table or json look holds one of its own, on 127.0.0.1 and a
        free port that the kernel chooses, for as long as it takes.
        --expect judges how many were listed. It does not tell whether a server
        can start: gate start-up scripts with trybind or wait.
        --watch follows the port until it is ended by Ctrl-C: on a terminal as a
        screen with a bar for the time left, in a pipe as one table after the
        other, with jsonl as one snapshot, its sockets and an end for each look.
        + marks what has come, and - what has gone.

      EXIT STATUS
        0   looked
        1   --expect was not met
        64  wrong usage
        69  could not look, or the look is incomplete (what was seen is printed)
        71  an error of the operating system
        74  the output could not be written
        77  --netns: not permitted
      """)

  static let takesManyValues = true
  static let repeatableOptions = ["--state"]

  @Argument(
    help: ArgumentHelp("Port numbers, ranges and service names, separated by commas.", valueName: "ports"),
    completion: .ports)
  var ports: [String]

  @Option(
    help: ArgumentHelp(
      "Whose port: local (these hold it), peer (connections to it elsewhere), any.", valueName: "side"),
    completion: Choice.completion(SocketFilter.Side.self))
  var side: String?

  @Flag(help: "List sockets in every state.")
  var all = false

  @Option(
    help: ArgumentHelp(
      "List sockets in these states, by ss's names and groups (time-wait,listen,connected ...).",
      valueName: "states"),
    completion: .list(StateSet.groupNames + TCPState.known.map(\.name)))
  var state: [String] = []

  @Flag(help: "Name a process that has each socket open; trybind names all of them.")
  var owners = false

  @Option(
    help: ArgumentHelp(
      "Order: time (longest left first), peer, none (as the kernel has them).", valueName: "order"),
    completion: Choice.completion(SortOrder.self))
  var sort: String?

  @Option(
    help: ArgumentHelp("Print at most this many sockets; all are counted. 0 prints all.", valueName: "count"))
  var limit: String?

  @Option(
    help: ArgumentHelp("Exit 1 unless none, or some, were listed: none, some.", valueName: "what"),
    completion: Choice.completion(Expectation.self))
  var expect: String?

  @Flag(help: "Look again and again, until Ctrl-C; what comes and goes is marked.")
  var watch = false

  @Option(
    help: ArgumentHelp("Between two looks of --watch (500ms, 1s); 1s by default.", valueName: "duration"))
  var interval: String?

  @Option(
    help: ArgumentHelp(
      "Read SO_REUSEADDR and SO_REUSEPORT too: none, live (owners are looked for; root, or the same user).",
      valueName: "which"),
    completion: Choice.completion(ReuseOptionsChoice.self))
  var flags: String?

  @OptionGroup var common: CommonOptions

  func answer() throws -> Int32 {
    try PortRun(PortRequest(self)).run()
  }
}

import ArgumentParser
import SocketTable

struct PortCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "port",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Show the TIME_WAIT sockets on a port, or every socket on it.",
    discussion: """
      EXAMPLES
        tw-inspect port 9527                   TIME_WAIT sockets on it, time left
        tw-inspect port 9527 --all             sockets in every state
        tw-inspect port 9527 --all --owners    and the process of each
        tw-inspect port 9000-9100,https        a range and a service
        tw-inspect port 443 --side peer        connections to port 443 of others
        sudo tw-inspect port 80 --all-netns    in containers, too
        tw-inspect port 9527 --watch           a screen that is updated
        tw-inspect port 9527 --output jsonl    one JSON object a line
        tw-inspect port 9527 --expect none -q  exit 1 if any is listed

      DESCRIPTION
        Lists the timewait minisockets on the ports (tw-inspect explain
        minisocket): TIME_WAIT, and FIN_WAIT2 without a process, as kill -9
        leaves it. The lines below the list say what else holds the port, so an
        empty list does not mean a free port. TCP only; a line says where a UDP
        socket has the number. With plain it is not looked for.
        With table and json it also checks whether this kernel lists sockets
        that are bound and do not listen. For that it holds such a socket while
        it looks, on 127.0.0.1 and a free port that the kernel chooses.
        --expect judges how many sockets were listed. It does not say whether a
        server can start: in start-up scripts, use trybind or wait.
        --flags live asks the processes that have a socket open, as root or as
        their user. --flags all asks the kernel's BPF iterator, as root: it also
        tells what TIME_WAIT sockets had, on which your server's SO_REUSEADDR
        depends. The kernel may log that a BPF program was loaded. Where it
        refuses, that is said, and live is used.
        --all-netns looks in each network namespace that a process is in, or that
        has a name in /run/netns or /run/docker/netns. It looks in 512 at most,
        and for 5 s. It does not see namespaces that only an open file, a thread
        or a mount in another directory keeps. The process with the lowest number
        says which unit or container a namespace is of.
        Plain output has a socket a line, with the columns that --header names.
        New ones are only added at the end.
        --watch follows the port until q or Ctrl-C. On a terminal it is a screen
        with a bar for the time left. In a pipe it prints one table after another.
        With jsonl it prints a snapshot, the sockets and an end for each look.
        + marks a socket that is new, and - one that is gone.

      EXIT STATUS
        0   looked
        1   --expect was not met
        64  wrong usage
        69  could not look, or the list is incomplete (it is still printed)
        71  an error of the operating system
        74  the output could not be written
        77  --netns or --all-netns: not permitted
      """)

  static let takesManyValues = true
  static let repeatableOptions = ["--state"]

  @Argument(
    help: ArgumentHelp("Port numbers, ranges and service names, separated by commas.", valueName: "ports"))
  var ports: [String]

  @Option(
    help: ArgumentHelp(
      "Whose port it is: local (these sockets hold it), peer (they connect to it), any.", valueName: "side"))
  var side: String?

  @Flag(help: "List sockets in every state.")
  var all = false

  @Option(
    help: ArgumentHelp(
      "List sockets in these states, by ss's names and groups (time-wait,listen,connected ...).",
      valueName: "states"))
  var state: [String] = []

  @Flag(help: "Name a process for each socket; trybind names all that have it open.")
  var owners = false

  @Option(
    help: ArgumentHelp(
      "Order: time (longest left first), peer, none (as the kernel lists them).", valueName: "order"))
  var sort: String?

  @Option(
    help: ArgumentHelp("Print at most this many sockets; all are counted. 0 prints all.", valueName: "count"))
  var limit: String?

  @Option(
    help: ArgumentHelp("Exit 1 if the list is not as expected: none, some.", valueName: "what"))
  var expect: String?

  @Flag(help: "Repeat until q or Ctrl-C, and mark what comes and goes.")
  var watch = false

  @Option(
    help: ArgumentHelp("Time between two looks of --watch (500ms, 1s); default 1s.", valueName: "duration"))
  var interval: String?

  @Option(
    help: ArgumentHelp(
      "Also read SO_REUSEADDR and SO_REUSEPORT: none, live, all (as root); with --owners.",
      valueName: "which"))
  var flags: String?

  @OptionGroup(title: "Where to look") var place: PortLookOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  var look: LookOptions { place.look }

  func answer() throws -> Int32 {
    try PortRun(PortRequest(self)).run()
  }
}

/// Where `port` looks.
struct PortLookOptions: ParsableArguments {
  @OptionGroup var look: LookOptions

  @Flag(help: "Every network namespace of this host (as root).")
  var allNetns = false
}

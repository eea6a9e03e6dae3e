import ArgumentParser

struct ReleaseCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "release",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "End the TIME_WAIT sockets on a port now (SOCK_DESTROY); needs CAP_NET_ADMIN.",
    discussion: """
      EXAMPLES
        tw-inspect release 9527 --dry-run      what it would end
        sudo tw-inspect release 9527           show it, ask, and end it
        sudo tw-inspect release 9527 --yes     for scripts
        sudo tw-inspect release 9527 --include-fin-wait-2

      DESCRIPTION
        Ends timewait minisockets whose own port this is: TIME_WAIT, and with
        --include-fin-wait-2 also FIN_WAIT2 that only a timer keeps. Each is
        named to the kernel by its cookie, so that nothing else can be hit when
        it ends by itself just then. A listener or a connection that a process
        has is never touched. Only netlink can do this, not --source proc.
        TIME_WAIT is there for a reason: without it, late segments of an ended
        connection could reach a new one with the same addresses and ports
        (RFC 1337). Waiting, or SO_REUSEADDR in the server, is without risk.
        Afterwards it looks again, and tries one bind without options: to [::],
        which overlaps with every other socket on the port (-4: 0.0.0.0). That
        takes the port for some microseconds. TCP only.

      EXIT STATUS
        0   nothing is left of what it was to end
        1   some of it is left, or the answer was no
        64  wrong usage; --yes is missing where nobody can be asked
        69  could not look, the look is incomplete, or the kernel lacks this
        71  an error of the operating system
        74  the output could not be written
        77  not permitted
      """)

  @Argument(help: ArgumentHelp("A port number or service name.", valueName: "port"), completion: .ports)
  var port: String

  @Flag(name: .customLong("include-fin-wait-2"), help: "End FIN_WAIT2 that only a timer keeps as well.")
  var includeFinWait2 = false

  @Flag(help: "End them without asking.")
  var yes = false

  @Flag(help: "Show what would be ended, and end nothing.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func answer() throws -> Int32 {
    try ReleaseRun(ReleaseRequest(self)).run()
  }
}

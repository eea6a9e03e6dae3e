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
        Ends timewait minisockets that have this local port (tw-inspect explain
        minisocket): TIME_WAIT, and with --include-fin-wait-2 also FIN_WAIT2
        without a process. It names each by its cookie (tw-inspect explain
        cookie), so nothing else can be ended by mistake. It never touches a
        listener, or a connection that a process has. Only netlink can do this,
        not --source proc.
        TIME_WAIT has a purpose: without it, late segments of an ended connection
        could reach a new one with the same addresses and ports (RFC 1337).
        Waiting, or SO_REUSEADDR in the server, has no such risk.
        At the end it looks again, and tries one bind without options: to [::],
        which overlaps with every other socket on the port (-4: 0.0.0.0). That
        takes the port for some microseconds. TCP only.

      EXIT STATUS
        0   everything that it should end has ended
        1   something is left, or you answered no
        64  wrong usage; or --yes is missing and nobody can be asked
        69  could not look, the list is incomplete, or the kernel cannot do it
        71  an error of the operating system
        74  the output could not be written
        77  not permitted
      """)

  @Argument(help: ArgumentHelp("A port number or service name.", valueName: "port"))
  var port: String

  @Flag(name: .customLong("include-fin-wait-2"), help: "Also end FIN_WAIT2 without a process.")
  var includeFinWait2 = false

  @Flag(help: "End them without asking.")
  var yes = false

  @Flag(help: "Show what it would end, and end nothing.")
  var dryRun = false

  @OptionGroup(title: "Where to look") var look: LookOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func answer() throws -> Int32 {
    try ReleaseRun(ReleaseRequest(self)).run()
  }
}

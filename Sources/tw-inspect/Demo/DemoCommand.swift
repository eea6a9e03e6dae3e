import ArgumentParser
import LinuxHost

struct DemoCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Try the textbook's claims about TIME_WAIT on this kernel.",
    usage: """
      tw-inspect demo [<options>] [<claim>]
      tw-inspect demo serve [--reuse] <port>
      """,
    discussion: """
      EXAMPLES
        tw-inspect demo              make a TIME_WAIT, then try all claims
        tw-inspect demo 4            one claim
        tw-inspect demo --list       only list the claims
        tw-inspect demo --json       what was done and seen, for scripts
        tw-inspect demo 3 --full     wait until a TIME_WAIT ends (a minute)
        tw-inspect demo serve 9527   the textbook's server, to try with telnet

      DESCRIPTION
        Each claim is tried with real sockets. You see who closed first, the
        states that the kernel lists after each step, what it answered, and
        whether the claim holds on Linux. It takes a few seconds.
        All of it happens in a private network namespace, and for an ordinary
        user in a private user namespace. Nothing on the host is touched.
        If neither is permitted, the host's loopback device is used, with ports
        that the kernel chooses. Then some TIME_WAIT stay there for a minute, and
        claims that need sysctls are skipped. IPv4 and TCP only.

      EXIT STATUS
        0   every claim came out as expected for Linux
        1   a claim came out differently (it says which)
        64  wrong usage
        69  could not look at the sockets
        71  an error of the operating system
        74  the output could not be written
      """,
    subcommands: [DemoServeCommand.self])

  @Argument(
    help: ArgumentHelp("The number of one claim; without it, all claims.", valueName: "claim"))
  var claim: String?

  @Flag(help: "List the claims, and do nothing.")
  var list = false

  @Flag(help: "In claim 3, wait until a TIME_WAIT has ended, and say how long it lasted.")
  var full = false

  @Option(help: LookOptions.sourceHelp)
  var source: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  func answer() throws -> Int32 {
    try DemoRun(DemoRequest(self)).run()
  }
}

import ArgumentParser

struct DemoCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Carry out the textbook's claims about TIME_WAIT on this kernel.",
    usage: """
      tw-inspect demo [<options>] [<claim>]
      tw-inspect demo serve [--reuse] <port>
      """,
    discussion: """
      EXAMPLES
        tw-inspect demo              a TIME_WAIT made just now, then all claims
        tw-inspect demo 4            one claim
        tw-inspect demo --list       the claims, and nothing is done
        tw-inspect demo --json       what was done and seen, for scripts
        tw-inspect demo 3 --full     wait a TIME_WAIT out (a minute)
        tw-inspect demo serve 9527   the textbook's server, to try with telnet

      DESCRIPTION
        Each claim is carried out with real sockets: who closed first, the
        states that the kernel lists after each step, what it answered, and
        whether the claim holds on Linux. Takes a few seconds.
        All of it happens in a network namespace of its own, for which an
        ordinary user gets a user namespace; nothing of the host is touched.
        Where neither is permitted, the host's loopback device is used, with
        ports that the kernel chooses: some TIME_WAIT stay there for a minute,
        and claims that need sysctls are skipped. IPv4 and TCP only.

      EXIT STATUS
        0   every claim came out as known for Linux
        1   a claim came out otherwise (it says which)
        64  wrong usage
        69  could not look at the sockets
        71  an error of the operating system
        74  the output could not be written
      """,
    subcommands: [DemoServeCommand.self])

  @Argument(
    help: ArgumentHelp("The number of one claim; all without it.", valueName: "claim"),
    completion: .list((1...8).map { "\($0)" }))
  var claim: String?

  @Flag(help: "List the claims, and do nothing.")
  var list = false

  @Flag(help: "In claim 3, wait until a TIME_WAIT has ended, and say how long it was.")
  var full = false

  @OptionGroup var common: CommonOptions

  func answer() throws -> Int32 {
    try DemoRun(DemoRequest(self)).run()
  }
}

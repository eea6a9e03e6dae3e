import ArgumentParser

struct ExplainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Explain a TCP state, an errno, a socket option, a sysctl, a term or a finding.",
    usage: "tw-inspect explain [<options>] [<topic> ...]",
    discussion: """
      EXAMPLES
        tw-inspect explain                     the list of topics
        tw-inspect explain TIME_WAIT           a state
        tw-inspect explain 98                  an errno, by number or name
        tw-inspect explain SO_REUSEADDR        a socket option
        tw-inspect explain tcp_tw_reuse        a sysctl
        tw-inspect explain minisocket          a term
        tw-inspect explain listener-alive      what trybind found
        tw-inspect explain TIME_WAIT bind      several topics

      DESCRIPTION
        Each topic says what it is, what this host has set, what to do, and where
        it is defined. It also says which common beliefs about it are wrong.
        Upper and lower case do not matter, and neither do the characters between
        words. Several topics are printed as text only. No socket is looked at.
        TCP on Linux only.

      EXIT STATUS
        0   shown
        1   no such topic; the nearest names are printed
        64  wrong usage
        71  an error of the operating system
        74  the output could not be written
      """)

  @Argument(
    help: ArgumentHelp("What to explain; without it, the topics are listed.", valueName: "topic"))
  var topic: [String] = []

  @OptionGroup(title: "Output") var output: OutputOptions

  func answer() throws -> Int32 {
    try ExplainRun(ExplainRequest(self)).run()
  }
}

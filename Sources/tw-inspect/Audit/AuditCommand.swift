import ArgumentParser

struct AuditCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Tell of every listener whether a restart of its server would bind at once.",
    discussion: """
      EXAMPLES
        tw-inspect audit                       every listener, the worst first
        sudo tw-inspect audit                  those of other users, too
        sudo tw-inspect audit --port 80,443    on these ports only
        sudo tw-inspect audit --unit nginx     of one systemd unit
        sudo tw-inspect audit -v               with user and options of each
        sudo tw-inspect audit --json           for programs
        sudo tw-inspect audit -q && ./deploy   only where it would be safe

      DESCRIPTION
        Reads how each listener was set up, and predicts a restart of its server
        by the rules of trybind --after-stop. It is as if the server had stopped
        now, and its connections were in TIME_WAIT. Other servers on the same port
        stay. It binds nothing and changes nothing.
        It also says what else is wrong with a listener. Its port can be one that
        the kernel gives to clients. Other processes can share it by SO_REUSEPORT,
        and another program can have inherited it. Another server can have the
        other name of localhost. Its process can be stopped.
        To read the options of other users' servers takes root. What could not be
        read is unknown, and never taken for a yes. The answer is from here: the
        server's own security policy may differ. TCP only, in one network
        namespace.
        The kernel is asked whether it lists sockets that are bound and do not
        listen. For that a socket is held for a moment on 127.0.0.1, on a free
        port that the kernel chooses.
        Plain output has a listener a line, with the columns that --header names.
        New ones are only added at the end.

      EXIT STATUS
        0   all would bind at once, or nothing listens
        1   one would not
        64  wrong usage
        69  could not look, the list is incomplete, or it is not known of one
            (and of none that it would not)
        71  an error of the operating system
        74  the output could not be written
        77  --netns: not permitted
      """)

  static let repeatableOptions = ["--port"]

  @Option(
    help: ArgumentHelp("Listeners on these ports only (80,9000-9100,https).", valueName: "ports"))
  var port: [String] = []

  @Option(
    help: ArgumentHelp("Listeners of this systemd unit only (nginx, nginx.service).", valueName: "unit"))
  var unit: String?

  @Option(
    help: ArgumentHelp(
      "Print at most this many listeners; all are counted. 0 prints all.", valueName: "count"))
  var limit: String?

  @Option(
    help: ArgumentHelp(
      "How the options of listeners are read: live (from the sockets, the default), none.",
      valueName: "which"))
  var flags: String?

  @OptionGroup(title: "Where to look") var look: LookOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func answer() throws -> Int32 {
    try AuditRun(AuditRequest(self)).run()
  }
}

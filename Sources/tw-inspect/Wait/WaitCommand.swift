import ArgumentParser

struct WaitCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Wait until a server can bind a port.",
    discussion: """
      EXAMPLES
        tw-inspect wait 9527 && exec my-server     start it when the port is free
        tw-inspect wait 9527 --reuse               for one that sets SO_REUSEADDR
        tw-inspect wait 9527 --timeout 2m -q       exit 1 if it takes longer
        tw-inspect wait 9527 --fail-fast           exit 1 if time cannot help
        for i in 1 2 3; do tw-inspect wait 9527 && my-server && break; done

      DESCRIPTION
        The options describe your server, as in trybind. Its bind is tried once
        at the start. It is tried again only when the sockets in its way have
        changed, or when their timers should have ended. In between wait looks at
        the socket table: less than 1 % of a core, however many sockets there are.
        If only timers are in the way, it knows how long they take. If a process
        is in the way, it looks every 100 to 250 ms.
        --like takes the server from one that runs: a process, or a unit. It is
        read once, at the start, so the running server may stop afterwards.
        The answer is true at that moment only: another program can take the port
        before your server does. If that can happen, wait and try a few times, as
        in the last example.
        In a systemd unit (ExecStartPre=), TimeoutStartSec= must be longer than
        --timeout. Its default, 90s, is not: systemd would end wait first.
        Progress goes to standard error: on a terminal one line that is updated,
        otherwise a line at the start and one at the end. On failure the
        explanation is that of trybind. TCP only.

      EXIT STATUS
        0    the server can bind
        1    it timed out; or time alone does not help, with --fail-fast or if
             the server's own addresses exclude each other
        64   wrong usage
        69   could not look, or the list is incomplete
        71   an error of the operating system
        74   the output could not be written
        77   --netns or --like: not permitted
        130  ended by Ctrl-C (143: by SIGTERM)
      """)

  static let repeatableOptions = ["--address"]

  @Argument(
    help: ArgumentHelp(
      "A port number or service name, or ADDRESS:PORT; 0 lets the kernel choose.", valueName: "port"))
  var port: String

  @Option(
    help: ArgumentHelp(
      "Give up after this time (90s, 2m, 500ms), or none for never; default 180s.",
      valueName: "duration"))
  var timeout: String?

  @Flag(help: "Exit 1 at once if time alone does not free the port.")
  var failFast = false

  @OptionGroup(title: "Your server") var server: ServerOptions
  @OptionGroup(title: "Where to look") var look: LookOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func answer() throws -> Int32 {
    try WaitRun(WaitRequest(self)).run()
  }
}

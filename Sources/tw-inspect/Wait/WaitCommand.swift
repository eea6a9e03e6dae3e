import ArgumentParser

struct WaitCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Hold on until a server could bind a port.",
    discussion: """
      EXAMPLES
        tw-inspect wait 9527 && exec my-server     start it once the port is free
        tw-inspect wait 9527 --reuse               for one that sets SO_REUSEADDR
        tw-inspect wait 9527 --timeout 2m -q       exit 1 if it takes longer
        tw-inspect wait 9527 --fail-fast           exit 1 where time cannot help
        for i in 1 2 3; do tw-inspect wait 9527 && my-server && break; done

      DESCRIPTION
        The options describe your server, as those of trybind do. Its bind is
        tried once at the start, and again only when the sockets in its way have
        changed, or their timers should have run out. In between wait looks at
        the table of sockets: less than 1 % of a core, however many there are.
        Where timers alone are in the way it knows how long it will take; a
        process is waited for by looking every 100 to 250 ms.
        The answer is of the instant in which it is given: another program can
        take the port before your server does. Where that can happen, wait and
        try a few times, as in the last example.
        Progress goes to standard error: a line that is written over on a
        terminal, otherwise a line at the start and one at the end. If it was in
        vain, the explanation is that of trybind. TCP only.

      EXIT STATUS
        0   the server could bind
        1   it timed out; or time alone will not help, with --fail-fast or where
            the server's own addresses exclude each other
        64  wrong usage
        69  could not look, or the look is incomplete
        71  an error of the operating system
        74  the output could not be written
        77  --netns: not permitted
        130 ended by Ctrl-C (143: by SIGTERM)
      """)

  static let repeatableOptions = ["--address"]

  @Argument(
    help: ArgumentHelp("A port number or service name; 0 lets the kernel choose.", valueName: "port"),
    completion: .ports)
  var port: String

  @Option(
    help: ArgumentHelp(
      "Give up after this time (90s, 2m, 500ms), or none for never; 180s by default.",
      valueName: "duration"))
  var timeout: String?

  @Flag(help: "Exit 1 at once where time alone will not free the port.")
  var failFast = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var common: CommonOptions

  func answer() throws -> Int32 {
    try WaitRun(WaitRequest(self)).run()
  }
}

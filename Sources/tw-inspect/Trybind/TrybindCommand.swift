import ArgumentParser

struct TrybindCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "trybind",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Try whether a server could bind a port, and explain if it could not.",
    discussion: """
      EXAMPLES
        tw-inspect trybind 9527                 a server that sets no options
        tw-inspect trybind 9527 --reuse         one that sets SO_REUSEADDR
        tw-inspect trybind 80 --address 127.0.0.1  on one address only
        tw-inspect trybind 80 --address 0.0.0.0 --address :: --v6-only
        tw-inspect trybind 9527 --matrix        every option, every address
        sudo tw-inspect trybind 9527 --reuse --after-stop --flags live
        tw-inspect trybind 9527 --reuse -q && systemctl start my.service

      DESCRIPTION
        The options describe your server. Whatever they are, a bind with
        SO_REUSEADDR and a plain one are tried: their difference is the
        diagnosis. Without --address, 0.0.0.0 and [::] are tried one at a time;
        with several --address the server's sockets are bound in order and held
        together. [::] takes IPv4 as well unless --v6-only is given.
        What stands in the way is named with every process that has it open, as
        far as this user may see them; root sees all.
        Each trial closes its socket at once and never connects. It takes the
        port for some microseconds, and a server that starts just then can fail.
        The answer is from here: your server's own user, capabilities, security
        policy and network namespace may differ. TCP only.

        --predict binds nothing on the port and tells from the table of sockets
        alone; where that hangs on what the table does not show, it says on what.
        --after-stop predicts a restart: what listens on the port is taken to be
        gone, and its connections to be in TIME_WAIT. --flags live reads
        SO_REUSEADDR and SO_REUSEPORT of the sockets in the way from the
        processes that have them (as root, or as the same user), so that hardly
        anything is left open. --matrix compares every combination of both
        options, and the usual addresses. --as-user tries, or predicts, as that
        user: for ports below 1024, and for SO_REUSEPORT, which is shared with a
        user's own sockets only.

        --watch looks at the port until it is ended by Ctrl-C, and tries your
        server's own options again when something on it has changed: as a screen,
        as one text after the other in a pipe, or with jsonl as a line for each
        look.

      EXIT STATUS
        0   yes
        1   no
        64  wrong usage
        69  could not look, the look is incomplete, or it depends
        71  an error of the operating system
        74  the output could not be written
        77  --netns or --as-user: not permitted
      """)

  static let repeatableOptions = ["--address"]

  @Argument(
    help: ArgumentHelp("A port number or service name; 0 lets the kernel choose.", valueName: "port"),
    completion: .ports)
  var port: String

  @OptionGroup var server: ServerOptions

  @Option(help: ArgumentHelp("Try as this user, by name or number (root only).", valueName: "user"))
  var asUser: String?

  @Flag(help: "Compare addresses and every combination of SO_REUSEADDR and SO_REUSEPORT.")
  var matrix = false

  @Flag(help: "Bind nothing: tell from the table of sockets alone.")
  var predict = false

  @Flag(help: "Predict a restart: as if what listens on the port now were stopped.")
  var afterStop = false

  @Option(
    help: ArgumentHelp(
      "Read SO_REUSEADDR and SO_REUSEPORT of the sockets in the way: none, live (root, or the same user).",
      valueName: "which"),
    completion: Choice.completion(ReuseOptionsChoice.self))
  var flags: String?

  @Flag(help: "Follow the port until Ctrl-C; tried again only after a change on it.")
  var watch = false

  @Option(
    help: ArgumentHelp("Between two looks of --watch (500ms, 1s); 1s by default.", valueName: "duration"))
  var interval: String?

  @OptionGroup var common: CommonOptions

  func answer() throws -> Int32 {
    try TrybindRun(TrybindRequest(self)).run()
  }
}

import ArgumentParser

struct TrybindCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "trybind",
    // With this name the parser does not look for --generate-completion-script at each start: `TwInspect` answers that.
    _superCommandName: "tw-inspect",
    abstract: "Try whether a server can bind a port, and explain why not.",
    discussion: """
      EXAMPLES
        tw-inspect trybind 9527                 a server that sets no options
        tw-inspect trybind 9527 --reuse         one that sets SO_REUSEADDR
        tw-inspect trybind 80 --address 127.0.0.1  on one address only
        tw-inspect trybind 80 --address 0.0.0.0 --address :: --v6-only
        tw-inspect trybind 9527 --matrix        every option, every address
        sudo tw-inspect trybind 9527 --after-stop  would a restart work now?
        tw-inspect trybind 9527 --reuse -q && systemctl start my.service

      DESCRIPTION
        The options describe your server. A bind with SO_REUSEADDR and a plain
        one are always tried as well: the difference between them is the
        diagnosis. Without --address, 0.0.0.0 and [::] are tried, one at a time.
        With several --address, the sockets of the server are bound in order and
        held together. [::] takes IPv4 as well, unless --v6-only is given.
        Every process that has a socket in the way is named, as far as you may
        see it. Root sees all of them.
        Each trial closes its socket at once and never connects. It takes the
        port for some microseconds. A server that starts at that moment can fail.
        The answer is from here: your server's own user, capabilities, security
        policy and network namespace may differ. TCP only; where a UDP socket has
        the number, which does not block TCP, a line says so.

        --predict binds nothing on the port, and answers from the socket table.
        If the answer depends on what the table lacks, it says on what.
        --flags live also reads SO_REUSEADDR and SO_REUSEPORT of the sockets in
        the way, as root or as their user. --flags all reads them of TIME_WAIT
        sockets too, by the kernel's BPF iterator, as root. Then the answer is
        nearly always definite.
        --after-stop predicts a restart: as if the listeners on the port had
        stopped, and their connections were in TIME_WAIT. It reads the options as
        --flags live does. Where you describe no server, it takes what listens
        there now: the same server, restarted.

        --like takes the server from one that runs: addresses, options, device
        and protocol of its sockets on the port, and the user who made them. It
        names a process (--like 812) or a unit (--like nginx). The answer is
        about a second such server beside the first. To ask whether a restart
        would work, add --after-stop (trybind 80 --like nginx --after-stop). To
        read another user's sockets takes root.

        --matrix compares every combination of both options, and the usual
        addresses. --as-user tries, or predicts, as that user. That matters for
        ports below 1024, and for SO_REUSEPORT, by which only sockets of one user
        share a port.

        --watch looks at the port until q or Ctrl-C. It tries your server's
        options again only after a change on the port. On a terminal it is a
        screen. In a pipe it prints one text after the other, and with jsonl one
        line a look.

      EXIT STATUS
        0   yes
        1   no
        64  wrong usage
        69  could not look, the list is incomplete, or it depends
        71  an error of the operating system
        74  the output could not be written
        77  --netns, --as-user or --like: not permitted
      """)

  static let repeatableOptions = ["--address"]

  @Argument(
    help: ArgumentHelp(
      "A port number or service name, or ADDRESS:PORT; 0 lets the kernel choose.", valueName: "port"))
  var port: String

  @OptionGroup(title: "Your server") var server: ServerOptions

  @Option(help: ArgumentHelp("Try as this user, by name or number (root only).", valueName: "user"))
  var asUser: String?

  @Flag(help: "Compare addresses and every combination of SO_REUSEADDR and SO_REUSEPORT.")
  var matrix = false

  @Flag(help: "Bind nothing: answer from the socket table alone.")
  var predict = false

  @Flag(help: "Predict a restart: as if the listeners on the port had stopped.")
  var afterStop = false

  @Option(
    help: ArgumentHelp(
      "Read SO_REUSEADDR and SO_REUSEPORT of the sockets in the way: none, live, all (as root).",
      valueName: "which"))
  var flags: String?

  @Flag(help: "Follow the port until q or Ctrl-C; try again only after a change on it.")
  var watch = false

  @Option(
    help: ArgumentHelp("Time between two looks of --watch (500ms, 1s); default 1s.", valueName: "duration"))
  var interval: String?

  @OptionGroup(title: "Where to look") var look: LookOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func answer() throws -> Int32 {
    try TrybindRun(TrybindRequest(self)).run()
  }
}

import ArgumentParser

struct DemoServeCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    _superCommandName: "tw-inspect demo",
    abstract: "Run the textbook's server: accept one client and print what it sends.",
    discussion: """
      EXAMPLES
        tw-inspect demo serve 9527           then, elsewhere: telnet 127.0.0.1 9527
        tw-inspect demo serve 9527 --reuse   with SO_REUSEADDR

      DESCRIPTION
        Binds 0.0.0.0, listens, accepts one client and prints what it receives
        until the client closes. What follows depends on who closes first. If you
        end telnet (Ctrl-], then quit), the server can start again at once. If you
        press Ctrl-C here, its port stays in TIME_WAIT (see tw-inspect port 9527).
        Then start it again, with --reuse and without. TCP only.
        Everybody who can reach this host can connect.

      EXIT STATUS
        0    the client closed
        1    bind or listen failed
        64   wrong usage
        71   an error of the operating system
        74   the output could not be written
        130  ended by Ctrl-C, after it closed its side first
      """,
    version: "tw-inspect \(Version.number)")

  @Argument(
    help: ArgumentHelp("A port number or service name; 0 lets the kernel choose.", valueName: "port"))
  var port: String

  @Flag(help: "Set SO_REUSEADDR before bind.")
  var reuse = false

  func answer() throws -> Int32 {
    try DemoServeRun(port: try PortArgument.single(port), reuse: reuse).run()
  }
}

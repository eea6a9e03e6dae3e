import ArgumentParser

struct DemoServeCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    _superCommandName: "tw-inspect demo",
    abstract: "Be the textbook's server: take one client, print what it says.",
    discussion: """
      EXAMPLES
        tw-inspect demo serve 9527           then, elsewhere: telnet 127.0.0.1 9527
        tw-inspect demo serve 9527 --reuse   with SO_REUSEADDR

      DESCRIPTION
        Binds 0.0.0.0, listens, accepts one client and prints what it receives
        until the client closes. Who closes first decides: end telnet (Ctrl-], then
        quit), and the server starts again at once; press Ctrl-C here, and its port
        is left in TIME_WAIT (see tw-inspect port 9527). Then start it again, with
        --reuse and without. TCP only.
        Everybody who can reach this host can connect.

      EXIT STATUS
        0    the client closed
        1    bind or listen failed
        64   wrong usage
        71   an error of the operating system
        74   the output could not be written
        130  ended by Ctrl-C, having closed its side first
      """,
    version: "tw-inspect \(Version.number)")

  @Argument(
    help: ArgumentHelp("A port number or service name; 0 lets the kernel choose.", valueName: "port"),
    completion: .ports)
  var port: String

  @Flag(help: "Set SO_REUSEADDR before bind.")
  var reuse = false

  func answer() throws -> Int32 {
    try DemoServeRun(port: try PortArgument.single(port), reuse: reuse).run()
  }
}

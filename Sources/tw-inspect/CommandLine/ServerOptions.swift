import ArgumentParser

/// The options that describe a server.
struct ServerOptions: ParsableArguments {
  @Flag(help: "Your server sets SO_REUSEADDR.")
  var reuse = false

  @Flag(help: "Your server sets SO_REUSEPORT.")
  var reusePort = false

  @Option(
    help: ArgumentHelp("An address that your server binds; repeat it for several.", valueName: "address"))
  var address: [String] = []

  @Flag(help: "Your server sets IPV6_V6ONLY on its IPv6 sockets.")
  var v6Only = false

  @Option(help: ArgumentHelp("Your server binds to this device (SO_BINDTODEVICE).", valueName: "device"))
  var interface: String?

  @Option(
    help: ArgumentHelp(
      "Take address, options, device and user from this running server: a process, or a unit (nginx).",
      valueName: "pid|unit"))
  var like: String?

  @Flag(help: "Try listen() too; a client could connect at that moment.")
  var listen = false

  @Flag(help: "Do it even if --listen with --reuse-port could take connections of a running server.")
  var yes = false
}

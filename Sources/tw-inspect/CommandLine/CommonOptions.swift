import ArgumentParser
import LinuxHost

enum OutputFormat: String, CaseIterable {
  case table
  case plain
  case json
  case jsonl
}

enum ColorChoice: String, CaseIterable {
  case auto
  case always
  case never
}

/// The options that mean the same in every command.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Format of the answer: table, plain, json, jsonl.", valueName: "format"),
    completion: Choice.completion(OutputFormat.self))
  var output: String?

  @Flag(help: "Short for --output json.")
  var json = false

  @Flag(help: "Put the column names above plain output.")
  var header = false

  @Option(
    help: ArgumentHelp(
      "When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.",
      valueName: "when"),
    completion: Choice.completion(ColorChoice.self))
  var color: String?

  @Option(
    help: ArgumentHelp(
      "Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).",
      valueName: "source"),
    completion: Choice.completion(SocketSource.Choice.self))
  var source: String?

  @Option(
    help: ArgumentHelp(
      "Another network namespace: NAME (of ip netns), PATH, or pid:N for that of a process.",
      valueName: "namespace"))
  var netns: String?

  @Flag(name: .customShort("4"), help: "IPv4 only, also on IPv6 sockets (v4-mapped).")
  var ipv4 = false

  @Flag(name: .customShort("6"), help: "IPv6 only, without v4-mapped addresses.")
  var ipv6 = false

  @Flag(name: .shortAndLong, help: "Print nothing; the exit status is the answer.")
  var quiet = false

  @Flag(
    name: .shortAndLong,
    help:
      "Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error."
  )
  var verbose: Int

  @Flag(help: .hidden)
  var udp = false
}

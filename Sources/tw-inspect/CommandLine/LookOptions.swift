import ArgumentParser
import LinuxHost

/// Where to look: options that mean the same in every command that looks at sockets.
struct LookOptions: ParsableArguments {
  static let sourceHelp = ArgumentHelp(
    "Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).",
    valueName: "source")

  @Option(
    help: sourceHelp)
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

  @Flag(help: .hidden)
  var udp = false
}

import LinuxHost
import SocketTable

/// What the common options ask for. It is made without a system call, so whether the network namespace exists is found out
/// later.
struct CommonRequest {
  let format: OutputFormat
  let color: ColorChoice
  let place: Place
  let family: SocketFilter.Family
  /// Whether column names are written above plain output.
  let header: Bool
  let quiet: Bool
  /// The whole answer, also on a terminal that is too short for it.
  let isWhole: Bool
  /// What is asked of the kernel is told on standard error.
  let verbose: Bool

  /// - Parameters:
  ///   - look: nil for a command that looks at no socket, or at its own only.
  ///   - source: `--source` of a command without `look`.
  init(_ options: OutputOptions, _ look: LookOptions? = nil, source: String? = nil) throws(Failure) {
    if look?.udp == true { throw .usage("--udp: tw-inspect looks at TCP only; --udp is reserved") }
    if look?.ipv4 == true && look?.ipv6 == true {
      throw .usage("-4 and -6: give one of them; leave both out for both families")
    }
    let output = try Choice.value(of: "--output", options.output, OutputFormat.self)
    if options.json, let output, output != .json {
      throw .usage("--json and --output \(output.rawValue): they contradict each other; give one of them")
    }
    format = options.json ? .json : output ?? .table
    color = try Choice.value(of: "--color", options.color, ColorChoice.self) ?? .auto
    family = look?.ipv4 == true ? .ipv4 : look?.ipv6 == true ? .ipv6 : .any
    header = options.header
    if header, format != .plain { throw .usage("--header: it works only with --output plain") }
    quiet = options.quiet
    isWhole = options.verbose > 0
    verbose = options.verbose > 1
    place = Place(
      source: try Choice.value(of: "--source", look?.source ?? source, SocketSource.Choice.self) ?? .auto,
      namespace: try Self.namespace(look?.netns))
  }

  private static func namespace(_ typed: String?) throws(Failure) -> NetworkNamespace? {
    guard let typed else { return nil }
    guard let namespace = NetworkNamespace(typed) else {
      throw .usage(
        "--netns '\(ByteSafety.escaped(typed))': not a namespace; write a name of ip netns, a path, or pid:N")
    }
    return namespace
  }
}

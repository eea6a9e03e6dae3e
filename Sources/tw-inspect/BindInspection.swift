import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// `trybind`: what the options mean, and the trials.
struct BindInspection {
  private let target: BindTarget
  private let mayTakeConnections: Bool
  private let common: CommonSettings

  init(_ command: TrybindCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    mayTakeConnections = command.yes
    if command.common.ipv4, command.v6Only {
      throw .usage("--v6-only with -4: IPV6_V6ONLY is an option of IPv6 sockets; leave one of them out")
    }
    var options: SocketOptions = []
    if command.reuse { options.insert(.reuseAddress) }
    if command.reusePort { options.insert(.reusePort) }
    if let name = command.interface, name.isEmpty || name.utf8.count > 15 {
      throw .usage("--interface '\(ByteSafety.escaped(name))': a device name has 1 to 15 bytes")
    }
    target = BindTarget(
      port: try PortArgument.single(command.port),
      addresses: try Self.addresses(command, common.family),
      areAlternatives: command.address.isEmpty, options: options,
      interface: command.interface, interfaceIndex: command.interface.flatMap(Interfaces.index) ?? 0,
      listens: command.listen, uid: HostIdentity.current().effectiveUserID)
  }

  private static func addresses(
    _ command: TrybindCommand, _ family: SocketFilter.Family
  ) throws(Failure) -> [BindAddress] {
    guard !command.address.isEmpty else {
      let all = [BindAddress(.anyIPv4), BindAddress(.anyIPv6, v6Only: command.v6Only)]
      return switch family {
      case .any: command.v6Only ? [all[1]] : all
      case .ipv4: [all[0]]
      case .ipv6: [all[1]]
      }
    }
    var addresses: [BindAddress] = []
    for text in command.address { addresses.append(try address(text, command)) }
    if command.v6Only, !addresses.contains(where: { $0.v6Only }) {
      throw .usage(
        """
        --v6-only with --address \(addresses[0].address.text): IPV6_V6ONLY is an option of IPv6 sockets; \
        give an IPv6 address or leave it out
        """
      )
    }
    return addresses
  }

  private static func address(_ text: String, _ command: TrybindCommand) throws(Failure) -> BindAddress {
    let shown = ByteSafety.escaped(text)
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    let parts = (isBracketed ? String(text.dropFirst().dropLast()) : text)
      .split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let address = IPAddress(parsing: parts[0]), parts.count == 1 || address.family == .ipv6 else {
      throw .usage(
        """
        --address '\(shown)': not an IPv4 or IPv6 address; names are not looked up: 192.0.2.7, ::1, \
        fe80::1%eth0
        """
      )
    }
    if command.common.ipv4, address.ipv4 == nil {
      throw .usage("-4 with --address \(shown): an IPv6 address; leave out -4, or give an IPv4 address")
    }
    if command.common.ipv6, address.ipv4 != nil {
      throw .usage("-6 with --address \(shown): an IPv4 address; leave out -6, or give an IPv6 address")
    }
    if command.v6Only, address.isV4Mapped {
      throw .usage(
        """
        --v6-only with --address \(shown): a socket with IPV6_V6ONLY takes no v4-mapped address; leave \
        one out
        """
      )
    }
    guard parts.count == 2 else {
      return BindAddress(address, v6Only: command.v6Only && address.family == .ipv6)
    }
    guard !parts[1].isEmpty, parts[1].utf8.count <= 15 else {
      throw .usage("--address '\(shown)': an interface name has 1 to 15 bytes: fe80::1%eth0")
    }
    // An index that no device has: the kernel is to say so itself.
    let scope = Interfaces.index(parts[1]) ?? UInt32(parts[1]) ?? UInt32(Int32.max)
    return BindAddress(address, v6Only: command.v6Only, scope: scope, scopeName: ByteSafety.escaped(parts[1]))
  }

  func run() throws(Failure) -> Int32 {
    var source = try Sockets.open(common)
    let filter = SocketFilter(ports: PortSet(target.port), states: .states(.all))
    try refuseToTakeConnections(&source)
    let start = Clock.monotonicNanoseconds
    var prober = CommandProber()
    let session = try TrialSession.run(target, prober: &prober) { () throws(Failure) in
      do throws(SourceError) {
        return try source.snapshot(filter)
      } catch {
        throw .source(error)
      }
    }
    Sockets.report(source, common, since: start, filter: filter)
    if common.verbose {
      StandardOutput.complain("tw-inspect: \(prober.count) sockets made, tried and closed")
    }
    let settings = HostSettings.current()
    let details = try HolderSearch.details(session, settings, &source, common)
    let diagnosis = BindDiagnosis(session, settings: settings, details: details)
    if !common.quiet { try write(diagnosis) }
    guard diagnosis.look.isComplete, let bindable = diagnosis.bindable else {
      return ExitStatus.incompleteLook
    }
    return bindable ? ExitStatus.yes : ExitStatus.no
  }

  /// A SO_REUSEPORT socket that listens beside another gets its share of the connections, and would reset them.
  private func refuseToTakeConnections(_ source: inout SocketSource) throws(Failure) {
    guard target.listens, target.options.contains(.reusePort), !mayTakeConnections else { return }
    var listeners = 0
    let filter = SocketFilter(ports: PortSet(target.port), states: .states(StateSet(.listen)))
    do throws(SourceError) {
      _ = try source.stream(filter, begin: { _ in }) { _ in listeners += 1 }
    } catch {
      throw .source(error)
    }
    if listeners > 0 {
      throw .usage(
        """
        --listen with --reuse-port: a socket listens on port \(target.port), and the trial could take \
        connections from it; leave out --listen, or add --yes
        """
      )
    }
  }

  private func write(_ diagnosis: BindDiagnosis) throws(Failure) {
    let interfaces = Interfaces()
    let report = TrybindReport(diagnosis)
    let output = Output()
    switch common.format {
    case .json, .jsonl:
      var document = report.document(
        .current("trybind"), isOneLine: common.format == .jsonl, interfaceName: interfaces.name)
      output.write(&document)
    case .plain:
      var plain = report.plain(withHeader: common.header)
      output.write(&plain)
    case .table:
      var text = common.text(to: output)
      TrybindText(diagnosis).write(to: &text)
      text.finish()
    }
    try output.check()
  }
}

/// Binds for real, and speaks this program's errors.
private struct CommandProber: BindProber {
  private var prober = KernelBindProber()
  private(set) var count = 0

  func pause() { prober.pause() }

  mutating func attempt(_ sockets: [TrialSocket]) throws(Failure) -> [TrialOutcome] {
    count += sockets.count
    do throws(SystemError) {
      return try prober.attempt(sockets)
    } catch {
      throw .system(error)
    }
  }
}

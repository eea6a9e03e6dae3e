import Diagnosis
import LinuxHost
import NetlinkCodec
import Reports
import SocketTable

/// `release`: what the options mean, and the end of the sockets.
struct ReleaseInspection {
  private let port: UInt16
  private let includesFinWait2: Bool
  private let isDryRun: Bool
  private let asksFirst: Bool
  private let common: CommonSettings
  private let interfaces = Interfaces()

  init(_ command: ReleaseCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    port = try PortArgument.single(command.port)
    if port == 0 { throw .usage("port '0': out of range; ports are 1 to 65535") }
    includesFinWait2 = command.includeFinWait2
    isDryRun = command.dryRun
    asksFirst = !command.yes && !command.dryRun
    if asksFirst, common.quiet { throw .usage("--quiet asks nothing; add --yes or --dry-run") }
    if asksFirst, !Terminal.isInput {
      throw .usage("standard input is no terminal, so nobody can be asked; add --yes or --dry-run")
    }
  }

  func run() throws(Failure) -> Int32 {
    guard common.source != .proc else { throw Self.unavailable("/proc shows no cookies") }
    var source: SocketSource
    do throws(SourceError) {
      source = try SocketSource(.netlink)
    } catch {
      throw .source(error)
    }
    let start = Clock.monotonicNanoseconds
    var report = ReleaseReport(
      port: port, family: common.family, includesFinWait2: includesFinWait2, isDryRun: isDryRun,
      try Sockets.snapshot(&source, filter))
    let isFirstLookComplete = report.look.isComplete
    Sockets.report(source, common, since: start, filter: filter)
    try writePlan(report)

    if !report.chosen.isEmpty, !isDryRun {
      if Capabilities.isMissing(.netAdmin) { throw Self.notPermitted }
      if asksFirst, !Terminal.confirms("End \(ReleaseText(report, interfaceName: interfaces.name).subject)?")
      {
        try writeResult(report)
        return ExitStatus.no
      }
      let failure = end(&report)
      let after = try Sockets.snapshot(&source, filter)
      report.left = after.records
      report.look = after.look
      report.look.isComplete = after.look.isComplete && isFirstLookComplete
      if failure == nil { report.plainBind = try plainBind() }
      try writeResult(report)
      if let failure { throw failure }
      if !report.remaining.isEmpty { return ExitStatus.no }
    } else {
      try writeResult(report)
    }
    return report.look.isComplete ? ExitStatus.yes : ExitStatus.incompleteLook
  }

  private var filter: SocketFilter { SocketFilter(ports: PortSet(port), states: .states(.all)) }

  // MARK: The end of the sockets

  /// Ends one after the other, up to the first that is refused: what the kernel refuses once, it refuses always.
  private func end(_ report: inout ReleaseReport) -> Failure? {
    let start = Clock.monotonicNanoseconds
    defer {
      if common.verbose {
        let microseconds = (Clock.monotonicNanoseconds - start) / 1000
        StandardOutput.complain(
          "tw-inspect: sock_diag SOCK_DESTROY, \(report.released.count) ended: \(microseconds) us")
      }
    }
    var destroyer: SockDestroyer<NetlinkSocket>
    do throws(SystemError) {
      destroyer = SockDestroyer(try NetlinkSocket())
    } catch {
      report.error = error.description
      return .system(error)
    }
    for record in report.chosen {
      switch destroyer.destroy(record) {
      case .ended: report.released.append(record)
      case .vanished: report.vanished += 1
      case .notAsked: break
      case .refused(let error):
        let failure = Self.failure(error)
        report.error = failure.message
        return failure
      }
    }
    return nil
  }

  private static func failure(_ error: SystemError) -> Failure {
    if error.errno.isNotPermitted { return notPermitted }
    if error.errno.isNotSupported {
      return unavailable("this kernel was built without CONFIG_INET_DIAG_DESTROY (\(error))")
    }
    return .system(error)
  }

  private static func unavailable(_ reason: String) -> Failure {
    Failure(
      status: ExitStatus.incompleteLook,
      message: "sockets can be ended only by netlink (SOCK_DESTROY), by their cookies: \(reason)")
  }

  private static var notPermitted: Failure {
    Failure(
      status: ExitStatus.notPermitted,
      message: """
        not permitted: ending sockets needs CAP_NET_ADMIN in the user namespace that owns this network \
        namespace (root there has it); --dry-run needs nothing
        """)
  }

  /// One bind without options. A dual-stack [::] overlaps with every other socket on the port, so one is enough.
  private func plainBind() throws(Failure) -> (address: BindAddress, outcome: TrialOutcome)? {
    let addresses: [BindAddress] =
      switch common.family {
      case .any: [BindAddress(.anyIPv6), BindAddress(.anyIPv4)]
      case .ipv4: [BindAddress(.anyIPv4)]
      case .ipv6: [BindAddress(.anyIPv6, v6Only: true)]
      }
    var prober = KernelBindProber()
    for (index, address) in addresses.enumerated() {
      let outcomes: [TrialOutcome]
      do throws(SystemError) {
        outcomes = try prober.attempt([TrialSocket(address: address, port: port)])
      } catch {
        throw .system(error)
      }
      // A host without IPv6 is asked for IPv4.
      if case .refused(.socket, _)? = outcomes.first, index + 1 < addresses.count { continue }
      return outcomes.first.map { (address, $0) }
    }
    return nil
  }

  // MARK: Output

  /// What is about to happen; for those who are asked on standard error, where the answer is for a program.
  private func writePlan(_ report: ReleaseReport) throws(Failure) {
    if common.quiet || common.format != .table && !asksFirst { return }
    let output = Output()
    let plan = ReleaseText(report, interfaceName: interfaces.name)
    if common.format == .table {
      var text = common.text(to: output)
      plan.writePlan(to: &text)
      text.finish()
      try output.check()
    } else if !report.chosen.isEmpty {
      var text = StyledText(usesColor: false, width: 80) { buffer in
        StandardOutput.tell(buffer.span)
        buffer.removeAll()
      }
      plan.writePlan(to: &text)
      text.finish()
    }
  }

  private func writeResult(_ report: ReleaseReport) throws(Failure) {
    if common.quiet { return }
    let output = Output()
    switch common.format {
    case .json, .jsonl:
      var rest = report.document(
        .current("release"), isOneLine: common.format == .jsonl, interfaceName: interfaces.name,
        drain: output.write)
      output.write(&rest)
    case .plain:
      var plain = report.plain(withHeader: common.header, interfaceName: interfaces.name)
      output.write(&plain)
    case .table:
      var text = common.text(to: output)
      ReleaseText(report, interfaceName: interfaces.name).writeResult(to: &text)
      text.finish()
    }
    try output.check()
  }
}

import Diagnosis
import LinuxHost
import NetlinkCodec
import Reports
import SocketTable

/// Answers `release`: shows the plan, asks, ends the sockets, and looks again.
struct ReleaseRun {
  private let request: ReleaseRequest
  private let port: UInt16
  private let interfaces = Interfaces()

  private var common: CommonRequest { request.common }

  init(_ request: ReleaseRequest) throws(Failure) {
    self.request = request
    port = try PortArgument.single(request.port)
    if request.asksFirst, !Terminal.isInput {
      throw .usage("standard input is not a terminal, so nobody can be asked; add --yes or --dry-run")
    }
  }

  func run() throws -> Int32 {
    guard common.place.source != .proc else { throw Self.unavailable("/proc shows no cookies") }
    var investigation = try common.investigation(onlyBy: .netlink)
    var report = ReleaseReport(
      port: port, family: common.family, includesFinWait2: request.includesFinWait2,
      isDryRun: request.isDryRun, try investigation.snapshot(onPort: port, .tcp))
    let first = report.coverage
    try writePlan(report)

    if !report.chosen.isEmpty, !request.isDryRun {
      if !Capabilities.isEffective(.netAdmin) { throw Self.notPermitted }
      if request.asksFirst,
        !Terminal.confirms("End \(ReleaseText(report, interfaceName: interfaces.name).subject)?")
      {
        try writeResult(report)
        return ExitStatus.no
      }
      let failure = end(&report)
      let after = try investigation.snapshot(onPort: port, .tcp)
      report.left = after.records
      report.coverage = first.isComplete ? after.coverage : first
      if failure == nil { report.plainBind = try plainBind() }
      try writeResult(report)
      if let failure { throw failure }
      if !report.remaining.isEmpty {
        common.complainAboutCoverage(report.coverage)
        return ExitStatus.no
      }
    } else {
      try writeResult(report)
    }
    common.complainAboutCoverage(report.coverage)
    return report.coverage.isComplete ? ExitStatus.yes : ExitStatus.incompleteLook
  }

  // MARK: Ending sockets

  /// Ends the sockets one after the other. It stops at the first refusal, as the kernel would refuse the others as well.
  ///
  /// - Returns: the refusal, or why it could not begin; nil if nothing was refused.
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
    do {
      destroyer = SockDestroyer(try NetlinkSocket())
    } catch {
      report.error = error.description
      return Failure(error)
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
      switch KernelSelfTest.endOfMinisockets {
      case .ofConnectionsAlone, .works:
        return unavailable("this kernel cannot end timewait minisockets; Linux can since 6.0 (\(error))")
      case .notBuiltIn:
        return unavailable("this kernel was built without CONFIG_INET_DIAG_DESTROY (\(error))")
      case .unknown: return unavailable("this kernel cannot do it (\(error))")
      }
    }
    return Failure(error)
  }

  private static func unavailable(_ reason: String) -> Failure {
    .look("sockets can be ended only by netlink (SOCK_DESTROY) and their cookies: \(reason)")
  }

  private static var notPermitted: Failure {
    Failure(
      status: ExitStatus.notPermitted,
      message: """
        not permitted: ending sockets needs CAP_NET_ADMIN in the user namespace that owns this network \
        namespace (root there has it); --dry-run needs no privileges
        """)
  }

  /// Tries a bind without options. A dual-stack [::] overlaps every other socket on the port, so one trial is enough.
  ///
  /// - Returns: nil if no trial could be made.
  private func plainBind() throws(InvestigationError) -> (address: BindAddress, outcome: TrialOutcome)? {
    let addresses: [BindAddress] =
      switch common.family {
      case .any: [BindAddress(.anyIPv6), BindAddress(.anyIPv4)]
      case .ipv4: [BindAddress(.anyIPv4)]
      case .ipv6: [BindAddress(.anyIPv6, v6Only: true)]
      }
    var prober = QuestionProber()
    for (index, address) in addresses.enumerated() {
      let outcomes = try prober.attempt([TrialSocket(address: address, port: port)])
      // On a host without IPv6 the trial is made with IPv4.
      if case .refused(.socket, _)? = outcomes.first, index + 1 < addresses.count { continue }
      return outcomes.first.map { (address, $0) }
    }
    return nil
  }

  // MARK: Output

  /// Shows what will be ended. If standard output has JSON or plain lines, users who are asked see it on standard error.
  private func writePlan(_ report: ReleaseReport) throws(Failure) {
    if common.quiet || common.format != .table && !request.asksFirst { return }
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
    try common.write(.current("release")) { text in
      ReleaseText(report, interfaceName: interfaces.name).writeResult(to: &text)
    } document: { envelope, isOneLine, drain in
      report.document(envelope, isOneLine: isOneLine, interfaceName: interfaces.name, drain: drain)
    } plain: { withHeader in
      report.plain(withHeader: withHeader, interfaceName: interfaces.name)
    }
  }
}

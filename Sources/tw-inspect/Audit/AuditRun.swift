import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Answers `audit`, from the request to the exit status.
struct AuditRun {
  let request: AuditRequest
  let interfaces = Interfaces()

  private var common: CommonRequest { request.common }
  /// The most listeners that are listed; see `PortRun.limit`.
  private var limit: Int {
    request.limit ?? (common.format == .table ? Terminal.height.map { 2 * $0 } : nil) ?? .max
  }

  init(_ request: AuditRequest) { self.request = request }

  func run() throws -> Int32 {
    var dropped: PastedPort?
    let ports =
      request.ports.isEmpty
      ? nil : try PortArgument.set(request.ports, Services()) { dropped = dropped ?? $0 }
    if let dropped, let address = dropped.address, !common.quiet {
      StandardOutput.complain(
        "tw-inspect audit: every listener on port \(ByteSafety.escaped(dropped.port)) is looked at, not only those on \(ByteSafety.escaped(address))"
      )
    }
    var investigation = try common.investigation()
    let audit = Audit(
      try investigation.audit(
        AuditQuestion(
          ports: ports, family: common.family, unit: request.unit, readsOptions: request.readsOptions)))
    let query = AuditQuery(
      ports: ports, unit: request.unit, family: common.family, readsOptions: request.readsOptions)
    try write(audit, query)
    if let unit = request.unit, audit.lacksUnit, !common.quiet {
      StandardOutput.complain(
        "tw-inspect audit: --unit \(ByteSafety.escaped(unit)): no process is in a unit of that name, and no unit file has it"
      )
    }
    common.complainAboutSource(investigation)
    common.complainAboutOwners(audit.details)
    return exitStatus(audit)
  }

  private func write(_ audit: Audit, _ query: AuditQuery) throws(Failure) {
    let report = AuditReport(audit, query, limit: limit, interfaceName: interfaces.name)
    try common.write(.current("audit")) { text in
      AuditText(audit, query, limit: limit, isWhole: common.isWhole, interfaceName: interfaces.name)
        .write(to: &text)
    } document: { envelope, isOneLine, drain in
      isOneLine ? report.lines(envelope, drain: drain) : report.document(envelope, drain: drain)
    } plain: { withHeader in
      report.plain(withHeader: withHeader)
    }
  }

  /// If it is neither yes nor no, the reason is written to standard error, even with -q.
  private func exitStatus(_ audit: Audit) -> Int32 {
    switch audit.verdict {
    case .yes: return ExitStatus.yes
    case .no: return ExitStatus.no
    case .depends:
      StandardOutput.complain(
        "depends: of \(audit.count(.depends)) of \(audit.listeners.count) listeners it is not known what lies on the port"
      )
    case .unknown:
      let reason =
        if !audit.coverage.isComplete {
          "\(Reason.text(of: audit.coverage.shortfall)); what was seen is shown"
        } else if audit.count(.unknown) > 0 {
          "the options of \(audit.count(.unknown)) of \(audit.listeners.count) listeners could not be read"
        } else {
          "the unit of some listeners could not be seen"
        }
      StandardOutput.complain("could not look: \(reason)")
    }
    return ExitStatus.incompleteLook
  }
}

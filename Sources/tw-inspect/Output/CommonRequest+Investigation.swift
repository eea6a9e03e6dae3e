import LinuxHost
import NetlinkCodec
import Reports
import SocketTable

extension CommonRequest {
  /// An investigation in the network namespace that the options name, which this process enters for good. With -vv
  /// each step is reported on standard error.
  ///
  /// - Parameters:
  ///   - source: the source to use in place of the one that the options name.
  ///   - tablesSuffice: see `Investigation.init`.
  func investigation(
    onlyBy source: SocketSource.Choice? = nil, tablesSuffice: Bool = false
  ) throws(InvestigationError) -> Investigation {
    var place = place
    if let source { place.source = source }
    guard verbose else { return try Investigation(place, tablesSuffice: tablesSuffice) }
    return try Investigation(place, tablesSuffice: tablesSuffice) { step, nanoseconds in
      StandardOutput.complain("tw-inspect: \(Self.text(step)): \(nanoseconds / 1000) us")
    }
  }

  private static func text(_ step: Investigation.Step) -> String {
    switch step {
    case .look(.sockDiag, let filter):
      let request = filter.request()
      let narrowed =
        request.sourcePort != 0
        ? "source port \(request.sourcePort)"
        : request.bytecode.isEmpty ? "no filter" : "\(request.bytecode.count) bytes of filter"
      return
        "sock_diag TCPDIAG_GETSOCK, \(filter.transport == .udp ? "UDP, " : "")states 0x\(String(filter.states.mask.rawValue, radix: 16)), \(narrowed)"
    case .look(.procNet, let filter):
      return "/proc/net/\(filter.transport.name) and /proc/net/\(filter.transport.name)6"
    case .owners(let count): return "owners of \(count) sockets, by /proc"
    case .reuseOptions(let count): return "options of \(count) sockets, by the kernel's iterator"
    }
  }

  /// Says on standard error that netlink was not used, and what the answer therefore lacks.
  func complainAboutSource(_ investigation: borrowing Investigation) {
    guard investigation.origin == .procNet, !quiet else { return }
    let process = investigation.tablesOf.map { "\($0)/" } ?? ""
    let why = investigation.fallbackReason.map { " (\($0))" } ?? ""
    StandardOutput.complain(
      """
      tw-inspect: read from /proc/\(process)net/tcp\(why), which does not show sockets that are bound and do not \
      listen, IPV6_V6ONLY, cgroups or devices
      """)
  }
  /// Says on standard error why a look is not whole, if it is not: the exit status alone would not tell.
  func complainAboutCoverage(_ coverage: Coverage) {
    if coverage.isComplete { return }
    StandardOutput.complain(
      "tw-inspect: the list of sockets is incomplete: \(Reason.text(of: coverage.shortfall))")
  }

  /// Says on standard error what kept the search for owners from some process, if anything did.
  func complainAboutOwners(_ details: SocketDetailsTable) {
    guard let failure = details.failure else { return }
    StandardOutput.complain("tw-inspect: not every process could be checked: \(failure)")
  }

  /// Says on standard error why the kernel did not tell the options of sockets, if it was asked and did not.
  func complainAboutReuseOptions(_ details: SocketDetailsTable) {
    guard let refusal = details.reuseOptionsRefusal, !quiet else { return }
    StandardOutput.complain(
      "tw-inspect: --flags all could not be answered, --flags live was: \(refusal)")
  }
}

package import Diagnosis

/// The textbook's claims about TIME_WAIT, in the order in which it makes them.
package enum Claim: Int, CaseIterable, Sendable {
  case serverClosesFirst = 1
  case clientClosesFirst
  case lifetime
  case reuseAddress
  case otherStates
  case severalServices
  case takeover
  case reuseSysctl

  package var text: String {
    switch self {
    case .serverClosesFirst:
      """
      A server that closes first leaves its port in TIME_WAIT, and cannot start again: Address already in use.
      """
    case .clientClosesFirst: "When the client closes first, the server can start again at once."
    case .lifetime: "TIME_WAIT lasts 2 MSL."
    case .reuseAddress:
      "With SO_REUSEADDR the server starts again although its old connections are in TIME_WAIT."
    case .otherStates: "A port that is busy in any other state stays in use, even with SO_REUSEADDR."
    case .severalServices: "Several services can share a port, an address each, if they set SO_REUSEADDR."
    case .takeover: "A new connection may take over a 4-tuple that is in TIME_WAIT."
    case .reuseSysctl:
      "tcp_tw_reuse is for the side that connects, and has nothing to do with SO_REUSEADDR."
    }
  }

  /// The verdict that is known for Linux. A report with another one mentions the difference.
  private var known: ClaimReport.Verdict {
    switch self {
    case .serverClosesFirst, .clientClosesFirst: .holds
    case .lifetime, .reuseAddress, .takeover, .reuseSysctl: .holdsWithCondition
    case .otherStates, .severalServices: .doesNotHold
    }
  }

  /// A report with the claim's number and text, and no result yet.
  package var blankReport: ClaimReport { ClaimReport(number: rawValue, claim: text) }

  /// Carries it out with real sockets.
  /// - Parameter waitsItOut: claim 3 waits for the end of a TIME_WAIT, for about a minute.
  /// - Throws: `.failed`; a claim for which this host lacks something is reported as skipped.
  package func carryOut(on network: ClaimNetwork, waitsItOut: Bool = false) throws(ClaimError) -> ClaimReport
  {
    var report = blankReport
    try network.clear()
    do throws(ClaimError) {
      switch self {
      case .serverClosesFirst: try report.carryOutServerClosesFirst(on: network)
      case .clientClosesFirst: try report.carryOutClientClosesFirst(on: network)
      case .lifetime: try report.carryOutLifetime(on: network, waitsItOut: waitsItOut)
      case .reuseAddress: try report.carryOutReuseAddress(on: network)
      case .otherStates: try report.carryOutOtherStates(on: network)
      case .severalServices: try report.carryOutSeveralServices(on: network)
      case .takeover: try report.carryOutTakeover(on: network)
      case .reuseSysctl: try report.carryOutReuseSysctl(on: network)
      }
    } catch .notHere(let reason) {
      report = blankReport
      report.verdict = .skipped
      report.reason = reason
      return report
    }
    report.differences += report.steps.compactMap(\.difference)
    if let verdict = report.verdict, verdict != known {
      // What explains the known answer does not explain this one.
      report.reason = nil
      report.remarks = []
      report.differences.append(.verdict(verdict, known: known))
    }
    return report
  }
}

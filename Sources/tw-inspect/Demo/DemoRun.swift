import ArgumentParser
import Diagnosis
import LinuxHost
import Reports
import SocketTable
import Demo

/// Answers `demo`: carries out the claims one after the other.
struct DemoRun {
  private let request: DemoRequest
  private var common: CommonRequest { request.common }

  init(_ request: DemoRequest) { self.request = request }

  func run() throws -> Int32 {
    try common.place.enter()
    if request.onlyLists { return try list() }
    let began = Clock.monotonicNanoseconds
    let network = try ClaimNetwork(common.place.source)
    let reports: [ClaimReport]
    let isText = common.format == .table && !common.quiet
    reports = isText ? try perform(on: network) : try carryOut(on: network)
    if !isText, !common.quiet { try write(reports, network.coverage) }
    if common.verbose {
      let place =
        network.isPrivate
        ? "a network namespace of its own" : "the host's loopback device (\(network.refusalText))"
      StandardOutput.complain(
        """
        tw-inspect: in \(place); \(network.looks) looks at the socket table, \
        \((Clock.monotonicNanoseconds - began) / 1_000_000) ms
        """)
    }
    if let coverage = network.coverage, !coverage.isComplete {
      common.complainAboutCoverage(coverage)
      return ExitStatus.incompleteLook
    }
    return reports.allSatisfy(\.differences.isEmpty) ? ExitStatus.yes : ExitStatus.no
  }

  private func list() throws -> Int32 {
    let reports = request.claims.map(\.blankReport)
    try write(reports, nil) { text in
      for report in reports { DemoText(report).writeClaim(to: &text) }
    }
    return ExitStatus.yes
  }

  /// - Parameter writeText: writes the answer as text. It writes nothing if `perform` has shown the claims already.
  private func write(
    _ reports: [ClaimReport], _ coverage: Coverage?, writeText: (inout StyledText) -> Void = { _ in }
  ) throws {
    let document = DemoDocument(reports, coverage: coverage)
    try common.write(.current("demo"), text: writeText) { envelope, isOneLine, _ in
      isOneLine ? document.lines(envelope) : document.document(envelope)
    } plain: { withHeader in
      document.plain(withHeader: withHeader)
    }
  }

  private func carryOut(_ claim: Claim, _ network: ClaimNetwork) throws -> ClaimReport {
    try claim.carryOut(on: network, waitsItOut: request.waitsItOut)
  }

  private func carryOut(on network: ClaimNetwork) throws -> [ClaimReport] {
    var reports: [ClaimReport] = []
    for claim in request.claims { reports.append(try carryOut(claim, network)) }
    return reports
  }

  // MARK: Text

  /// Carries out the claims and shows each as soon as it is done.
  private func perform(on network: ClaimNetwork) throws -> [ClaimReport] {
    let output = Output()
    var text = common.text(to: output)
    if network.isPrivate {
      text.paragraph(
        "All of this happens in a network namespace of its own. Nothing of this host is touched.")
      text.line()
    } else {
      text.paragraph(
        """
        No network namespace can be made here (\(network.refusalText)): this host's loopback device is used, with ports \
        that the kernel chooses. Some TIME_WAIT stay there for a minute.
        """)
      text.line()
    }
    if request.hasIntroduction { try introduce(network, &text, output) }
    var reports: [ClaimReport] = []
    for claim in request.claims {
      if request.waitsItOut, claim == .lifetime, Terminal.isOutput {
        StandardOutput.complain("claim 3 waits until a TIME_WAIT has ended, which takes a minute ...")
      }
      let report = try carryOut(claim, network)
      if !reports.isEmpty { text.line() }
      DemoText(report).write(to: &text)
      text.finish()
      try output.check()
      reports.append(report)
    }
    if request.hasIntroduction {
      text.line()
      DemoText.writeSummary(reports, to: &text)
      text.line("Try it on this host:  tw-inspect demo serve 9527  and  telnet 127.0.0.1 9527")
    }
    text.finish()
    try output.check()
    return reports
  }

  /// Makes a TIME_WAIT and shows what the other commands say about it, which is what a newcomer should see first.
  private func introduce(_ network: ClaimNetwork, _ text: inout StyledText, _ output: Output) throws {
    let port = try network.makeTimeWait()
    text.paragraph(
      """
      A server on port \(port) has just closed its connection before its client did, and stopped. This is what is left:
      """)
    let commands: [any Command.Type] = [PortCommand.self, TrybindCommand.self]
    for command in commands {
      text.line()
      text.line("$ tw-inspect \(command.configuration.commandName ?? "") \(port)", .strong)
      text.finish()
      try output.check()
      guard let parsed = try? command.parse(["\(port)"] + request.passedOn) else { continue }
      // What it advises would be done to the port of this host.
      if let trybind = parsed as? TrybindCommand {
        _ = try TrybindRun(TrybindRequest(trybind), showsCommands: false).run()
      } else {
        _ = try parsed.answer()
      }
    }
    text.line()
    text.paragraph("What the textbook says about it, tried on this kernel:")
    text.line()
    text.finish()
  }
}

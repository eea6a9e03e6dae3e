import ArgumentParser
import Diagnosis
import LinuxHost
import Reports
import SocketTable
import Demo

/// `demo`: the claims one after the other.
struct DemoRun {
  private let request: DemoRequest
  private var common: CommonRequest { request.common }

  init(_ request: DemoRequest) { self.request = request }

  func run() throws -> Int32 {
    if request.onlyLists { return try list() }
    let began = Clock.monotonicNanoseconds
    let stage = try Stage(common.place.source)
    let reports: [ClaimReport]
    let isText = common.format == .table && !common.quiet
    reports = isText ? try perform(on: stage) : try carryOut(on: stage)
    if !isText, !common.quiet { try write(reports, stage.look) }
    if common.verbose {
      let place =
        stage.isPrivate
        ? "a network namespace of its own" : "the host's loopback device (\(stage.refusalText))"
      StandardOutput.complain(
        """
        tw-inspect: in \(place); \(stage.looks) looks at the socket table, \
        \((Clock.monotonicNanoseconds - began) / 1_000_000) ms
        """)
    }
    guard stage.look?.isComplete != false else {
      StandardOutput.complain("tw-inspect: a look was incomplete: the kernel dropped messages of its answer")
      return ExitStatus.incompleteLook
    }
    return reports.allSatisfy(\.differences.isEmpty) ? ExitStatus.yes : ExitStatus.no
  }

  private func list() throws -> Int32 {
    let reports = request.claims.map(\.blankReport)
    if common.quiet { return ExitStatus.yes }
    guard common.format == .table else {
      try write(reports, nil)
      return ExitStatus.yes
    }
    let output = Output()
    var text = common.text(to: output)
    for report in reports { DemoText(report).writeClaim(to: &text) }
    text.finish()
    try output.check()
    return ExitStatus.yes
  }

  private func write(_ reports: [ClaimReport], _ look: Look?) throws {
    let document = DemoDocument(reports, look: look)
    var buffer =
      common.format == .plain
      ? document.plain(withHeader: common.header)
      : document.document(.current("demo"), isOneLine: common.format == .jsonl)
    let output = Output()
    output.write(&buffer)
    try output.check()
  }

  private func carryOut(_ claim: Claim, _ stage: Stage) throws -> ClaimReport {
    try claim.carryOut(on: stage, waitsItOut: request.waitsItOut)
  }

  private func carryOut(on stage: Stage) throws -> [ClaimReport] {
    var reports: [ClaimReport] = []
    for claim in request.claims { reports.append(try carryOut(claim, stage)) }
    return reports
  }

  // MARK: For people

  /// Each claim is shown as soon as it has been carried out.
  private func perform(on stage: Stage) throws -> [ClaimReport] {
    let output = Output()
    var text = common.text(to: output)
    if !stage.isPrivate {
      text.paragraph(
        """
        No network namespace can be made here (\(stage.refusalText)): this host's loopback device is used, with ports \
        that the kernel chooses. Some TIME_WAIT stay there for a minute.
        """)
      text.line()
    }
    if request.hasIntroduction { try introduce(stage, &text, output) }
    var reports: [ClaimReport] = []
    for claim in request.claims {
      if request.waitsItOut, claim == .lifetime, Terminal.isOutput {
        StandardOutput.complain("claim 3 waits a TIME_WAIT out, which takes a minute ...")
      }
      let report = try carryOut(claim, stage)
      if !reports.isEmpty { text.line() }
      DemoText(report).write(to: &text)
      text.finish()
      try output.check()
      reports.append(report)
    }
    if request.hasIntroduction {
      text.line()
      DemoText.writeSummary(reports, to: &text)
      text.line("Try it by hand:  tw-inspect demo serve 9527  and  telnet 127.0.0.1 9527")
    }
    text.finish()
    try output.check()
    return reports
  }

  /// What a newcomer should see first: a TIME_WAIT, and what the other commands say about it.
  private func introduce(_ stage: Stage, _ text: inout StyledText, _ output: Output) throws {
    let port = try stage.makeTimeWait()
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
      _ = try parsed.answer()
    }
    text.line()
    text.paragraph("What the textbook says about it, carried out on this kernel:")
    text.line()
    text.finish()
  }
}

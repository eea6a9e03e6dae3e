import ArgumentParser
import Diagnosis
import LinuxHost
import Reports
import SocketTable
import Demo

/// `demo`: what the options mean, and the claims one after the other.
struct DemoPerformance {
  private let claims: [Claim]
  /// No claim was named: a newcomer is shown a TIME_WAIT first.
  private let hasIntroduction: Bool
  private let onlyLists: Bool
  private let waitsItOut: Bool
  private let common: CommonSettings
  /// For the commands that are run on the way.
  private let passedOn: [String]

  init(_ command: DemoCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    if common.family == .ipv6 { throw .usage("-6: the claims are carried out over IPv4") }
    onlyLists = command.list
    waitsItOut = command.full
    if let typed = command.claim {
      guard let number = Int(typed), let claim = Claim(rawValue: number), "\(number)" == typed else {
        throw .usage(
          "'\(ByteSafety.escaped(typed))': no such claim; they are 1 to \(Claim.allCases.count): tw-inspect demo --list"
        )
      }
      claims = [claim]
      if onlyLists { throw .usage("--list with a claim: it lists all of them; leave one of them out") }
      if waitsItOut, claim != .lifetime {
        throw .usage("--full with claim \(number): what it waits out is the TIME_WAIT of claim 3")
      }
    } else {
      claims = Claim.allCases
      if onlyLists, waitsItOut {
        throw .usage("--list with --full: nothing is done, so nothing is waited for")
      }
    }
    hasIntroduction = command.claim == nil
    passedOn =
      (command.common.color.map { ["--color", $0] } ?? [])
      + (command.common.source.map { ["--source", $0] } ?? [])
  }

  func run() throws(Failure) -> Int32 {
    if onlyLists { return try list() }
    let began = Clock.monotonicNanoseconds
    let stage: Stage
    let reports: [ClaimReport]
    do throws(StageError) {
      stage = try Stage(common.source)
    } catch {
      throw .stage(error)
    }
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

  private func list() throws(Failure) -> Int32 {
    let reports = claims.map(\.blankReport)
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

  private func write(_ reports: [ClaimReport], _ look: Look?) throws(Failure) {
    let document = DemoDocument(reports, look: look)
    var buffer =
      common.format == .plain
      ? document.plain(withHeader: common.header)
      : document.document(.current("demo"), isOneLine: common.format == .jsonl)
    let output = Output()
    output.write(&buffer)
    try output.check()
  }

  private func carryOut(_ claim: Claim, _ stage: Stage) throws(Failure) -> ClaimReport {
    do throws(StageError) {
      return try claim.carryOut(on: stage, waitsItOut: waitsItOut)
    } catch {
      throw .stage(error)
    }
  }

  private func carryOut(on stage: Stage) throws(Failure) -> [ClaimReport] {
    var reports: [ClaimReport] = []
    for claim in claims { reports.append(try carryOut(claim, stage)) }
    return reports
  }

  // MARK: For people

  /// Each claim is shown as soon as it has been carried out.
  private func perform(on stage: Stage) throws(Failure) -> [ClaimReport] {
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
    if hasIntroduction { try introduce(stage, &text, output) }
    var reports: [ClaimReport] = []
    for claim in claims {
      if waitsItOut, claim == .lifetime, Terminal.isOutput {
        StandardOutput.complain("claim 3 waits a TIME_WAIT out, which takes a minute ...")
      }
      let report = try carryOut(claim, stage)
      if !reports.isEmpty { text.line() }
      DemoText(report).write(to: &text)
      text.finish()
      try output.check()
      reports.append(report)
    }
    if hasIntroduction {
      text.line()
      DemoText.writeSummary(reports, to: &text)
      text.line("Try it by hand:  tw-inspect demo serve 9527  and  telnet 127.0.0.1 9527")
    }
    text.finish()
    try output.check()
    return reports
  }

  /// What a newcomer should see first: a TIME_WAIT, and what the other commands say about it.
  private func introduce(_ stage: Stage, _ text: inout StyledText, _ output: Output) throws(Failure) {
    let port: UInt16
    do throws(StageError) {
      port = try stage.makeTimeWait()
    } catch {
      throw .stage(error)
    }
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
      guard let parsed = try? command.parse(["\(port)"] + passedOn) else { continue }
      _ = try parsed.answer()
    }
    text.line()
    text.paragraph("What the textbook says about it, carried out on this kernel:")
    text.line()
    text.finish()
  }
}

extension Failure {
  fileprivate static func stage(_ error: StageError) -> Failure {
    switch error {
    case .system(let error): .system(error)
    case .source(let error): .source(error)
    case .notHere(let reason): Failure(status: ExitStatus.systemError, message: reason)
    }
  }
}

import LinuxHost
import Handbook
import Reports
import SocketTable

/// `explain`: the topic that is meant, and the host's values for it.
struct ExplainInspection {
  /// Nil for the list.
  private let query: String?
  private let common: CommonSettings

  init(_ command: ExplainCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    let typed = command.topic.joined(separator: " ")
    query = command.topic.isEmpty ? nil : typed
    if common.format == .plain {
      throw .usage("--output plain: there are no records to write; use table or json")
    }
  }

  func run() throws(Failure) -> Int32 {
    guard let query else { return try write(.list, ExitStatus.yes) }
    guard let topic = Topics.find(query) else {
      let near = Topics.near(query)
      try write(.unknown(near: near), ExitStatus.no)
      let hint =
        near.isEmpty
        ? "'tw-inspect explain' lists them"
        : "did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
      if !common.quiet {
        StandardOutput.complain("tw-inspect explain: '\(query.prefix(100))': no such topic; \(hint)")
      }
      return ExitStatus.no
    }
    return try write(.topic(topic, values: topic.settings.map(Self.value)), ExitStatus.yes)
  }

  private static func value(of setting: Setting) -> String? {
    switch setting.kind {
    case .sysctl:
      // Some have a tab between their numbers.
      Sysctl.text(setting.name).map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    case .timeWaitCount: SocketStatistics.timeWaits.map { "\($0)" }
    case .timerStep: "\(TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))"
    }
  }

  @discardableResult
  private func write(_ answer: ExplainReport.Answer, _ status: Int32) throws(Failure) -> Int32 {
    if common.quiet { return status }
    let output = Output()
    let report = ExplainReport(query: query, answer)
    if common.format == .table {
      var text = common.text(to: output)
      report.write(to: &text)
      text.finish()
    } else {
      var document = report.document(.current("explain"), isOneLine: common.format == .jsonl)
      output.write(&document)
    }
    try output.check()
    return status
  }
}

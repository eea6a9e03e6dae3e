import Handbook
import LinuxHost
import Reports
import SocketTable

/// Answers `explain`: finds the topic, and reads the host's settings for it.
struct ExplainRun {
  private let request: ExplainRequest
  private var common: CommonRequest { request.common }

  init(_ request: ExplainRequest) { self.request = request }

  func run() throws -> Int32 {
    // Most settings that a topic shows belong to a network namespace.
    try common.place.enter()
    guard let query = request.query else { return try write(.list, ExitStatus.yes) }
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

  private static func value(of setting: Setting) -> ExplainReport.Value {
    switch setting.kind {
    case .sysctl:
      guard let text = Sysctl.text(setting.name) else {
        return Sysctl.isAbsent(setting.name) ? .absent : .unknown
      }
      // Some settings have a tab between their numbers, which would not be shown well.
      return .known(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    case .timeWaitCount: return SocketStatistics.timeWaits.map { .known("\($0)") } ?? .unknown
    case .timerStep: return .known("\(TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))")
    }
  }

  @discardableResult
  private func write(_ answer: ExplainReport.Answer, _ status: Int32) throws(Failure) -> Int32 {
    let report = ExplainReport(query: request.query, answer)
    try common.write(.current("explain")) { text in
      report.write(to: &text)
    } document: { envelope, isOneLine, _ in
      report.document(envelope, isOneLine: isOneLine)
    } plain: { _ in
      // `ExplainRequest` refuses plain output, as there are no records to write.
      ByteBuffer()
    }
    return status
  }
}

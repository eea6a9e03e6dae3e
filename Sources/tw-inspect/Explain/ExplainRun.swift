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
      let several = request.words.compactMap(Topics.find)
      if several.count > 1, several.count == request.words.count { return try write(several) }
      let near = Topics.near(query)
      try write(.unknown(near: near), ExitStatus.no)
      let hint =
        near.isEmpty
        ? "'tw-inspect explain' lists them"
        : "did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
      StandardOutput.complain("tw-inspect explain: '\(query.prefix(100))': no such topic; \(hint)")
      return ExitStatus.no
    }
    return try write(topic)
  }

  private func write(_ topic: Topic) throws(Failure) -> Int32 {
    try write(.topic(topic, values: topic.settings.map(Self.value)), ExitStatus.yes)
  }

  /// One after the other.
  private func write(_ topics: [Topic]) throws(Failure) -> Int32 {
    guard common.format == .table else {
      throw .usage("--output \(common.format.rawValue) with several topics: a document has one; ask for each")
    }
    let answers = topics.map { ExplainReport.Answer.topic($0, values: $0.settings.map(Self.value)) }
    try common.write(.current("explain")) { text in
      for (index, answer) in answers.enumerated() {
        if index > 0 { text.line() }
        ExplainReport(query: request.query, answer).write(to: &text)
      }
    } document: { _, _, _ in
      ByteBuffer()
    } plain: { _ in
      ByteBuffer()
    }
    return ExitStatus.yes
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

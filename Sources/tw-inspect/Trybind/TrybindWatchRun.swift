import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Answers `trybind --watch`: looks, tries again where something changed, and hands each result to `BindWatch`, which draws
/// the screen.
extension TrybindRun {
  func watch(
    _ question: BindQuestion, _ first: BindEvidence, _ prober: inout QuestionProber,
    _ investigation: inout Investigation, every interval: Int64
  ) throws -> Int32 {
    var loop = try WatchLoop(every: interval, draws: common.format == .table, common)
    var evidence = first
    var triedAt = Clock.monotonicNanoseconds
    var changes = SocketChanges(markedFor: max(PortRun.markedFor, interval / 1_000_000))
    var screen: BindWatch?
    let seconds = Quantity.seconds(milliseconds: interval / 1_000_000).plain
    try loop.run {
      let next = try investigation.evidence(for: question, after: evidence, &prober)
      evidence = next.evidence
      if next.wasTried { triedAt = Clock.monotonicNanoseconds }
      let diagnosis = BindDiagnosis(evidence)
      guard common.format == .table else { return try writeLine(diagnosis) }
      let time = Clock.monotonicNanoseconds
      if diagnosis.verdict == .no { changes.update(diagnosis.holders, at: time / 1_000_000) }
      if diagnosis.verdict == .yes { changes.update([], at: time / 1_000_000) }
      screen = BindWatch(
        diagnosis, changes: changes,
        title: "port \(question.target.port), every \(seconds)  "
          + Timestamp.local(milliseconds: Clock.localMilliseconds),
        triedAgo: (time - triedAt) / 1_000_000)
    } draw: { canvas in
      screen?.lines(on: canvas, interfaceName: interfaces.name) ?? []
    }
    return BindDiagnosis(evidence).exitStatus()
  }

  private func writeLine(_ diagnosis: BindDiagnosis) throws(Failure) {
    let output = Output()
    var document = TrybindReport(diagnosis).document(
      .current("trybind"), isOneLine: true, interfaceName: interfaces.name, drain: output.write)
    output.write(&document)
    try output.check()
  }
}

import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// Whatever is on the port: what is said has to fit the answers of a kernel that plays by the rules.
@Suite struct RandomSocketsTests {
  @Test func explanationsFitTheAnswers() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for round in 0..<4000 {
      let crowd = Diagnosing.random(&generator)
      let (holders, target, look) = (crowd.holders, crowd.target, crowd.coverage)
      let result = try crowd.result()
      if let problem = Self.problem(result, holders) {
        Issue.record(
          """
          \(problem); seed \(seed), round \(round)
          holders: \(holders.map { "\($0.record.local.text) \($0.record.state) \($0.options.names) uid \($0.record.uid ?? 0)" })
          server: \(target.addresses.map(\.text)) \(target.options.names) uid \(target.uid) \(look.origin)
          trials: \(result.trials.map { "\($0.socket.address.text) \($0.socket.options.names) \($0.outcome) \($0.prediction)" })
          findings: \(result.findings.map(\.slug.rawValue))
          """)
        return
      }
    }
  }

  /// What cannot be; nil if all is well.
  private static func problem(_ result: BindDiagnosis, _ holders: [Holder]) -> String? {
    let slugs = result.findings.map(\.slug)
    let yours = result.trials.filter(\.usesServerOptions)
    let isBlind = result.coverage.isBlind(to: .boundNotListening)
    if Set(slugs).count != slugs.count { return "a finding is there twice" }
    let canStart = yours.allSatisfy { $0.outcome == .ok } && result.target.addressKeptFromListening == nil
    if result.verdict.bindable != (result.coverage.isComplete ? canStart : nil) {
      return "\(result.verdict) is not what bind said"
    }
    if result.verdict.bindable == false, slugs.isEmpty { return "a no without a reason" }
    if result.verdict.bindable == false, result.findings.first?.severity != .error {
      return "a no with \(slugs[0]) as a note"
    }
    if result.verdict.bindable == true, result.findings.contains(where: { $0.severity == .error }) {
      return "an error in a yes"
    }
    if result.verdict.bindable == true, result.freeIn != 0 || result.freeLatest != 0 {
      return "a yes takes no time"
    }
    if slugs.contains(.rulesAndKernelDisagree), !isBlind { return "the rules disagree with themselves" }
    if slugs.contains(.portNowFree) { return "nothing has become free" }
    // What decides is something that is there.
    if slugs.contains(.listenerAlive), !holders.contains(where: { $0.record.state == .listen }) {
      return "no listener"
    }
    if slugs.contains(.timeWaitHolderWithoutReuse) || slugs.contains(.timeWaitServerClosedFirst),
      !holders.contains(where: { $0.record.isMinisocket })
    {
      return "no minisocket"
    }
    // A time is promised only where nothing but timers can be in the way.
    if result.verdict.bindable == false, let free = result.freeIn {
      if isBlind { return "a time although something may be unseen" }
      if result.holders.contains(where: { !$0.isMinisocket }) { return "a time although no timer ends this" }
      let longest = result.holders.compactMap { $0.timer?.expires }.max() ?? 0
      if free != max(longest, 1) { return "\(free) ms, the longest timer has \(longest)" }
      if (result.freeLatest ?? 0) < free { return "latest before earliest" }
    }
    return nil
  }
}

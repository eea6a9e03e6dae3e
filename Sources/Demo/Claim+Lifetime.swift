import Diagnosis
import LinuxHost
import Reports
import SocketTable

extension ClaimReport {
  private static let minute: UInt32 = 60_000

  /// Claim 3: reads the timers of FIN_WAIT2 and TIME_WAIT with two values of tcp_fin_timeout, which is often believed to set
  /// how long a TIME_WAIT lasts.
  mutating func carryOutLifetime(on network: ClaimNetwork, waitsItOut: Bool) throws(ClaimError) {
    let sysctl = "net.ipv4.tcp_fin_timeout"
    var lives: [UInt32?] = []
    var talk: ClaimConnection?
    for seconds: UInt32 in [60, 5] {
      try network.clear()
      try network.set(sysctl, "\(seconds)")
      let connection = try ClaimConnection.begin(on: network)
      try connection.close(.server)
      let finWait2 = try connection.record()
      try connection.close(.client)
      let timeWait = try connection.record()
      steps += steps.isEmpty ? connection.events : []
      for (record, state, life) in [
        (finWait2, TCPState.finWait2, seconds * 1000), (timeWait, .timeWait, Self.minute),
      ] {
        steps.append(
          .answer(
            lifetime(
              [.init("tcp_fin_timeout", "\(seconds) s")], "\(state.title) lasts", record, state, life)))
      }
      lives.append(timeWait?.timer?.expires)
      talk = connection
    }
    let isAMinute = lives.allSatisfy { $0.map { Self.isNear($0, Self.minute) } ?? false }
    if waitsItOut, let talk { try waitOut(talk, network) }
    verdict = isAMinute ? .holdsWithCondition : .doesNotHold
    condition = isAMinute ? "on Linux that is always 60 s, and no setting changes it." : nil
    reason =
      """
      It is a constant of the kernel (TCP_TIMEWAIT_LEN). tcp_fin_timeout is how long a FIN_WAIT2 without a process \
      lasts.
      """
    remarks.append(
      """
      On this kernel the timer can end up to \
      \(Quantity.seconds(milliseconds: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))) late. In that time 0 s are \
      left, and the port is still held.\(waitsItOut ? "" : " To see that: tw-inspect demo 3 --full")
      """)
  }

  private static func isNear(_ expires: UInt32, _ life: UInt32) -> Bool {
    (life.subtractingReportingOverflow(1000).partialValue...life).contains(expires)
  }

  private func lifetime(
    _ given: [ClaimAnswer.Given], _ question: String, _ record: SocketRecord?, _ state: TCPState,
    _ life: UInt32
  ) -> ClaimAnswer {
    let known = ClaimAnswer.Result.milliseconds(life)
    guard let record, record.state == state, let timer = record.timer else {
      return ClaimAnswer(
        given: given, question: question, result: .text("not seen"), isAsKnown: false, known: known)
    }
    return ClaimAnswer(
      given: given, question: question, result: .milliseconds(timer.expires),
      isAsKnown: Self.isNear(timer.expires, life), known: known)
  }

  /// Waits until the port can be bound again without SO_REUSEADDR, and adds how long that took.
  private mutating func waitOut(_ talk: ClaimConnection, _ network: ClaimNetwork) throws(ClaimError) {
    let left = try talk.record()?.timer?.expires ?? 0
    let began = Clock.monotonicNanoseconds - Int64(Self.minute - min(left, Self.minute)) * 1_000_000
    let slack = UInt32(TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))
    let (address, port) = (talk.server.address, talk.server.port)
    var hasStoodAtZero = false
    var passed: UInt32 = 0
    while try network.answer(address, port) != .ok {
      passed = UInt32(clamping: (Clock.monotonicNanoseconds - began) / 1_000_000)
      if passed > Self.minute + slack + 5_000 { break }
      let left = try talk.record()?.timer?.expires
      if left == 0 { hasStoodAtZero = true }
      // The timer is read anew after each pause, because a process that was stopped wakes up late, and a signal ends a pause.
      Clock.pause(milliseconds: left.map { $0 > 200 ? Int(min($0 - 100, 10_000)) : 5 } ?? 5)
    }
    passed = UInt32(clamping: (Clock.monotonicNanoseconds - began) / 1_000_000)
    let longest = Self.minute + slack
    steps.append(
      .answer(
        ClaimAnswer(
          given: [.init("waited out", talk.server.text)], question: "bind is ok after",
          result: .milliseconds(passed),
          // A quarter of a second is left for seeing it.
          isAsKnown: (Self.minute - 100...longest + 250).contains(passed),
          known: .text("60.0 s to \(Quantity.seconds(milliseconds: longest))"))))
    if hasStoodAtZero { remarks.append("Its time left was 0 s while bind still failed.") }
  }
}

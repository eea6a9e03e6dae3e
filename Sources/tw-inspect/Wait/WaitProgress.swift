import Diagnosis
import LinuxHost
import NetlinkCodec
import Reports
import SocketTable

/// The progress of `wait` on standard error: on a terminal a line that is overwritten, otherwise a line at the start and one
/// at the end. Times are nanoseconds, unless a name says otherwise.
struct WaitProgress {
  private let text: WaitText
  private let start: Int64
  private let isQuiet: Bool
  /// Whether a line of a terminal is overwritten.
  let isTerminal: Bool
  private(set) var hasBegun = false
  /// The number of looks at the table.
  var looks = 0
  private var shownAt: Int64 = 0
  /// The most time left that was shown so far, in milliseconds.
  private var longest: Int64 = 0

  /// The time between two frames.
  private static let pause: Int64 = 200_000_000

  init(_ text: WaitText, start: Int64, isQuiet: Bool) {
    self.text = text
    self.start = start
    self.isQuiet = isQuiet
    isTerminal = !isQuiet && Screen.isErrorOutput
  }

  /// The time at which the line has to be written again.
  func nextFrame(after now: Int64) -> Int64 { isTerminal ? now + Self.pause : .max }

  mutating func show(_ plan: WaitPlan, _ session: TrialSession, at now: Int64) {
    if isQuiet {
      hasBegun = true
      return
    }
    let isFirst = !hasBegun
    guard isFirst || plan.delay != nil || isTerminal && now - shownAt >= Self.pause else { return }
    hasBegun = true
    shownAt = now
    let left = plan.expectedEnd.map { max(0, $0 - now) / 1_000_000 }
    if plan.delay != nil { longest = 0 }
    longest = max(longest, left ?? 0)
    if let delay = plan.delay, let left { say(text.delayed(by: delay, left: left)) }
    let refusal = session.trials.first { $0.usesServerOptions && $0.outcome != .ok }?.outcome.error?.name
    let moment = WaitText.Moment(
      holders: StateCounts(plan.holders), refusal: refusal ?? "", left: left, longest: longest,
      waited: (now - start) / 1_000_000)
    if isTerminal {
      write(Screen.line(text.progress(moment, width: Screen.errorSize.columns - 1)))
    } else if isFirst {
      say(text.start(moment))
    }
  }

  /// Writes the last line.
  func finish(_ line: String) {
    if !isQuiet { say(line) }
  }

  /// Removes the line from the terminal.
  func clear() {
    if isTerminal, hasBegun { write(Screen.noLine) }
  }

  private func say(_ line: String) {
    clear()
    StandardOutput.complain("tw-inspect: \(line)")
  }

  private func write(_ text: String) { StandardOutput.tell(Array(text.utf8).span) }
}

package import Diagnosis
package import SocketTable

/// The lines that `wait` shows while it waits and when it ends. Times are milliseconds.
package struct WaitText {
  package let port: UInt16
  /// Nil to wait for ever.
  package let timeout: Int64?
  /// One step of the kernel's timer wheel: a timer that stands at 0 can take this much longer.
  package let timerSlack: Int
  package let hasUTF8: Bool

  package init(port: UInt16, timeout: Int64?, timerSlack: Int, hasUTF8: Bool) {
    self.port = port
    self.timeout = timeout
    self.timerSlack = timerSlack
    self.hasUTF8 = hasUTF8
  }

  /// What is in the way at one moment.
  package struct Moment {
    package var holders: StateCounts
    /// The name of the errno of the last refusal, such as "EADDRINUSE".
    package var refusal: String
    /// The time until the last timer in the way reaches 0; nil unless only timers are in the way.
    package var left: Int64?
    /// The largest value that `left` has had. It is the full length of the bar.
    package var longest: Int64
    /// The time since the wait began.
    package var waited: Int64

    package init(holders: StateCounts, refusal: String, left: Int64?, longest: Int64, waited: Int64) {
      self.holders = holders
      self.refusal = refusal
      self.left = left
      self.longest = longest
      self.waited = waited
    }
  }

  private var place: String { port == 0 ? "a port that the kernel chooses" : "port \(port)" }

  // MARK: Lines that stay

  package func start(_ moment: Moment) -> String {
    var text = "waiting for \(place): \(holders(moment))"
    if let left = moment.left {
      text +=
        Quantity.isEnding(milliseconds: left)
        ? ", ending" : ", \(Quantity.seconds(milliseconds: left)) left"
      text += " (up to \(Quantity.seconds(milliseconds: timerSlack)) more)"
    }
    return text + (timeout.map { "; timeout \(Quantity.seconds(milliseconds: $0))" } ?? "")
  }

  package func free(waited: Int64) -> String {
    "\(place) could be bound after \(Quantity.seconds(milliseconds: waited))"
  }

  package var freeAtOnce: String { "\(place) could be bound at once" }

  package func timedOut(waited: Int64) -> String {
    "timed out after \(Quantity.seconds(milliseconds: waited)): \(place) cannot be bound"
  }

  package var endless: String { "time alone will not free \(place)" }

  package func delayed(by delay: WaitPlan.Delay, left: Int64) -> String {
    let reason =
      switch delay {
      case .rearmed: "a segment from the peer restarted a TIME_WAIT"
      case .peerClosed: "the peer of a FIN_WAIT2 has closed, and a TIME_WAIT began"
      case .another: "another connection on it has ended"
      }
    return "\(place) will be free later, \(Quantity.seconds(milliseconds: left)) from now: \(reason)"
  }

  // MARK: The line that is overwritten

  private static let barWidth = 30

  /// The line of a terminal, cut to `width` columns.
  package func progress(_ moment: Moment, width: Int) -> String {
    let head = "\(place)  "
    var tail: String
    if let left = moment.left {
      let time = Quantity.isEnding(milliseconds: left) ? "ending" : Quantity.seconds(milliseconds: left).plain
      tail = "\(padded(time))  \(holders(moment)) left"
      let room = width - head.count - tail.count - 2
      if room >= 5 {
        tail =
          Bar(hasUTF8).drawn(moment.longest - left, of: moment.longest, width: min(room, Self.barWidth))
          + "  " + tail
      }
    } else {
      let limit = timeout.map { " of \(Quantity.seconds(milliseconds: $0))" } ?? ""
      tail = "\(holders(moment))  waited \(Quantity.seconds(milliseconds: moment.waited))\(limit)"
    }
    return String((head + tail).prefix(max(0, width)))
  }

  private func padded(_ time: String) -> String {
    String(repeating: " ", count: max(0, 7 - time.count)) + time
  }

  private func holders(_ moment: Moment) -> String {
    let states = StateList(moment.holders)
    if states.isEmpty {
      return moment.refusal == "EADDRINUSE" ? "EADDRINUSE, the holder is not visible" : moment.refusal
    }
    return states.list.plain
  }
}

/// A bar of Unicode blocks with a resolution of an eighth of a column, or of number signs where there is no UTF-8.
struct Bar {
  private let hasUTF8: Bool

  init(_ hasUTF8: Bool) { self.hasUTF8 = hasUTF8 }

  private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

  func drawn(_ part: Int64, of whole: Int64, width: Int, empty: Bool = true) -> String {
    let steps = Int64(width) * 8
    let filled =
      whole > 0
      ? Int(max(0, min(steps, part.multipliedReportingOverflow(by: steps).partialValue / whole))) : 0
    guard hasUTF8 else {
      let full = filled / 8
      return String(repeating: "#", count: full)
        + (empty ? String(repeating: ".", count: width - full) : "")
    }
    var bar = String(repeating: "█", count: filled / 8) + Self.eighths[filled % 8]
    if empty { bar += String(repeating: "░", count: width - bar.count) }
    return bar
  }
}

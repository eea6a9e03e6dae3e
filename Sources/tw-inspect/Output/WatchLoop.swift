import LinuxHost
import Reports
import SocketTable

/// Looks again and again: on a terminal a screen that is drawn over, elsewhere one text after the other. Ends by a signal.
struct WatchLoop: ~Copyable {
  /// Nanoseconds.
  private let interval: Int64
  private let signals: SignalWaiter
  private let isScreen: Bool
  private let usesColor: Bool
  private let output = Output()

  /// - Parameter draws: text for people, and not lines that stand on their own.
  init(every interval: Int64, draws: Bool, _ common: CommonRequest) throws {
    self.interval = interval
    isScreen = draws && Screen.isOutput
    usesColor = common.usesColor
    signals = try SignalWaiter(for: isScreen ? .terminal : .none)
  }

  /// `look` is called once in each interval, and `draw` where there is something new to look at or to look at it on. Never
  /// returns.
  func run(
    look: () throws -> Void, draw: (Canvas) -> [String] = { _ in [] }
  ) throws -> Int32 {
    enter()
    do {
      while true {
        let next = Clock.monotonicNanoseconds + interval
        try look()
        try show(draw)
        try sleep(until: next, draw)
      }
    } catch {
      leave()
      throw error
    }
  }

  private func sleep(until time: Int64, _ draw: (Canvas) -> [String]) throws {
    while true {
      switch try signals.wait(until: time) {
      case .time: return
      case .resized: try show(draw)
      case .stop:
        leave()
        SignalWaiter.stop()
        enter()
        try show(draw)
      case .end(let signal):
        leave()
        Exit.bySignal(signal)
      }
    }
  }

  private func show(_ draw: (Canvas) -> [String]) throws(Failure) {
    var canvas = Canvas(rows: nil, columns: 80, usesColor: usesColor, hasUTF8: Screen.hasUTF8)
    if isScreen {
      // Asked for each time: the signal that tells of a change can be missed.
      let size = Screen.outputSize
      canvas.rows = size.rows
      // In the last column the cursor of some terminals stays where it is, and what clears the rest clears that.
      canvas.columns = size.columns - 1
    }
    let lines = draw(canvas)
    guard !lines.isEmpty else { return }
    if isScreen {
      var frame = Screen.frame(lines)
      output.write(&frame)
    } else {
      var text = ByteBuffer(capacity: 4096)
      for line in lines { text.append(line + "\n") }
      text.append("\n")
      output.write(&text)
    }
    try output.check()
  }

  private func enter() { write(Screen.enter) }

  private func leave() { write(Screen.leave) }

  private func write(_ text: String) {
    guard isScreen else { return }
    // Its failure is the next frame's as well.
    try? StandardOutput.write(Array(text.utf8).span)
  }
}

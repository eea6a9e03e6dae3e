import LinuxHost
import Reports
import SocketTable

/// The loop of `--watch`, which ends by a signal only. On a terminal it draws a screen over and over; otherwise it writes
/// one text after the other.
struct WatchLoop: ~Copyable {
  /// In nanoseconds.
  private let interval: Int64
  private let signals: SignalWaiter
  /// Whether a terminal is drawn over.
  private let isScreen: Bool
  private let usesColor: Bool
  private let output = Output()

  /// - Parameter draws: whether text is drawn. False for JSON Lines, which are written by the caller.
  init(every interval: Int64, draws: Bool, _ common: CommonRequest) throws {
    self.interval = interval
    isScreen = draws && Screen.isOutput
    usesColor = common.usesColor
    signals = try SignalWaiter(for: isScreen ? .terminal : .none)
  }

  /// Never returns, but for an error. The result only lets callers end with `return`.
  ///
  /// - Parameters:
  ///   - look: called once in each interval.
  ///   - draw: called after each look, and when the size of the terminal has changed.
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
      // The size is read each time, because the signal about a change can be missed.
      let size = Screen.outputSize
      canvas.rows = size.rows
      // The last column stays empty. On some terminals the cursor remains there after a character in it, and clearing the
      // rest of the line would clear that character.
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
    // A failure is not reported here, because writing the next frame fails as well.
    try? StandardOutput.write(Array(text.utf8).span)
  }
}

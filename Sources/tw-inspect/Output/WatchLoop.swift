import LinuxHost
import Reports
import SocketTable

/// The loop of `--watch`, which ends by a signal, and on a screen by "q". On a terminal it draws a screen over and over;
/// otherwise it writes one text after the other.
struct WatchLoop: ~Copyable {
  /// In nanoseconds.
  private let interval: Int64
  private let signals: SignalWaiter
  /// Whether a terminal is drawn over.
  private let isScreen: Bool
  private let usesColor: Bool
  private let output = Output()
  private var keys = Keys()

  /// - Parameter draws: whether text is drawn. False for JSON Lines, which are written by the caller.
  init(every interval: Int64, draws: Bool, _ common: CommonRequest) throws {
    self.interval = interval
    isScreen = draws && Screen.isOutput
    usesColor = common.usesColor
    signals = try SignalWaiter(for: isScreen ? .terminal : .none)
  }

  /// Returns when "q" was typed.
  ///
  /// - Parameters:
  ///   - look: called once in each interval.
  ///   - draw: called after each look, and when the size of the terminal has changed.
  mutating func run(
    look: () throws -> Void, draw: (Canvas) -> [String] = { _ in [] }
  ) throws {
    enter()
    do {
      while true {
        let next = Clock.monotonicNanoseconds + interval
        try look()
        try show(draw)
        if try !sleep(until: next, draw) { break }
      }
    } catch {
      leave()
      throw error
    }
    leave()
  }

  /// False if the watch is to end.
  private mutating func sleep(until time: Int64, _ draw: (Canvas) -> [String]) throws -> Bool {
    while true {
      switch try signals.wait(until: time, keys) {
      case .time: return true
      case .quit: return false
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

  private mutating func enter() {
    write(Screen.enter)
    if isScreen { keys.begin() }
  }

  private mutating func leave() {
    keys.end()
    write(Screen.leave)
  }

  private func write(_ text: String) {
    guard isScreen else { return }
    // A failure is not reported here, because writing the next frame fails as well.
    try? StandardOutput.write(Array(text.utf8).span)
  }
}

internal import CLinux
internal import Glibc

/// Sleeps, and is woken by the signals that would end or stop the process, so that the terminal can be put in order first.
/// They are blocked from now until the process ends.
package struct Sleeper: ~Copyable {
  package enum Wake: Hashable, Sendable {
    case time
    /// The terminal has another size.
    case resized
    /// Ctrl-Z: to be answered with `stop()`.
    case stop
    /// To be answered with `Exit.bySignal`.
    case end(Int32)
  }

  private let signals: Descriptor

  /// Only `ofTerminal` heeds signals, Ctrl-Z and changes of size too; otherwise they end and stop the process as ever.
  package init(ofTerminal: Bool) throws(SystemError) {
    let number = tw_open_signals(ofTerminal ? tw_terminal_signals : tw_no_signals)
    guard number >= 0 else { throw .last("signalfd") }
    signals = Descriptor(owning: number)
  }

  /// - Parameter time: by `Clock.monotonicNanoseconds`; what has passed is only asked for signals.
  package func sleep(until time: Int64) throws(SystemError) -> Wake {
    while true {
      let left = max(0, time - Clock.monotonicNanoseconds)
      switch tw_wait_readable(signals.number, left) {
      case 0: return .time
      case 1...:
        if let wake = take() { return wake }
      default:
        if errno != EINTR { throw .last("ppoll") }
      }
    }
  }

  private func take() -> Wake? {
    switch tw_read_signal(signals.number) {
    case 0: nil
    case SIGWINCH: .resized
    case SIGTSTP: .stop
    case let number: .end(number)
    }
  }

  /// Stops the process, and returns when it is continued.
  package static func stop() { _ = kill(getpid(), SIGSTOP) }
}

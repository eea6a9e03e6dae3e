internal import CLinux
internal import Glibc

/// Waits for a time or a signal, whichever comes first. The signals it was made for are blocked from then until the process
/// ends, so that a terminal, or a connection, can be put in order first; those that were ignored stay so.
package struct SignalWaiter: ~Copyable {
  package enum Signals: Sendable {
    /// They end and stop the process as ever.
    case none
    /// SIGINT and SIGTERM.
    case ending
    /// Those, SIGQUIT and SIGHUP, Ctrl-Z and a terminal's change of size.
    case terminal
  }

  package enum Event: Hashable, Sendable {
    case time
    /// The terminal has another size.
    case resized
    /// Ctrl-Z: to be answered with `stop()`.
    case stop
    /// To be answered with `Exit.bySignal`.
    case end(Int32)
  }

  private let descriptor: Descriptor

  package init(for signals: Signals) throws(SystemError) {
    let number =
      switch signals {
      case .none: tw_open_signals(tw_no_signals)
      case .ending: tw_open_signals(tw_ending_signals)
      case .terminal: tw_open_signals(tw_terminal_signals)
      }
    guard number >= 0 else { throw .last("signalfd") }
    descriptor = Descriptor(owning: number)
  }

  /// Readable when a signal has come.
  var number: Int32 { descriptor.number }

  /// - Parameter time: by `Clock.monotonicNanoseconds`; one that has passed only asks for signals.
  package func wait(until time: Int64) throws(SystemError) -> Event {
    while true {
      let left = max(0, time - Clock.monotonicNanoseconds)
      switch tw_wait_readable(descriptor.number, left) {
      case 0: return .time
      case 1...:
        if let event = take() { return event }
      default:
        if errno != EINTR { throw .last("ppoll") }
      }
    }
  }

  /// The signal that has come; nil if none has.
  package func take() -> Event? {
    switch tw_read_signal(descriptor.number) {
    case 0: nil
    case SIGWINCH: .resized
    case SIGTSTP: .stop
    case let number: .end(number)
    }
  }

  /// Stops the process, and returns when it is continued.
  package static func stop() { _ = kill(getpid(), SIGSTOP) }
}

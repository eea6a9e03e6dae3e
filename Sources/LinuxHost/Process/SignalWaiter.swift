internal import CLinux
internal import Glibc

/// Waits for a time or a signal, whichever comes first. The signals that it was made for are blocked until the process ends, so
/// that a terminal or a connection can be put in order first; those that the process ignores stay ignored.
package struct SignalWaiter: ~Copyable {
  package enum Signals: Sendable {
    /// Signals end and stop the process as usual.
    case none
    /// SIGINT and SIGTERM.
    case ending
    /// SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP (Ctrl-Z) and SIGWINCH (the terminal's size has changed).
    case terminal
  }

  package enum Event: Hashable, Sendable {
    case time
    /// The terminal has another size.
    case resized
    /// Ctrl-Z: to be answered with `stop()`.
    case stop
    /// "q" was typed.
    case quit
    /// The number of a signal that ends the process: to be answered with `Exit.bySignal`.
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

  /// - Parameters:
  ///   - time: on `Clock.monotonicNanoseconds`; if it has passed already, this returns at once.
  ///   - keys: what may be typed meanwhile.
  package func wait(until time: Int64, _ keys: borrowing Keys = Keys()) throws(SystemError) -> Event {
    while true {
      let left = max(0, time - Clock.monotonicNanoseconds)
      switch tw_wait_readable(descriptor.number, keys.descriptor ?? -1, left) {
      case 0: return .time
      case 2: if keys.hasQuit() { return .quit }
      case 1...:
        if let event = take() { return event }
      default:
        if errno != EINTR { throw .last("ppoll") }
      }
    }
  }

  /// The next signal that has come; nil if none has.
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

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
    /// To be answered with `end(by:)`.
    case end(Int32)
  }

  private let signals: Descriptor

  /// Only `ofTerminal` heeds signals, Ctrl-Z and changes of size too; otherwise they end and stop the process as ever.
  package init(ofTerminal: Bool) throws(SystemError) {
    let number = tw_open_signals(ofTerminal ? 1 : 0)
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
    // struct signalfd_siginfo begins with the signal's number.
    var information = [UInt32](repeating: 0, count: 32)
    let count = unsafe information.withUnsafeMutableBytes { bytes in
      unsafe read(signals.number, bytes.baseAddress, bytes.count)
    }
    guard count == 128 else { return nil }
    switch Int32(information[0]) {
    case SIGWINCH: return .resized
    case SIGTSTP: return .stop
    case let number: return .end(number)
    }
  }

  /// Ends the process by the signal, as if it had not been caught.
  package static func end(by number: Int32) -> Never {
    _ = signal(number, SIG_DFL)
    var set = sigset_t()
    _ = unsafe sigemptyset(&set)
    _ = unsafe sigaddset(&set, number)
    _ = kill(getpid(), number)
    _ = unsafe sigprocmask(SIG_UNBLOCK, &set, nil)
    exit(128 + number)
  }

  /// Stops the process, and returns when it is continued.
  package static func stop() { _ = kill(getpid(), SIGSTOP) }
}

internal import CLinux

/// SIGINT and SIGTERM as something to wait for, from now until the process ends. Those that were ignored stay so.
package struct EndingSignals: ~Copyable {
  private let descriptor: Descriptor

  package init() throws(SystemError) {
    let number = tw_open_signals(tw_ending_signals)
    guard number >= 0 else { throw .last("signalfd") }
    descriptor = Descriptor(owning: number)
  }

  var number: Int32 { descriptor.number }

  /// The signal that has come; nil if none has.
  package func take() -> Int32? {
    let signal = tw_read_signal(descriptor.number)
    return signal == 0 ? nil : signal
  }
}

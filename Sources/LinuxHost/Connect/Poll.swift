internal import Glibc

/// poll(2) for one descriptor.
enum Poll {
  /// Waits for POLLIN or POLLOUT; false if it has not come by then.
  static func wait(_ descriptor: Int32, _ event: Int32, milliseconds: Int32) throws(SystemError) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    let count = retryingOnInterrupt { unsafe poll(&entry, 1, milliseconds) }
    guard count >= 0 else { throw .last("poll") }
    return count > 0
  }

  /// Waits for POLLIN or POLLOUT without a limit; false if a signal has come.
  static func wait(
    _ descriptor: Int32, _ event: Int32, unless signals: borrowing SignalWaiter
  ) throws(SystemError) -> Bool {
    let number = signals.number
    return try unsafe withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) {
      entries throws(SystemError) -> Bool in
      unsafe entries[0] = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
      unsafe entries[1] = pollfd(fd: descriptor, events: Int16(event), revents: 0)
      let count = retryingOnInterrupt { unsafe poll(entries.baseAddress, 2, -1) }
      guard count >= 0 else { throw .last("poll") }
      return unsafe entries[0].revents == 0
    }
  }
}

import Glibc

/// Sleeps on this very thread, as a body inside a network namespace must.
package func pause(milliseconds: Int) {
  var wanted = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
  var left = timespec()
  while nanosleep(&wanted, &left) < 0 && errno == EINTR { wanted = left }
}

/// Looks again and again until it is so, for 10 seconds at most.
package func waitUntil(
  _ what: @autoclosure () -> String, within limit: Duration = .seconds(10), _ isSo: () throws -> Bool
) throws {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  while true {
    let late = clock.now >= deadline
    if try isSo() { return }
    if late { throw SystemCallError("waiting", ETIMEDOUT, "it never came that \(what())") }
    pause(milliseconds: 2)
  }
}

import Glibc

/// Sleeps on this very thread, as a body inside a network namespace must.
package func pause(milliseconds: Int) {
  var wanted = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
  var left = timespec()
  while nanosleep(&wanted, &left) < 0 && errno == EINTR { wanted = left }
}

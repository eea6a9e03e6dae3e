internal import Glibc

package enum Clock {
  /// Milliseconds since 1970-01-01 UTC.
  package static var wallMilliseconds: Int64 { nanoseconds(CLOCK_REALTIME) / 1_000_000 }

  /// The same with the reader's distance from UTC added (TZ, /etc/localtime): local time, read as if it were UTC.
  package static var localMilliseconds: Int64 {
    let now = wallMilliseconds
    var seconds = time_t(now / 1000)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return now }
    return unsafe now + Int64(parts.tm_gmtoff) * 1000
  }

  /// Nanoseconds on CLOCK_MONOTONIC, which is never set back.
  package static var monotonicNanoseconds: Int64 { nanoseconds(CLOCK_MONOTONIC) }

  /// Nanoseconds of processor time that this process has used.
  package static var processorNanoseconds: Int64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// Sleeps; a signal ends that early.
  package static func pause(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    _ = unsafe nanosleep(&time, nil)
  }

  static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The kernel's timer frequency (CONFIG_HZ): a tick is the resolution of CLOCK_MONOTONIC_COARSE. 250 if it is unknown.
  package static var kernelHZ: Int {
    var resolution = timespec()
    guard unsafe clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0, resolution.tv_nsec > 0 else {
      return 250
    }
    return Int((1_000_000_000 + Int64(resolution.tv_nsec) / 2) / Int64(resolution.tv_nsec))
  }
}

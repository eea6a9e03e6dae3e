/// How late the kernel's timers fire: they are kept in slots, and fire at a slot's end.
package enum TimerWheel {
  /// A timer of up to 60 s lies in a wheel level whose slots are 8^3 ticks apart or, at 1000 Hz, 8^4 (kernel/time/timer.c,
  /// LVL_GRAN), and fires at the end of its slot.
  ///
  /// - Parameter hz: The kernel's ticks a second (CONFIG_HZ).
  package static func slackMilliseconds(hz: Int) -> Int {
    let hz = max(1, hz)
    // Level n reaches 63 * 8^n ticks ahead; 60 s need the first level that reaches so far.
    var granularity = 1
    while 63 * granularity < 60 * hz { granularity *= 8 }
    return granularity * 1000 / hz
  }
}

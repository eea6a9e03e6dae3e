import SocketTable
import Testing

@Suite struct TimerWheelTests {
  /// kernel/time/timer.c: 60 s lie in the level whose slots are 512 ticks apart, at 1000 Hz 4096.
  @Test(arguments: [(100, 5120), (250, 2048), (300, 1706), (1000, 4096), (1024, 4000), (24, 2666)])
  func oneStep(hz: Int, milliseconds: Int) {
    #expect(TimerWheel.slackMilliseconds(hz: hz) == milliseconds)
  }

  @Test func everyFrequencyHasOne() {
    for hz in -1...10_000 {
      let slack = TimerWheel.slackMilliseconds(hz: hz)
      // A wheel is never finer than a 64th of what it has to reach, nor coarser than an eighth of 60 s and a little.
      if hz > 1, !(60_000 / 64...60_000 * 8 / 63 + 1).contains(slack) {
        Issue.record("\(hz) Hz: \(slack) ms")
      }
    }
  }
}

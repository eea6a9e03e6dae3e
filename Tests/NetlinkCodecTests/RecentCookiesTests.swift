@testable import NetlinkCodec
import RecordSupport
import Testing

/// Against the plainest list of the last 64.
@Suite struct RecentCookiesTests {
  private func check(_ cookies: some Sequence<UInt64>, _ comment: Comment) {
    var recent = RecentCookies()
    var last: [UInt64] = []
    for cookie in cookies {
      let isNew = cookie == 0 || !last.suffix(64).contains(cookie)
      if isNew, cookie != 0 { last.append(cookie) }
      if recent.insert(cookie) != isNew {
        Issue.record("cookie \(cookie) should be \(isNew ? "new" : "a repeat"); \(comment)")
      }
    }
  }

  @Test func random() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    // Few values, so that there are repeats at every distance; and values that share their low byte.
    for (range, factor): (UInt64, UInt64) in [
      (3, 1), (70, 1), (200, 1), (70, 256), (130, 0x1_0000_0000), (400, 0x8080_8081),
    ] {
      let cookies = (0..<4000).map { _ in UInt64.random(in: 0..<range, using: &generator) &* factor }
      check(cookies, "below \(range) times \(factor), seed \(seed)")
    }
  }

  @Test func inOrder() {
    check(1...1000, "ascending")
    check((1...200).flatMap { [$0, $0] }, "each twice")
    check((1...200).flatMap { [$0, $0 + 1, $0] }, "two rows apart")
    check([0, 0, 0, 1, 0, 1], "none")
    check([0x100, 0x100, 0x200, 0x100], "low byte zero")
    check([.max, .max, .max - 1, 1 << 63, 1 << 63], "large")
  }
}

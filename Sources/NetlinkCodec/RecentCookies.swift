/// The last 64 cookies: under churn a dump can hand out a socket again, within a few rows of the first time.
struct RecentCookies: Sendable {
  private static let none: UInt64 = 0
  private var cookies = InlineArray<64, UInt64>(repeating: Self.none)
  /// The lowest byte of each, eight to a word: most cookies are found to be new without comparing them.
  private var lowBytes = InlineArray<8, UInt64>(repeating: 0)
  private var next = 0

  /// False if the cookie is among the last 64.
  mutating func insert(_ cookie: UInt64) -> Bool {
    guard cookie != Self.none else { return true }
    let pattern = (cookie & 0xff) &* 0x0101_0101_0101_0101
    var matches: UInt64 = 0
    for index in 0..<8 {
      // A byte of `difference` that is zero leaves its upper bit set.
      let difference = lowBytes[index] ^ pattern
      matches |= (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }
    if matches != 0 {
      for index in 0..<64 where cookies[index] == cookie { return false }
    }
    cookies[next] = cookie
    let shift = UInt64(next & 7) &* 8
    lowBytes[next >> 3] = lowBytes[next >> 3] & ~(0xff &<< shift) | (cookie & 0xff) &<< shift
    next = (next &+ 1) & 63
    return true
  }
}

/// The last 64 cookies: under churn a dump can hand out a socket again, within a few rows of the first time.
struct RecentCookies: Sendable {
  private static let none: UInt64 = 0
  private var cookies = InlineArray<64, UInt64>(repeating: Self.none)
  /// The lowest byte of each, so that one comparison finds out that most are new.
  private var lowBytes = SIMD64<UInt8>(repeating: 0)
  private var next = 0

  /// False if the cookie is among the last 64.
  mutating func insert(_ cookie: UInt64) -> Bool {
    guard cookie != Self.none else { return true }
    let lowByte = UInt8(truncatingIfNeeded: cookie)
    if any(lowBytes .== lowByte) {
      for index in cookies.indices where cookies[index] == cookie { return false }
    }
    cookies[next] = cookie
    lowBytes[next] = lowByte
    next = (next + 1) % 64
    return true
  }
}

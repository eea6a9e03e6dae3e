import Glibc
import LinuxHost
import SocketTable
import Synchronization
import TestSupport
import Testing

/// `ConflictRules` against bind(2) and listen(2) of the running kernel, on sockets that really exist, as the
/// product's own `SocketSource` shows them.
///
/// TW_ORACLE_CASES says how many cases; TW_SLOW=1 asks for what CI runs. TW_SEED repeats the choice of cases.
@Suite(.needs(.networkNamespaces), OracleSummary())
enum Oracle {
  static let seed = number("TW_SEED").map { UInt64($0) } ?? UInt64.random(in: 1...999_999_999)

  /// At least so many binds and listens are judged.
  static let cases = number("TW_ORACLE_CASES") ?? (number("TW_SLOW") == 1 ? 30_000 : 2_500)

  static let tally = Mutex(OracleTally())

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }.map { max($0, 0) }
  }
}

/// What came of all cases so far.
struct OracleTally: Sendable {
  /// By the name of the call.
  var cases: [String: Int] = [:]
  var withReusePort = 0
  /// The kernel said ok where the rules said that it fails: the one thing in which they are known to differ.
  var reusePortRemembered = 0
  var contradictions = 0
  /// Left out because a socket changed while the kernel was asked.
  var unsettled = 0
  /// Answers that hang on what this kernel, unlike later ones, does not keep or compares otherwise.
  var leftOpen = 0
  /// Asked with what `--flags all` reads, and how many of these were decided.
  var withIterator = 0
  var decidedWithIterator = 0
  /// Answers without the flags that left it open.
  var undecidedWithoutFlags = 0

  var total: Int { cases.values.reduce(0, +) }
}

/// Prints the totals when all tests of the suite are done.
private struct OracleSummary: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    print("oracle: TW_SEED=\(Oracle.seed), at least \(Oracle.cases) cases")
    defer {
      let tally = Oracle.tally.withLock { $0 }
      let calls = tally.cases.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(
        separator: ", ")
      print(
        """
        oracle: \(tally.total) cases (\(calls)), \(tally.contradictions) contradictions, \
        \(tally.reusePortRemembered) of \(tally.withReusePort) with SO_REUSEPORT allowed where the rules refuse, \
        \(tally.leftOpen) left open by this kernel, \
        \(tally.decidedWithIterator) of \(tally.withIterator) decided with the iterator's flags, \
        \(tally.undecidedWithoutFlags) undecided without flags, \(tally.unsettled) unsettled; TW_SEED=\(Oracle.seed)
        """)
    }
    try await function()
    let tally = Oracle.tally.withLock { $0 }
    if tally.withIterator > 500, tally.decidedWithIterator * 100 < tally.withIterator * 98 {
      Issue.record("with --flags all \(tally.decidedWithIterator) of \(tally.withIterator) are decided")
    }
  }
}

/// SplitMix64: the same numbers for the same seed, and others for each test.
struct OracleRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ stream: String) {
    // FNV-1a; Hasher has a seed of its own in each process.
    state = stream.utf8.reduce(Oracle.seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// For something that draws an unknown number of them.
  mutating func fork() -> OracleRandom { OracleRandom("\(next())") }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// The meaning of --watch and --interval together.
enum WatchOptions {
  /// In milliseconds.
  private static let shortest: Int64 = 100

  /// The time between two looks in nanoseconds; nil without --watch.
  ///
  /// - Throws: a usage error if the options contradict each other or the common ones.
  static func interval(
    _ watch: Bool, _ typed: String?, _ common: CommonRequest
  ) throws(Failure) -> Int64? {
    guard watch else {
      if typed != nil { throw .usage("--interval: it works only with --watch") }
      return nil
    }
    switch common.format {
    case .json: throw .usage("--watch with json: the document would never end; use --output jsonl")
    case .plain:
      throw .usage("--watch with plain: nothing would separate one look from the next; use --output jsonl")
    case .table, .jsonl: break
    }
    if common.quiet { throw .usage("--watch with -q: there would be nothing to see; leave one of them out") }
    let milliseconds = try typed.map { (typed) throws(Failure) in
      try DurationArgument.milliseconds("--interval", typed)
    }
    guard let milliseconds else { return 1_000_000_000 }
    guard milliseconds >= shortest else {
      throw .usage("--interval: \(milliseconds) ms is too short; the minimum is \(shortest) ms")
    }
    return milliseconds * 1_000_000
  }
}

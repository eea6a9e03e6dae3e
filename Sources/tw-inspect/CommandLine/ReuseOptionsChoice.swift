/// Of which sockets SO_REUSEADDR and SO_REUSEPORT are read.
enum ReuseOptionsChoice: String, CaseIterable {
  case none
  /// Those that a process has open.
  case live
  /// Those that only a timer keeps as well.
  case all

  static func value(of typed: String?) throws(Failure) -> ReuseOptionsChoice {
    let choice = try Choice.value(of: "--flags", typed, ReuseOptionsChoice.self) ?? .none
    if choice == .all {
      throw .usage("--flags all: the options of TIME_WAIT sockets cannot be read yet; use --flags live")
    }
    return choice
  }
}

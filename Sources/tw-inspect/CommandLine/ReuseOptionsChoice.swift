/// The sockets of which SO_REUSEADDR and SO_REUSEPORT are read (`--flags`).
enum ReuseOptionsChoice: String, CaseIterable {
  case none
  /// The sockets that a process has open.
  case live
  /// Minisockets as well. This is reserved, and refused for now.
  case all

  static func value(of typed: String?) throws(Failure) -> ReuseOptionsChoice {
    let choice = try Choice.value(of: "--flags", typed, ReuseOptionsChoice.self) ?? .none
    if choice == .all {
      throw .usage("--flags all: the options of TIME_WAIT sockets cannot be read yet; use --flags live")
    }
    return choice
  }
}

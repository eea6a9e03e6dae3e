import SocketTable

extension ReuseOptionsChoice {
  /// - Parameter typed: the value of `--flags`; nil if the option was not given.
  static func value(of typed: String?) throws(Failure) -> ReuseOptionsChoice {
    try Choice.value(of: "--flags", typed, ReuseOptionsChoice.self) ?? .none
  }
}

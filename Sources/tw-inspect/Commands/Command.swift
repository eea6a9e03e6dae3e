import ArgumentParser

/// A subcommand: what was typed, and how it is answered.
protocol Command: ParsableArguments, ParsableCommand {
  /// Prints the answer and returns the exit status.
  func answer() throws(Failure) -> Int32
}

import ArgumentParser

/// A subcommand: what was typed, and how it is answered.
protocol Command: ParsableArguments, ParsableCommand {
  /// Prints the answer and returns the exit status.
  /// - Throws: whatever kept it from an answer; `Failure.init(_:)` says it.
  func answer() throws -> Int32
}

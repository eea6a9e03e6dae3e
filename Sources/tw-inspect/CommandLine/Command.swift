import ArgumentParser

/// A subcommand. The argument parser fills its properties with what was typed.
protocol Command: ParsableArguments, ParsableCommand {
  /// Writes the answer to standard output.
  ///
  /// - Returns: the exit status.
  /// - Throws: whatever prevents an answer. `Failure.init(_:)` turns it into a message and an exit status.
  func answer() throws -> Int32
}

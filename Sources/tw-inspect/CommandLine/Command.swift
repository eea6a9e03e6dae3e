import ArgumentParser

/// A subcommand. The argument parser fills its properties with what was typed.
protocol Command: ParsableArguments, ParsableCommand {
  /// Whether any number of values may be given without an option. They have to be read by `RepeatedArguments.values`.
  static var takesManyValues: Bool { get }
  /// The options that may be given any number of times, each with a value. These, too, have to be read by
  /// `RepeatedArguments.values`.
  static var repeatableOptions: [String] { get }

  /// Writes the answer to standard output.
  ///
  /// - Returns: the exit status.
  /// - Throws: whatever prevents an answer. `Failure.init(_:)` turns it into a message and an exit status.
  func answer() throws -> Int32
}

extension Command {
  static var takesManyValues: Bool { false }
  static var repeatableOptions: [String] { [] }
}

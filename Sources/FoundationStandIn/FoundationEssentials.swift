// Takes the place of FoundationEssentials in the release build (scripts/build-release). Only the argument parser imports it,
// for a protocol of errors that describe themselves and for the JSON of --experimental-dump-help. The real one takes a fifth
// of the instructions of a start (Benchmarks/README.md). This file can go when the argument parser builds without Foundation.

import Glibc

public protocol LocalizedError: Error {
  var errorDescription: String? { get }
}

public struct Data {}

public final class JSONEncoder {
  public struct OutputFormatting: OptionSet {
    public let rawValue: UInt

    public init(rawValue: UInt) { self.rawValue = rawValue }

    public static let prettyPrinted = OutputFormatting(rawValue: 1)
    public static let sortedKeys = OutputFormatting(rawValue: 2)
  }

  public var outputFormatting: OutputFormatting = []

  public init() {}

  /// Ends the program with the status of wrong usage, because this encoder cannot write JSON. Were an error thrown instead,
  /// the argument parser would print an empty text and exit with status 0.
  public func encode<T: Encodable>(_: T) throws -> Data {
    let message = "tw-inspect: --experimental-dump-help: only a debug build writes this (make run)\n"
    _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(64)
  }
}

extension String {
  public struct Encoding {
    public static let utf8 = Encoding()
  }

  /// Never called: there is no `Data`, as `encode` does not return.
  public init?(data _: Data, encoding _: Encoding) { return nil }
}

// Stands in for FoundationEssentials in the release build (scripts/build-release). The argument parser, which alone imports
// it, uses this much of it: a protocol for errors that describe themselves, and JSON for --experimental-dump-help. The real
// one makes up a fifth of what is executed at a start. It goes when the argument parser can be built without Foundation.

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

  /// Writes no JSON. The argument parser would take an error for an empty text, and exit with status 0: so the program ends
  /// here, with the status of wrong usage.
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

  public init?(data _: Data, encoding _: Encoding) { return nil }
}

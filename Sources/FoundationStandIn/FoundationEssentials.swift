// Stands in for FoundationEssentials in the release build (see the Makefile). The argument parser, which alone imports it,
// uses this much of it: a protocol for errors that describe themselves, and JSON for --experimental-dump-help, which only
// the debug build is asked for. The real one makes up a third of what the Swift runtime searches at each start.

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

  public struct Missing: Error {}

  public var outputFormatting: OutputFormatting = []

  public init() {}

  public func encode<T: Encodable>(_: T) throws -> Data { throw Missing() }
}

extension String {
  public struct Encoding {
    public static let utf8 = Encoding()
  }

  public init?(data _: Data, encoding _: Encoding) { return nil }
}

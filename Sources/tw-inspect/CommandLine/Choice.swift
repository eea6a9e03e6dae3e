import ArgumentParser
import SocketTable

/// An option that takes one of a few words. The words are read here and not by the argument parser, because each type that
/// the parser has to know costs start-up time, and its error message does not fit on one line.
enum Choice {
  /// Nil if the option was not given.
  static func value<T: RawRepresentable & CaseIterable>(
    of option: String, _ typed: String?, _ type: T.Type
  ) throws(Failure) -> T? where T.RawValue == String {
    guard let typed else { return nil }
    guard let value = T(rawValue: typed) else {
      throw .usage(
        "\(option) '\(ByteSafety.escaped(typed))': not one of \(words(type).joined(separator: ", "))")
    }
    return value
  }

  static func words<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> [String]
  where T.RawValue == String {
    type.allCases.map(\.rawValue)
  }
}

import SocketTable

/// Values that were given very often. The argument parser takes time by the square of the number of arguments: two seconds
/// for 10,000 ports. So a run of values is handed to it as one, and taken apart again when it has parsed.
enum RepeatedArguments {
  /// Fewer arguments than this are handed over as they are.
  private static let fewest = 64
  /// No argument of a process can contain it.
  private static let separator = UInt8(0)

  /// The arguments with each run of values, or of one option with its values, joined.
  ///
  /// - Parameter words: the number of arguments before the command's own.
  static func joined(_ arguments: [String], of command: any Command.Type, after words: Int) -> [String] {
    guard arguments.count >= fewest else { return arguments }
    var result = Array(arguments.prefix(words))
    var rest = arguments.dropFirst(words)
    // The value of an option is no value of the command's own.
    var canBelongToOption = false
    while let token = rest.first, token != "--" {
      if let name = command.repeatableOptions.first(where: { token == $0 || token.hasPrefix($0 + "=") }) {
        let run = takeRun(of: name, isAssigned: token != name, from: &rest)
        result += run
        canBelongToOption = run.count == 1 && token == name
      } else if command.takesManyValues, !canBelongToOption, !token.hasPrefix("-") {
        let run = rest.prefix { !$0.hasPrefix("-") }
        result.append(join(run))
        rest = rest.dropFirst(run.count)
      } else {
        result.append(token)
        rest.removeFirst()
        canBelongToOption = token.hasPrefix("-")
      }
    }
    return result + rest
  }

  /// The values as they were typed.
  static func values(_ parsed: [String]) -> [String] {
    parsed.flatMap { value -> [String] in
      guard value.utf8.contains(separator) else { return [value] }
      return value.utf8.split(separator: separator, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }

  /// Takes "--name value --name value", or "--name=value --name=value", and returns it as one option with one value. If the
  /// first option has no value, that option alone.
  private static func takeRun(
    of name: String, isAssigned: Bool, from rest: inout ArraySlice<String>
  ) -> [String] {
    var values: [String] = []
    if isAssigned {
      let beginning = name + "="
      while let token = rest.first, token.hasPrefix(beginning) {
        values.append(String(token.dropFirst(beginning.count)))
        rest.removeFirst()
      }
      return [beginning + join(values)]
    }
    while rest.first == name, let value = rest.dropFirst().first, !value.hasPrefix("-") {
      values.append(value)
      rest.removeFirst(2)
    }
    if !values.isEmpty { return [name, join(values)] }
    rest.removeFirst()
    return [name]
  }

  private static func join(_ values: some Collection<String>) -> String {
    values.joined(separator: String(decoding: [separator], as: UTF8.self))
  }
}

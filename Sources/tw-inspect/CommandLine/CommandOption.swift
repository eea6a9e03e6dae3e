import ArgumentParser

/// An option of a command, as its help has it: the parser tells it nowhere else.
struct CommandOption {
  /// As they are typed, the long one last.
  let names: [String]
  let takesValue: Bool
  let summary: String

  var name: String { names.last ?? "" }

  /// In the order of the help.
  static func all(of command: any Command.Type) -> [CommandOption] {
    let help = Help.inOrder(command.helpMessage(columns: 1_000))
    var lines = help.split(separator: "\n", omittingEmptySubsequences: false)[...]
    lines = lines.drop { !$0.hasPrefix("USAGE:") }
    var options: [CommandOption] = []
    while let line = lines.popFirst() {
      guard line.hasPrefix("  -") else { continue }
      // "  -q, --quiet             Print nothing.", or "  --side <side>           Whose port it is."
      let words = line.split(separator: " ")
      let names = words.prefix { $0.hasPrefix("-") }.map { String($0.filter { $0 != "," }) }
      let rest = words.dropFirst(names.count)
      let takesValue = rest.first?.hasPrefix("<") == true
      var summary = rest.dropFirst(takesValue ? 1 : 0).joined(separator: " ")
      // Behind a long name it stands on the next line.
      if summary.isEmpty, let next = lines.first, next.hasPrefix("          ") {
        summary = next.split(separator: " ").joined(separator: " ")
      }
      options.append(CommandOption(names: names, takesValue: takesValue, summary: summary))
    }
    return options
  }
}

import ArgumentParser

enum OutputFormat: String, CaseIterable {
  case table
  case plain
  case json
  case jsonl
}

enum ColorChoice: String, CaseIterable {
  case auto
  case always
  case never
}

/// How the answer is written: options that mean the same in every command.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Format of the answer: table, plain, json, jsonl.", valueName: "format"))
  var output: String?

  @Flag(help: "Short for --output json.")
  var json = false

  @Flag(help: "Put the column names above plain output.")
  var header = false

  @Option(
    help: ArgumentHelp(
      "When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.",
      valueName: "when"))
  var color: String?

  @Flag(name: .shortAndLong, help: "Print nothing; the exit status is the answer.")
  var quiet = false

  @Flag(
    name: .shortAndLong,
    help:
      "Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error."
  )
  var verbose: Int
}

/// The manual page of one command, in mdoc(7).
struct ManualPage {
  private let command: HelpDump.Command
  private let root: HelpDump.Command
  private let help: HelpText
  private let date: String
  private var lines: [String] = []

  /// Pages of other people's that help with the same question.
  private static let relatives = [("bind", 2), ("sock_diag", 7), ("socket", 7), ("tcp", 7), ("ss", 8)]

  /// Where mdoc(7) wants a section that comes from the help text; others follow OPTIONS in the order they have there.
  private static let lateSections = ["ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"]
  private static let lastSections = ["CAVEATS", "BUGS"]

  init(of command: HelpDump.Command, in root: HelpDump.Command, date: String) {
    self.command = command
    self.root = root
    self.date = date
    self.help = HelpText(command.discussion ?? "")
  }

  var fileName: String { command.pageName + ".1" }

  /// What the author of the command has to mend.
  var complaints: [String] {
    var complaints: [String] = []
    for title in ["EXAMPLES", "EXIT STATUS"] where !help.sections.contains(where: { $0.title == title }) {
      complaints.append("its help has no \(title)")
    }
    if command.abstract == nil { complaints.append("it has no abstract") }
    for line in (command.discussion ?? "").split(separator: "\n") where line.count > 79 {
      complaints.append("its help has a line of more than 79 columns, which a terminal would break: \(line)")
    }
    for argument in command.displayedArguments where argument.abstract == nil {
      complaints.append("\(argument.preferredName?.name ?? argument.valueName ?? "an argument") has no help")
    }
    return complaints.map { "\(command.words.joined(separator: " ")): \($0)" }
  }

  func text() -> String {
    var page = self
    page.writeAll()
    return page.lines.joined(separator: "\n") + "\n"
  }

  private mutating func writeAll() {
    lines = [
      #".\" Generated from the help of \#(command.words.joined(separator: " ")): change that, then run make man."#,
      ".Dd \(date)", ".Dt \(command.pageName.uppercased()) 1", ".Os Linux",
    ]
    writeName()
    writeSynopsis()
    writeDescription()
    writeOptions()
    let early = help.sections.filter { !(Self.lateSections + Self.lastSections).contains($0.title) }
    for section in early { write(section) }
    for title in Self.lateSections {
      for section in help.sections where section.title == title { write(section) }
    }
    writeSeeAlso()
    for section in help.sections where Self.lastSections.contains(section.title) { write(section) }
  }

  private mutating func writeName() {
    // A description in NAME is a phrase: whatis(1) prints it after a dash.
    var phrase = command.abstract ?? ""
    if phrase.last == "." { phrase.removeLast() }
    let first = phrase.prefix { $0 != " " }
    if first.dropFirst().allSatisfy(\.isLowercase) {
      phrase = phrase.prefix(1).lowercased() + phrase.dropFirst()
    }
    lines += [".Sh NAME", ".Nm \(command.pageName)", ".Nd \(Mdoc.prose(phrase))"]
  }

  private mutating func writeSynopsis() {
    lines += [".Sh SYNOPSIS", ".Nm \(root.commandName)"]
    lines += command.words.dropFirst().map { ".Cm \(Mdoc.argument($0))" }
    let arguments = command.displayedArguments.filter { !$0.isOfEveryCommand }
    for argument in arguments where argument.kind != .positional {
      let synopsis = argument.spelling(of: argument.preferredName) + (argument.isRepeating ? " ..." : "")
      lines.append(argument.isOptional ? ".Op \(synopsis)" : ".\(synopsis)")
    }
    for argument in arguments where argument.kind == .positional {
      let synopsis = argument.value + (argument.isRepeating ? " ..." : "")
      lines.append(argument.isOptional ? ".Op \(synopsis)" : ".\(synopsis)")
    }
    guard !command.pagedSubcommands.isEmpty else { return }
    // A command that does something by itself has two ways to be called.
    if !arguments.isEmpty {
      lines.append(".Nm \(root.commandName)")
      lines += command.words.dropFirst().map { ".Cm \(Mdoc.argument($0))" }
    }
    lines += [".Ar command", ".Op Ar ..."]
  }

  private mutating func writeDescription() {
    lines += [".Sh DESCRIPTION"]
    if help.description.isEmpty {
      lines.append(Mdoc.prose(command.abstract ?? ""))
    } else {
      write(help.description, in: "DESCRIPTION")
    }
    guard !command.pagedSubcommands.isEmpty else { return }
    lines += [".Sh COMMANDS", ".Bl -tag -width Ds"]
    for subcommand in command.pagedSubcommands {
      lines += [".It Xr \(subcommand.pageName) 1", Mdoc.prose(subcommand.abstract ?? "")]
    }
    lines += [".El"]
  }

  private mutating func writeOptions() {
    lines += [".Sh OPTIONS"]
    var titles: [String?] = [nil]
    for argument in command.displayedArguments where !titles.contains(argument.sectionTitle) {
      titles.append(argument.sectionTitle)
    }
    for title in titles {
      let arguments = command.displayedArguments.filter { $0.sectionTitle == title }
      guard !arguments.isEmpty else { continue }
      if let title { lines.append(".Ss \(Mdoc.prose(title))") }
      lines.append(".Bl -tag -width Ds")
      for argument in arguments {
        lines.append(".It \(argument.heading)")
        if let abstract = argument.abstract { lines.append(Mdoc.prose(abstract)) }
        if let discussion = argument.discussion { lines.append(Mdoc.prose(discussion)) }
        if let values = argument.remark { lines.append(Mdoc.prose(values)) }
      }
      lines.append(".El")
    }
  }

  private mutating func writeExitStatus() {
    lines.append(".Sh EXIT STATUS")
    for section in help.sections where section.title == "EXIT STATUS" {
      write(section.blocks, in: section.title)
    }
    guard command.superCommands != nil else { return }
    if help.sections.contains(where: { $0.title == "EXIT STATUS" }) { lines.append(".Pp") }
    lines += [
      "What every command exits with where something goes wrong is listed in", ".Xr \(root.pageName) 1 .",
    ]
  }

  private mutating func writeSeeAlso() {
    var pages: [(name: String, section: Int)] = []
    if command.superCommands == nil {
      pages = command.pagedSubcommands.map { ($0.pageName, 1) }
    } else {
      pages = [(root.pageName, 1)]
      pages += root.pagedSubcommands.map { ($0.pageName, 1) }.filter { $0.0 != command.pageName }
      pages += command.pagedSubcommands.map { ($0.pageName, 1) }
    }
    // Sorted by section, then by name, as mdoc(7) has it.
    pages = pages.sorted { $0.name < $1.name } + Self.relatives.map { (name: $0.0, section: $0.1) }
    lines.append(".Sh SEE ALSO")
    for (index, page) in pages.enumerated() {
      lines.append(".Xr \(page.name) \(page.section)" + (index < pages.count - 1 ? " ," : ""))
    }
  }

  private mutating func write(_ section: HelpText.Section) {
    lines.append(".Sh \(section.title)")
    write(section.blocks, in: section.title)
  }

  private mutating func write(_ blocks: [HelpText.Block], in title: String) {
    var listIsOpen = false
    for (index, block) in blocks.enumerated() {
      // Commands without a word of explanation are examples like the others.
      if title == "EXAMPLES", case .literal(let commands) = block {
        if !listIsOpen { lines.append(".Bl -tag -width Ds") }
        listIsOpen = true
        lines += commands.map { ".It Ic \(Mdoc.literal($0))" }
        continue
      }
      if case .item(let term, let text) = block {
        if !listIsOpen { lines.append(".Bl -tag -width Ds") }
        listIsOpen = true
        lines += [".It \(Self.macro(in: title)) \(Mdoc.literal(term))", Mdoc.prose(text)]
        continue
      }
      if listIsOpen { lines.append(".El") }
      if index > 0 { lines.append(".Pp") }
      listIsOpen = false
      switch block {
      case .paragraph(let text): lines.append(Mdoc.prose(text))
      case .literal(let text):
        lines += [".Bd -literal -offset indent -compact"] + text.map(Mdoc.literalLine) + [".Ed"]
      case .item: break
      }
    }
    if listIsOpen { lines.append(".El") }
  }

  private static func macro(in title: String) -> String {
    switch title {
    case "ENVIRONMENT": "Ev"
    case "FILES": "Pa"
    default: "Ic"
    }
  }
}

extension HelpDump.Argument {
  /// Its value, as an argument to fill in.
  fileprivate var value: String { "Ar \(Mdoc.argument(valueName ?? "value"))" }

  /// How it is typed by that name.
  fileprivate func spelling(of name: Name?) -> String {
    let dashed = (name?.kind == .long ? "-" : "") + (name?.name ?? "")
    return "Fl \(Mdoc.argument(dashed))" + (kind == .option ? " \(value)" : "")
  }

  /// All its names, the short one first.
  fileprivate var heading: String {
    guard kind != .positional else { return value + (isRepeating ? " ..." : "") }
    let names = names ?? []
    let sorted = names.filter { $0.kind == .short } + names.filter { $0.kind != .short }
    return sorted.map(spelling).joined(separator: " , ")
  }

  /// Its values and default, where its help does not name them already.
  fileprivate var remark: String? {
    var parts: [String] = []
    let words = (abstract ?? "").split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init)
    if let allValues, !allValues.allSatisfy(words.contains) {
      parts.append("one of " + allValues.joined(separator: ", "))
    }
    if let defaultValue, kind != .flag { parts.append("default: \(defaultValue)") }
    guard !parts.isEmpty else { return nil }
    return "(" + parts.joined(separator: "; ") + ")"
  }
}

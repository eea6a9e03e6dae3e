// Writes a manual page for each command, and the one about JSON:
// tw-inspect --experimental-dump-help | man-pages YYYY-MM-DD FOLDER (in the project's directory)

import Foundation

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("man-pages: \(message)\n".utf8))
  exit(1)
}

/// The date as manual pages write it: November 22, 2025.
func manualDate(_ text: String) -> String? {
  let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]
  let parts = text.split(separator: "-").compactMap { Int($0) }
  guard parts.count == 3, (1...12).contains(parts[1]), (1...31).contains(parts[2]) else { return nil }
  return "\(months[parts[1] - 1]) \(parts[2]), \(parts[0])"
}

guard CommandLine.arguments.count == 3, let date = manualDate(CommandLine.arguments[1]) else {
  fail("usage: tw-inspect --experimental-dump-help | man-pages YYYY-MM-DD FOLDER")
}
let folder = URL(fileURLWithPath: CommandLine.arguments[2], isDirectory: true)

let dump: HelpDump
do {
  dump = try JSONDecoder().decode(HelpDump.self, from: FileHandle.standardInput.readDataToEndOfFile())
} catch {
  fail("cannot read the help on standard input: \(error)")
}
guard dump.serializationVersion == 0 else {
  fail("the help has format version \(dump.serializationVersion); 0 is known")
}

func allCommands(under command: HelpDump.Command) -> [HelpDump.Command] {
  [command] + command.pagedSubcommands.flatMap(allCommands)
}

let pages = allCommands(under: dump.command).map { ManualPage(of: $0, in: dump.command, date: date) }
let complaints = pages.flatMap(\.complaints)
if !complaints.isEmpty { fail(complaints.joined(separator: "\nman-pages: ")) }
do {
  let page = try FormatPage(
    URL(fileURLWithPath: "man/tw-inspect-json.5.in"), schemas: URL(fileURLWithPath: "docs/schema"), date: date
  )
  try Data(try page.text().utf8).write(to: folder.appendingPathComponent(page.name))
} catch {
  fail("the page about JSON: \(error)")
}
for page in pages {
  do {
    try Data(page.text().utf8).write(to: folder.appendingPathComponent(page.fileName))
  } catch {
    fail("cannot write \(page.fileName): \(error.localizedDescription)")
  }
}

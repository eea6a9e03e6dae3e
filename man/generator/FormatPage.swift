import Foundation

/// The manual page about JSON, in mdoc(7). It is written by hand, but for two things: `@FILE PATH@` on a line stands for the
/// values of that enumeration in docs/schema, and what is between `.Bd` and `.Ed` is shown as it stands.
struct FormatPage {
  let name: String
  private let source: String
  private let schemas: URL
  private let date: String

  init(_ source: URL, schemas: URL, date: String) throws {
    self.source = try String(contentsOf: source, encoding: .utf8)
    // tw-inspect-json.5.in
    name = source.deletingPathExtension().lastPathComponent
    self.schemas = schemas
    self.date = date
  }

  func text() throws -> String {
    let title = name.split(separator: ".")
    var lines = [
      #".\" Generated from man/\#(name).in and docs/schema: change these, then run make man."#,
      ".Dd \(date)", ".Dt \(title[0].uppercased()) \(title[1])", ".Os Linux",
    ]
    var isLiteral = false
    for line in source.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line == ".Ed" { isLiteral = false }
      if isLiteral {
        lines.append(Mdoc.literalLine(String(line)))
      } else if line.hasPrefix("@") {
        lines.append(Mdoc.prose(try values(line).joined(separator: ", ")))
      } else {
        lines.append(String(line))
      }
      if line.hasPrefix(".Bd") { isLiteral = true }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func values(_ reference: Substring) throws -> [String] {
    let words = reference.dropFirst().dropLast().split(separator: " ")
    let data = try Data(contentsOf: schemas.appendingPathComponent("\(words[0]).json"))
    var value = (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["$defs"]
    for key in words[1].split(separator: "/") { value = (value as? [String: Any])?[String(key)] }
    guard let values = (value as? [String: Any])?["enum"] as? [Any] else {
      fail("\(name): there is no enumeration \(words[1]) in \(words[0]).json")
    }
    return values.compactMap { $0 as? String }
  }
}

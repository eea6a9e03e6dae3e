/// Text made safe for mdoc(7), the language of manual pages.
enum Mdoc {
  /// One argument of a macro. What is as short as a macro's name, or a delimiter, has to be kept from being taken for one:
  /// `\&` does that and prints nothing.
  static func argument(_ text: String) -> String {
    if text.contains(" ") { return literal(text) }
    return (text.count <= 3 ? "\\&" : "") + escape(text, literal: true)
  }

  /// Words that belong together as arguments of one macro, such as a command to type.
  static func literal(_ text: String) -> String {
    "\"\(escape(text, literal: true))\""
  }

  /// A line of text that is shown as it is.
  static func literalLine(_ text: String) -> String {
    protectStart(escape(text, literal: true))
  }

  /// Running text, one sentence a line: the space between sentences is the formatter's business.
  static func prose(_ text: String) -> String {
    var lines: [String] = []
    var sentence: [Substring] = []
    for word in text.split(separator: " ") {
      if let end = sentence.last?.last, ".?!".contains(end), word.first?.isUppercase == true {
        lines.append(sentence.joined(separator: " "))
        sentence = []
      }
      sentence.append(word)
    }
    lines.append(sentence.joined(separator: " "))
    return lines.map { protectStart(escape($0, literal: false)) }.joined(separator: "\n")
  }

  private static func escape(_ text: String, literal: Bool) -> String {
    var result = ""
    var wordStart = true
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "\"": result += "\\(dq"
      case "'" where literal: result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      // An option has to be copied with its dash; inside a word of prose it is a hyphen.
      case "-" where literal || wordStart: result += "\\-"
      default: result.append(character)
      }
      wordStart = " (-".contains(character)
    }
    return result
  }

  /// A line that begins with a dot or an apostrophe would be a request.
  private static func protectStart(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }
}

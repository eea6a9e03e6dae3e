package import SocketTable

/// Text with colours, which are used only where they help to find the answer.
package struct StyledText: ~Copyable {
  package enum Tone: Sendable {
    /// The verdict when it is yes, and an "ok".
    case good
    /// The verdict when it is no, and an errno.
    case bad
    /// A TCP state.
    case state
    /// A heading.
    case strong

    /// Of SGR. The colours are those of the 256 that can be read on white and on black, with a contrast of 4 on either; of
    /// the usual eight, green and cyan are hardly to be seen on white.
    var code: String {
      switch self {
      case .good: "38;5;28"
      case .bad: "38;5;196"
      case .state: "38;5;30"
      case .strong: "1"
      }
    }
  }

  package private(set) var buffer: ByteBuffer
  package let usesColor: Bool
  /// The number of columns at which text is wrapped.
  package let width: Int
  /// The rows of the terminal that an answer should fit on; nil if it may be of any length.
  package let rows: Int?

  private let drain: Drain

  /// - Parameter drain: takes the bytes that were written so far, whenever a line has filled the buffer
  ///   (`ByteBuffer.drainAt`), and the rest at `finish()`.
  package init(usesColor: Bool, width: Int, rows: Int? = nil, drain: @escaping Drain = { _ in }) {
    buffer = ByteBuffer(capacity: 4096)
    self.drain = drain
    self.usesColor = usesColor
    self.width = width
    self.rows = rows
  }

  package mutating func append(_ text: String, _ tone: Tone? = nil) {
    guard let tone, usesColor, !text.isEmpty else {
      buffer.append(text)
      return
    }
    buffer.append("\u{1b}[\(tone.code)m")
    buffer.append(text)
    buffer.append("\u{1b}[0m")
  }

  package mutating func append(decimal value: UInt32) { buffer.append(decimal: value) }

  mutating func pad(_ columns: Int) { buffer.append(spaces: columns) }

  mutating func append(_ bytes: borrowing ByteBuffer) { buffer.append(bytes) }

  mutating func append(_ endpoint: Endpoint) { buffer.append(endpoint) }

  /// Appends an endpoint, padded on the right.
  mutating func append(_ endpoint: Endpoint, width: Int) {
    let start = buffer.count
    buffer.append(endpoint)
    buffer.append(spaces: width - (buffer.count - start))
  }

  /// Appends text that needs no String, which is faster in code that runs for every row.
  mutating func append(literal text: StaticString) { buffer.append(literal: text) }

  package mutating func line(_ text: String = "", _ tone: Tone? = nil) {
    append(text, tone)
    endLine()
  }

  /// How many columns a line takes that was written with or without colours.
  static func width(of line: String) -> Int {
    var columns = 0
    var isControl = false
    for scalar in line.unicodeScalars {
      if scalar == "\u{1b}" {
        isControl = true
      } else if isControl {
        isControl = scalar != "m"
      } else {
        columns += 1
      }
    }
    return columns
  }

  /// The lines that `body` writes, at this width and with these colours, without writing them.
  func lines(_ body: (inout StyledText) -> Void) -> [String] {
    var apart = StyledText(usesColor: usesColor, width: width, rows: rows)
    body(&apart)
    return apart.buffer.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
      String.init)
  }

  /// Hands the remaining bytes to the drain.
  package mutating func finish() { drain(&buffer) }

  mutating func endLine() {
    buffer.append(byte: UInt8(ascii: "\n"))
    if buffer.count >= ByteBuffer.drainAt { drain(&buffer) }
  }

  /// Writes a paragraph, wrapped at the width. Lines after the first are indented.
  package mutating func paragraph(_ text: Prose, indent: Int = 0, tone: Tone? = nil) {
    lines(text.lines(width: width - indent), indent: indent, tone: tone)
  }

  /// The same, but no line is wider than the width, however long a word is.
  mutating func narrowParagraph(_ text: Prose, indent: Int = 0, tone: Tone? = nil) {
    lines(text.lines(breakingWordsAt: width - indent), indent: indent, tone: tone)
  }

  private mutating func lines(_ lines: [String], indent: Int, tone: Tone? = nil) {
    for (index, line) in lines.enumerated() {
      if index > 0 { pad(indent) }
      self.line(line, tone)
    }
  }

  /// Writes a command line. If it is too long, it is continued on the next line with a backslash, so that it can be pasted.
  mutating func command(_ text: String, indent: Int) {
    let isLong = text.unicodeScalars.count > width - indent
    let lines = isLong ? Prose(text).lines(width: width - indent - 2) : [text]
    for (index, line) in lines.enumerated() {
      pad(indent)
      self.line(index < lines.count - 1 ? line + " \\" : line)
    }
  }

  /// Writes text whose parts are separated by two spaces; see `Prose.lines(ofPartsIn:)`. Lines after the first are indented.
  mutating func parts(_ text: Prose, indent: Int) {
    lines(text.lines(ofPartsIn: width - indent), indent: indent)
  }

  /// Writes a cell of a table. The padding is not coloured.
  package mutating func cell(_ text: String, width: Int, _ tone: Tone? = nil, alignsRight: Bool = false) {
    let padding = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
    if alignsRight { append(padding) }
    append(text, tone)
    if !alignsRight { append(padding) }
  }
}

extension ByteBuffer {
  mutating func append(titleOf state: TCPState, isColored: Bool) {
    if isColored { append(literal: "\u{1b}[38;5;30m") }
    append(titleOf: state)
    if isColored { append(literal: "\u{1b}[0m") }
  }
}

package import SocketTable

/// Text for people: colour only where it carries the answer.
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

    var code: String {
      switch self {
      case .good: "32"
      case .bad: "31"
      case .state: "36"
      case .strong: "1"
      }
    }
  }

  package private(set) var buffer: ByteBuffer
  package let usesColor: Bool
  /// Columns to wrap at.
  package let width: Int

  private let drain: Drain

  /// `drain` takes what has come together so far each time it is a good deal.
  package init(usesColor: Bool, width: Int, drain: @escaping Drain = { _ in }) {
    buffer = ByteBuffer(capacity: 4096)
    self.drain = drain
    self.usesColor = usesColor
    self.width = width
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

  /// Padded on the right.
  mutating func append(_ endpoint: Endpoint, width: Int) {
    let start = buffer.count
    buffer.append(endpoint)
    buffer.append(spaces: width - (buffer.count - start))
  }

  /// Text of the program itself, on the path that runs for every row.
  mutating func append(literal text: StaticString) { buffer.append(literal: text) }

  package mutating func line(_ text: String = "", _ tone: Tone? = nil) {
    append(text, tone)
    endLine()
  }

  /// Hands out the rest.
  package mutating func finish() { drain(&buffer) }

  mutating func endLine() {
    buffer.append(byte: UInt8(ascii: "\n"))
    if buffer.count >= ByteBuffer.drainAt { drain(&buffer) }
  }

  /// A paragraph wrapped at the width. Lines after the first are indented by `indent`.
  package mutating func paragraph(_ text: Prose, indent: Int = 0, tone: Tone? = nil) {
    lines(text.lines(width: width - indent), indent: indent, tone: tone)
  }

  private mutating func lines(_ lines: [String], indent: Int, tone: Tone? = nil) {
    for (index, line) in lines.enumerated() {
      if index > 0 { pad(indent) }
      self.line(line, tone)
    }
  }

  /// A line for a shell, which goes on where it is told to.
  mutating func command(_ text: String, indent: Int) {
    let isLong = text.unicodeScalars.count > width - indent
    let lines = isLong ? Prose(text).lines(width: width - indent - 2) : [text]
    for (index, line) in lines.enumerated() {
      pad(indent)
      self.line(index < lines.count - 1 ? line + " \\" : line)
    }
  }

  /// Parts that stand two spaces apart, broken where the width does not suffice. Lines after the first are indented by
  /// `indent`.
  mutating func parts(_ text: Prose, indent: Int) {
    lines(text.lines(ofPartsIn: width - indent), indent: indent)
  }

  /// A cell of a table; padding stands outside the colour.
  package mutating func cell(_ text: String, width: Int, _ tone: Tone? = nil, alignsRight: Bool = false) {
    let padding = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
    if alignsRight { append(padding) }
    append(text, tone)
    if !alignsRight { append(padding) }
  }
}

extension ByteBuffer {
  mutating func append(titleOf state: TCPState, isColored: Bool) {
    if isColored { append(literal: "\u{1b}[36m") }
    append(titleOf: state)
    if isColored { append(literal: "\u{1b}[0m") }
  }
}

package import SocketTable

/// Writes JSON (RFC 8259) value by value, and adds commas and line breaks itself.
package struct JSONWriter: ~Copyable {
  package enum Layout: Sendable {
    /// The members of the document, and the elements of its lists, are on lines of their own.
    case lines
    /// Everything on one line.
    case compact
  }

  private var buffer = ByteBuffer(capacity: 4096)
  private let drain: Drain
  private let layout: Layout
  private var depth = 0
  private var isFirst = true

  /// - Parameter drain: takes the bytes that were written so far, whenever a list has filled the buffer
  ///   (`ByteBuffer.drainAt`).
  package init(_ layout: Layout, drain: @escaping Drain = { _ in }) {
    self.layout = layout
    self.drain = drain
  }

  /// Ends the document with a newline, and returns the bytes that `drain` has not taken.
  package consuming func finish() -> ByteBuffer {
    buffer.append(literal: "\n")
    return buffer
  }

  // MARK: Structure

  package mutating func object(_ body: (inout JSONWriter) -> Void) {
    open("{")
    body(&self)
    close("}")
  }

  package mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
    self.key(key)
    open("{")
    body(&self)
    close("}")
  }

  package mutating func array<Elements: Sequence>(
    _ key: String, _ elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
  ) {
    self.key(key)
    open("[")
    for element in elements {
      separate()
      body(&self, element)
      if buffer.count >= ByteBuffer.drainAt {
        drain(&buffer)
      }
    }
    close("]")
  }

  /// Writes an object as an element of a list, in the closure of `array`.
  package mutating func element(_ body: (inout JSONWriter) -> Void) {
    open("{")
    body(&self)
    close("}")
  }

  /// Writes the bytes that `body` appends as the next value; they have to be valid JSON.
  package mutating func raw(_ body: (inout ByteBuffer) -> Void) { body(&buffer) }

  // MARK: Members

  package mutating func member(_ key: String, _ value: String?) {
    self.key(key)
    if let value { buffer.append(jsonString: value) } else { buffer.append(literal: "null") }
  }

  package mutating func member(_ key: String, _ value: Bool?) {
    self.key(key)
    buffer.append(literal: value.map { $0 ? "true" : "false" } ?? "null")
  }

  package mutating func member(_ key: String, _ value: (some FixedWidthInteger & UnsignedInteger)?) {
    self.key(key)
    if let value { buffer.append(decimal: UInt64(value)) } else { buffer.append(literal: "null") }
  }

  package mutating func member(_ key: String, integer value: Int64?) {
    self.key(key)
    buffer.append(value.map(String.init) ?? "null")
  }

  /// Writes a count. A negative one is written as 0.
  package mutating func member(count: Int, _ key: String) {
    self.key(key)
    buffer.append(decimal: UInt64(max(0, count)))
  }

  package mutating func member(_ key: String, strings: some Sequence<String>) {
    array(key, strings) { $0.buffer.append(jsonString: $1) }
  }

  package mutating func memberNull(_ key: String) {
    self.key(key)
    buffer.append(literal: "null")
  }

  // MARK: Layout

  private mutating func key(_ key: String) {
    separate()
    buffer.append(jsonString: key)
    buffer.append(literal: layout == .lines ? ": " : ":")
  }

  private mutating func separate() {
    if !isFirst { buffer.append(byte: UInt8(ascii: ",")) }
    if layout == .lines {
      if depth <= 2 {
        breakLine()
      } else if !isFirst {
        buffer.append(byte: UInt8(ascii: " "))
      }
    }
    isFirst = false
  }

  private mutating func open(_ bracket: String) {
    buffer.append(bracket)
    depth += 1
    isFirst = true
  }

  private mutating func close(_ bracket: String) {
    depth -= 1
    if layout == .lines, depth <= 1, !isFirst { breakLine() }
    buffer.append(bracket)
    isFirst = false
  }

  private mutating func breakLine() {
    buffer.append(byte: UInt8(ascii: "\n"))
    for _ in 0..<depth { buffer.append(literal: "  ") }
  }
}

extension ByteBuffer {
  /// Appends the text quoted and escaped. Invalid UTF-8 cannot occur: it became U+FFFD when the String was made.
  package mutating func append(jsonString text: String) {
    append(byte: UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": append(literal: "\\\"")
      case "\\": append(literal: "\\\\")
      case "\n": append(literal: "\\n")
      case "\t": append(literal: "\\t")
      case "\r": append(literal: "\\r")
      // JSON may be shown on a terminal, so what could control it is escaped. No such character needs more than four digits.
      case _ where ByteSafety.isHarmful(scalar):
        append(literal: "\\u")
        let digits = String(scalar.value, radix: 16)
        for _ in digits.utf8.count..<4 { append(byte: UInt8(ascii: "0")) }
        append(digits)
      default: for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte: byte) }
      }
    }
    append(byte: UInt8(ascii: "\""))
  }
}

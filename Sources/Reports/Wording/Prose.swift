/// Text that may be wrapped, but not at every space: a number and its unit stay on one line. Turned into a `String`, for
/// JSON or for a single line, all of its spaces are plain.
package struct Prose: Hashable, Sendable {
  /// U+001F stands for a space at which lines are not broken. Only this file knows about it: whatever leaves this type has a
  /// plain space instead.
  private var marked: String

  private static let unbreakableSpace = "\u{1f}"

  package init(_ text: String) { marked = Self.plain(text) }

  /// Text that is never wrapped, however long it is.
  package init(unbreakable text: String) {
    marked = Self.plain(text).split(separator: " ", omittingEmptySubsequences: false)
      .joined(separator: Self.unbreakableSpace)
  }

  package var plain: String { Self.plain(marked) }

  package var isEmpty: Bool { marked.isEmpty }

  private static func plain(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(0x1f) else { return String(text) }
    return String(decoding: text.utf8.map { $0 == 0x1f ? 0x20 : $0 }, as: UTF8.self)
  }

  package static func + (left: Prose, right: Prose) -> Prose {
    var sum = left
    sum += right
    return sum
  }

  package static func += (left: inout Prose, right: Prose) { left.marked += right.marked }
}

extension Prose: CustomStringConvertible {
  package var description: String { plain }
}

extension Prose: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { marked = Self.plain(text) }

  package init(stringInterpolation: StringInterpolation) { marked = stringInterpolation.marked }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var marked = ""

    package init(literalCapacity: Int, interpolationCount: Int) { marked.reserveCapacity(literalCapacity) }

    package mutating func appendLiteral(_ text: String) { marked += Prose.plain(text) }

    package mutating func appendInterpolation(_ prose: Prose) { marked += prose.marked }

    package mutating func appendInterpolation(_ number: some BinaryInteger) { marked += "\(number)" }

    /// Disfavoured, so that the compiler takes a literal within an interpolation for `Prose`, which keeps the unbreakable
    /// spaces in it.
    @_disfavoredOverload
    package mutating func appendInterpolation(_ text: String) { marked += Prose.plain(text) }
  }
}

extension Sequence<Prose> {
  package func joined(separator: Prose = "") -> Prose {
    var joined: Prose = ""
    for (index, part) in enumerated() { joined += index > 0 ? separator + part : part }
    return joined
  }
}

// MARK: - Layout

extension Prose {
  /// Lines of at most `width` columns. A word that is longer gets a line of its own.
  package func lines(width: Int) -> [String] { Self.wrap(marked, width: width).map(Self.plain) }

  /// Lines of at most `width` columns, without exception: a word that is longer is broken, behind a character of a path or a
  /// name where there is one.
  func lines(breakingWordsAt width: Int) -> [String] {
    let words = marked.split(separator: " ").flatMap { Self.pieces(of: $0, width: max(1, width)) }
    var lines: [String] = []
    var line = ""
    for (text, isContinued) in words {
      if !line.isEmpty, isContinued || line.unicodeScalars.count + 1 + text.unicodeScalars.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + text
    }
    return (lines + [line]).map(Self.plain)
  }

  private static func pieces(of word: Substring, width: Int) -> [(text: String, isContinued: Bool)] {
    var pieces: [(text: String, isContinued: Bool)] = []
    var rest = Substring.UnicodeScalarView(word.unicodeScalars)
    while rest.count > width {
      let most = rest.prefix(width)
      let end = most.dropFirst(width / 2).lastIndex { "/_.-:".unicodeScalars.contains($0) }
      let cut = end.map { rest.index(after: $0) } ?? most.endIndex
      pieces.append((String(rest[..<cut]), !pieces.isEmpty))
      rest = rest[cut...]
    }
    if !rest.isEmpty || pieces.isEmpty { pieces.append((String(rest), !pieces.isEmpty)) }
    return pieces
  }

  /// Lines of text whose parts are separated by two spaces. Lines are broken between parts, and within a part only if it is
  /// too long itself. If one space between parts makes everything fit on one line, and two do not, one is used.
  func lines(ofPartsIn width: Int) -> [String] {
    let parts = parts
    let single = parts.joined(separator: " ")
    if single.unicodeScalars.count <= width, marked.unicodeScalars.count > width {
      return [Self.plain(single)]
    }
    var lines: [String] = []
    var line = ""
    for part in parts {
      if !line.isEmpty, line.unicodeScalars.count + 2 + part.unicodeScalars.count > width {
        lines.append(line)
        line = ""
      }
      let pieces = Self.wrap(part, width: width)
      line += (line.isEmpty ? "" : "  ") + pieces[0]
      for piece in pieces.dropFirst() {
        lines.append(line)
        line = piece
      }
    }
    return (lines + [line]).map(Self.plain)
  }

  private static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.unicodeScalars.count + 1 + word.unicodeScalars.count > width {
        lines.append(line)
        line = ""
      }
      if !line.isEmpty { line += " " }
      line += word
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  private var parts: [String] {
    var parts: [String] = [""]
    var wasSpace = false
    for word in marked.split(separator: " ", omittingEmptySubsequences: false) {
      if word.isEmpty {
        wasSpace = true
      } else if wasSpace || parts == [""] {
        parts.append(String(word))
        wasSpace = false
      } else {
        parts[parts.count - 1] += " " + word
      }
    }
    return Array(parts.dropFirst())
  }
}

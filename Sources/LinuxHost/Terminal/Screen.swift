internal import Glibc
package import SocketTable

/// A terminal that is written over again and again. All escape sequences (ECMA-48, xterm) but those of colors stand here.
package enum Screen {
  package struct Size: Hashable, Sendable {
    package var rows: Int
    package var columns: Int
  }

  /// Standard output is a terminal that understands escape sequences.
  package static var isOutput: Bool { isCapable(STDOUT_FILENO) }
  package static var isErrorOutput: Bool { isCapable(STDERR_FILENO) }

  private static func isCapable(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && Terminal.environment("TERM").map { $0 != "dumb" && !$0.isEmpty } ?? false
  }

  /// 24 rows of 80 columns where it is no terminal or does not tell.
  package static var outputSize: Size { size(STDOUT_FILENO) }
  package static var errorSize: Size { size(STDERR_FILENO) }

  private static func size(_ descriptor: Int32) -> Size {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return Size(rows: 24, columns: 80)
    }
    return Size(rows: Int(size.ws_row), columns: Int(size.ws_col))
  }

  /// Characters beyond ASCII may be used, by LC_ALL, LC_CTYPE or LANG, of which the first that is set counts (locale(7)).
  package static var hasUTF8: Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = Terminal.environment(name), !value.isEmpty else { continue }
      let locale = value.lowercased()
      return locale.hasSuffix("utf-8") || locale.hasSuffix("utf8")
    }
    return false
  }

  // MARK: A whole screen, on standard output

  /// The terminal's other screen, so that what was there comes back; the cursor is hidden.
  package static let enter = "\u{1b}[?1049h\u{1b}[?25l"
  package static let leave = "\u{1b}[?25h\u{1b}[?1049l"

  /// What writes these lines from the upper left corner on and clears the rest of the screen. So that nothing flickers, what
  /// stood there is written over and not cleared first, in one go where the terminal knows synchronized output.
  package static func frame(_ lines: some Sequence<some StringProtocol>) -> ByteBuffer {
    var buffer = ByteBuffer(capacity: 8192)
    buffer.append("\u{1b}[?2026h\u{1b}[H")
    for (index, line) in lines.enumerated() {
      if index > 0 { buffer.append("\r\n") }
      buffer.append(String(line))
      buffer.append("\u{1b}[K")
    }
    buffer.append("\u{1b}[J\u{1b}[?2026l")
    return buffer
  }

  // MARK: One line, on standard error

  /// What writes the text over the line that the cursor is in.
  package static func line(_ text: String) -> String { "\r\(text)\u{1b}[K" }

  /// What clears that line.
  package static let noLine = "\r\u{1b}[K"
}

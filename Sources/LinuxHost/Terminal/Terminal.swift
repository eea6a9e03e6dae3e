internal import Glibc

/// The terminal that the program is used from.
package enum Terminal {
  package static var isInput: Bool { isatty(STDIN_FILENO) == 1 }
  package static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Columns of the terminal that standard output is; nil if it is none.
  package static var width: Int? { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } }

  /// Rows of it, likewise.
  package static var height: Int? { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } }

  private static var size: winsize? {
    var size = winsize()
    return unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
  }

  /// A variable of the environment; nil if it is not set.
  package static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// Writes a question to standard error and reads a line; "y" and "yes" are yes, and everything else is no.
  package static func confirms(_ question: String) -> Bool {
    StandardOutput.tell(Array("\(question) [y/N] ".utf8).span)
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while retryingOnInterrupt({ unsafe read(STDIN_FILENO, &byte, 1) }) == 1, byte != UInt8(ascii: "\n") {
      if line.count < 64 { line.append(byte) }
    }
    // Where input has ended nobody has typed the line break.
    if byte != UInt8(ascii: "\n") { StandardOutput.tell([UInt8(ascii: "\n")].span) }
    let answer = String(decoding: line, as: UTF8.self).lowercased().filter { !$0.isWhitespace }
    return answer == "y" || answer == "yes"
  }
}

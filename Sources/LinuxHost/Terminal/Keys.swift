internal import Glibc

/// Single keys from the terminal that standard input is. While they are read the terminal neither waits for the end of a line
/// nor shows what is typed; Ctrl-C and Ctrl-Z stay what they are.
package struct Keys: ~Copyable {
  private var usual = termios()
  private var isReading = false

  package init() {}

  /// Nil where no keys can be read: in the background the terminal belongs to others, and would stop this process.
  var descriptor: Int32? { isReading && tcgetpgrp(STDIN_FILENO) == getpgrp() ? STDIN_FILENO : nil }

  package mutating func begin() {
    guard !isReading, tcgetpgrp(STDIN_FILENO) == getpgrp(), unsafe tcgetattr(STDIN_FILENO, &usual) == 0 else {
      return
    }
    var settings = usual
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    isReading = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0
  }

  /// The terminal is again as it was.
  package mutating func end() {
    guard isReading else { return }
    isReading = false
    _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &usual)
  }

  /// Reads what was typed. True if a "q" is among it, or if the terminal is gone.
  func hasQuit() -> Bool {
    var typed = [UInt8](repeating: 0, count: 64)
    let count = unsafe typed.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count <= 0 { return count == 0 || errno != EINTR }
    return typed.prefix(count).contains(UInt8(ascii: "q"))
  }
}

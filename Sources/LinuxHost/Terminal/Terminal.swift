internal import Glibc

/// What standard output is shown on.
package enum Terminal {
  package static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Columns of the terminal that standard output is; nil if it is none.
  package static var width: Int? {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  package static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}

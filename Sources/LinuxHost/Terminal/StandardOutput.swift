internal import Glibc

/// Standard output, written whole.
package enum StandardOutput {
  /// Writes everything, across interruptions and short writes. A closed pipe ends the program by SIGPIPE.
  package static func write(_ bytes: Span<UInt8>) throws(SystemError) {
    try write(bytes, to: STDOUT_FILENO, "standard output")
  }

  private static func write(_ bytes: Span<UInt8>, to descriptor: Int32, _ name: String) throws(SystemError) {
    var position = 0
    while position < bytes.count {
      let count = retryingOnInterrupt {
        unsafe bytes.extracting(position...).withUnsafeBufferPointer { rest in
          unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        }
      }
      guard count >= 0 else { throw .last("write", name) }
      position += count
    }
  }

  /// A line on standard error; there is nobody to tell if that fails.
  package static func complain(_ line: String) {
    try? write(Array((line + "\n").utf8).span, to: STDERR_FILENO, "standard error")
  }

  /// What a parent may have set to "ignore" (Python does) would turn a closed pipe into an error message.
  package static func restoreBrokenPipeSignal() { _ = signal(SIGPIPE, SIG_DFL) }
}

package enum StandardStreams {
  /// Opens /dev/null, for reading only, where a standard stream is closed: the next socket would otherwise get its
  /// number, and the answer would be written to it.
  package static func reserve() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", O_RDONLY)
    }
  }
}

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

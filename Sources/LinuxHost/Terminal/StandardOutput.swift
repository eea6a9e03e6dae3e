internal import Glibc
internal import SocketTable

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

  /// Writes a line to standard error, with its control characters escaped. If that fails there is nobody to tell.
  package static func complain(_ line: String) {
    tell(Array((ByteSafety.escaped(line) + "\n").utf8).span)
  }

  /// Writes text of the program's own to standard error, as it is.
  package static func tell(_ text: Span<UInt8>) { try? write(text, to: STDERR_FILENO, "standard error") }

  /// Sets SIGPIPE to its default. Where a parent has set it to be ignored, as Python does, a closed pipe would lead to an
  /// error message.
  package static func restoreBrokenPipeSignal() { _ = signal(SIGPIPE, SIG_DFL) }
}

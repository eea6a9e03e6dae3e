internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// Standard output, written whole.
package enum StandardOutput {
  /// Writes everything, across interruptions, short writes and full pipes that do not block. A closed pipe ends the program by
  /// SIGPIPE.
  package static func write(_ bytes: Span<UInt8>) throws(SystemError) {
    do throws(SystemError) {
      try write(bytes, to: STDOUT_FILENO, "standard output")
    } catch {
      if error.errno == .brokenPipe { Exit.bySignal(SIGPIPE) }
      throw error
    }
  }

  private static func write(_ bytes: Span<UInt8>, to descriptor: Int32, _ name: String) throws(SystemError) {
    var position = 0
    while position < bytes.count {
      let count = retryingOnInterrupt {
        unsafe bytes.extracting(position...).withUnsafeBufferPointer { rest in
          unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        }
      }
      if count >= 0 {
        position += count
      } else if errno == EAGAIN {
        // Whoever shares the file, as a shell or Node.js does with its children, has made it O_NONBLOCK.
        try waitUntilWritable(descriptor, name)
      } else {
        throw .last("write", name)
      }
    }
  }

  private static func waitUntilWritable(_ descriptor: Int32, _ name: String) throws(SystemError) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard retryingOnInterrupt({ unsafe poll(&entry, 1, -1) }) >= 0 else { throw .last("poll", name) }
  }

  /// Writes a line to standard error, with its control characters escaped. If that fails there is nobody to tell.
  package static func complain(_ line: String) {
    tell(Array((ByteSafety.escaped(line) + "\n").utf8).span)
  }

  /// Writes text of the program's own to standard error, as it is.
  package static func tell(_ text: Span<UInt8>) { try? write(text, to: STDERR_FILENO, "standard error") }

  /// A closed pipe at standard error must not end the program before its answer; that of standard output does in `write`.
  package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}

internal import Glibc

/// Descriptors 0, 1 and 2.
package enum StandardStreams {
  /// Opens /dev/null where a standard stream is closed: otherwise the next socket would get its number, and the answer would
  /// be written to that. For reading only, so that writing the answer fails and is reported.
  package static func reserve() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", O_RDONLY)
    }
  }
}

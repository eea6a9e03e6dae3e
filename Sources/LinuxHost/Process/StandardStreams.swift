internal import Glibc

/// Descriptors 0, 1 and 2.
package enum StandardStreams {
  /// Opens /dev/null, for reading only, where a standard stream is closed: the next socket would otherwise get its
  /// number, and the answer would be written to it.
  package static func reserve() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", O_RDONLY)
    }
  }
}

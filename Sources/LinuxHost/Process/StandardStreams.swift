internal import CLinux
internal import Glibc

/// Descriptors 0, 1 and 2.
package enum StandardStreams {
  /// Opens "/" without any access (O_PATH) where a standard stream is closed: the next socket would otherwise get its number,
  /// and the answer would be written to it. Reading from it and writing to it fail with EBADF, as they did before. /dev/null
  /// is not there in every container.
  /// - Throws: what keeps one of them closed; nothing else may be opened then.
  package static func reserve() throws(SystemError) {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      guard fcntl(stream, F_GETFD) == -1, errno == EBADF else { continue }
      let number = retryingOnInterrupt { tw_open_nothing() }
      if number < 0 { throw .last("open", "descriptor \(stream)") }
    }
  }
}

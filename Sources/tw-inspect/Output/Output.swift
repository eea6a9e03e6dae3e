import LinuxHost
import SocketTable

/// Writes to standard output. After the first failure nothing is written any more, and `check()` throws it. So closures that
/// cannot throw can write, too.
final class Output {
  private var failure: SystemError?

  /// Writes the bytes and empties the buffer.
  func write(_ buffer: inout ByteBuffer) {
    if failure == nil {
      do throws(SystemError) {
        try StandardOutput.write(buffer.span)
      } catch {
        failure = error
      }
    }
    buffer.removeAll()
  }

  /// - Throws: the first failure, if there was one.
  func check() throws(Failure) {
    if let failure { throw .output(failure) }
  }
}

/// Collects rows, and writes them whenever a system call is worth it (`ByteBuffer.drainAt`).
struct RowOutput: ~Copyable {
  private var buffer = ByteBuffer(capacity: ByteBuffer.drainAt + 4096)
  private let output = Output()

  mutating func append(_ body: (inout ByteBuffer) -> Void) {
    body(&buffer)
    if buffer.count >= ByteBuffer.drainAt { output.write(&buffer) }
  }

  /// Writes the remaining rows.
  ///
  /// - Throws: the first failure to write any row.
  mutating func finish() throws(Failure) {
    output.write(&buffer)
    try output.check()
  }
}

extension StandardOutput {
  /// Writes text without escaping it, so it has to be the program's own.
  static func write(_ text: String) throws(Failure) {
    var buffer = ByteBuffer(capacity: text.utf8.count)
    buffer.append(text)
    let output = Output()
    output.write(&buffer)
    try output.check()
  }
}

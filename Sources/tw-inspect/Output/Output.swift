import LinuxHost
import SocketTable

/// What goes to standard output. The first failure stays; nothing is written after it.
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

  /// - Throws: what went wrong with any of it.
  func check() throws(Failure) {
    if let failure { throw .output(failure) }
  }
}

/// Rows on their way out, written when enough have come together.
struct RowOutput: ~Copyable {
  private var buffer = ByteBuffer(capacity: ByteBuffer.drainAt + 4096)
  private let output = Output()

  mutating func append(_ body: (inout ByteBuffer) -> Void) {
    body(&buffer)
    if buffer.count >= ByteBuffer.drainAt { output.write(&buffer) }
  }

  /// Writes the rest.
  /// - Throws: what went wrong with any row.
  mutating func finish() throws(Failure) {
    output.write(&buffer)
    try output.check()
  }
}

extension StandardOutput {
  /// Text of the program's own, as it is.
  static func write(_ text: String) throws(Failure) {
    var buffer = ByteBuffer(capacity: text.utf8.count)
    buffer.append(text)
    let output = Output()
    output.write(&buffer)
    try output.check()
  }
}

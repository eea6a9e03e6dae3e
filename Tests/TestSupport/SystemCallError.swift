import Glibc

/// A system call that failed in the test's own set-up.
package struct SystemCallError: Error, Hashable, CustomStringConvertible {
  package let call: String
  package let number: Int32
  package let context: String

  package init(_ call: String, _ number: Int32, _ context: String = "") {
    self.call = call
    self.number = number
    self.context = context
  }

  package var description: String {
    let reason = String(cString: strerror(number))
    return context.isEmpty ? "\(call): \(reason)" : "\(call) \(context): \(reason)"
  }
}

/// The call's result, or errno thrown; repeated after EINTR.
@discardableResult
package func check<Result: SignedInteger>(
  _ call: String, _ context: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemCallError) -> Result {
  while true {
    let result = body()
    if result >= 0 { return result }
    let number = errno
    if number != EINTR { throw SystemCallError(call, number, context()) }
  }
}

/// Reads a file to its end, as /proc wants it: in few reads, without asking for its size.
package func readFile(_ path: String) throws(SystemCallError) -> [UInt8] {
  let descriptor = try check("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = try check("read", path) { read(descriptor, &chunk, chunk.count) }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

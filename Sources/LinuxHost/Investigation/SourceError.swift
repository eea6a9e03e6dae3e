package import NetlinkCodec

/// Why a source gave no sockets.
package enum SourceError: Error, Equatable, Sendable {
  /// This source cannot be used here at all; another may. The text says what was tried and what came back.
  case unavailable(String)
  /// Something failed that has nothing to do with the question.
  case system(SystemError)
  /// A netlink answer that contradicts itself, as by a length that reaches beyond its end.
  case malformed(DecodingError)
  /// A datagram that the kernel did not send, with the port id of its sender.
  case foreignSender(UInt32)
  /// A line of a table in /proc. Lines count from 1, the heading; the offset is in bytes from the start of the line.
  case malformedLine(path: String, line: Int, offset: Int)
}

extension SourceError {
  /// Throws as `.system` what `body` throws.
  static func ofSystem<Result: ~Copyable>(
    _ body: () throws(SystemError) -> Result
  ) throws(SourceError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw .system(error)
    }
  }
}

extension SourceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unavailable(let reason): reason
    case .system(let error): error.description
    case .malformed(let error): "malformed netlink answer: \(error)"
    case .foreignSender(let sender): "netlink answer from port id \(sender), not from the kernel (offset 0)"
    case .malformedLine(let path, let line, let offset):
      "\(path): line \(line) is malformed at offset \(offset)"
    }
  }
}

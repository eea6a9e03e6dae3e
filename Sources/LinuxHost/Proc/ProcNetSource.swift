internal import Glibc
internal import NetlinkCodec
package import SocketTable

/// Sockets as /proc/net/tcp and /proc/net/tcp6 list them, or the two tables of another transport protocol.
package struct ProcNetSource: Sendable {
  /// The directory that holds `tcp` and `tcp6`. The default is not /proc/net, which shows the main thread's network
  /// namespace.
  private let directory: String
  /// On `Clock.monotonicNanoseconds`: when reading stops, wherever it is. Nil is never.
  private let deadline: Int64?

  package init(directory: String = "/proc/thread-self/net", deadline: Int64? = nil) {
    self.directory = directory
    self.deadline = deadline
  }

  /// Reads both tables and hands out what matches. A host without IPv6 has no `tcp6`.
  /// - Throws: `.unavailable` if there is no `tcp` or a table may not be read, `.malformedLine`, and `.system`.
  package func dump(_ filter: SocketFilter, _ body: (SocketRecord) -> Void) throws(SourceError) {
    let path = "\(directory)/\(filter.transport.name)"
    guard try read(path, .ipv4, filter, body) else {
      throw .unavailable("open \(path): no such file")
    }
    _ = try read("\(path)6", .ipv6, filter, body)
  }

  /// False if there is no such file.
  private func read(
    _ path: String, _ family: AddressFamily, _ filter: SocketFilter, _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    var lines: LineReader
    do throws(SystemError) {
      lines = LineReader(try Descriptor.open(path))
    } catch {
      if error.errno == .noSuchFile { return false }
      throw error.errno.isExhaustion ? .system(error) : .unavailable("\(error)")
    }
    var number = 0
    while let line = try lines.nextLine() {
      number += 1
      if number == 1 { continue }
      if let deadline, number % 1024 == 0, Clock.monotonicNanoseconds > deadline { break }
      do throws(ProcNetLine.ParsingError) {
        let record = try ProcNetLine.record(
          lines.bytes(line), family: family, transport: filter.transport)
        if filter.matches(record) { body(record) }
      } catch {
        throw .malformedLine(path: path, line: number, offset: error.offset)
      }
    }
    return true
  }
}

/// Hands out the lines of a file without copying them.
private struct LineReader: ~Copyable {
  private let file: Descriptor
  private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  init(_ file: consuming Descriptor) { self.file = file }

  /// Where in the buffer the next line lies, without its newline; valid until the next call.
  mutating func nextLine() throws(SourceError) -> Range<Int>? {
    while true {
      if let newline = buffer[start..<end].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = newline + 1 }
        return start..<newline
      }
      if isAtEnd {
        defer { start = end }
        return start < end ? start..<end : nil
      }
      buffer.removeSubrange(..<start)
      buffer.append(contentsOf: repeatElement(0, count: start))
      end -= start
      start = 0
      if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
      do throws(SystemError) {
        let count = try file.read(into: &buffer, at: end)
        isAtEnd = count == 0
        end += count
      } catch {
        throw .system(error)
      }
    }
  }

  @_lifetime(borrow self)
  func bytes(_ line: Range<Int>) -> Span<UInt8> { buffer.span.extracting(line) }
}

import SocketTable

/// Lines of /proc/net/tcp and tcp6: an error within the line or a record, never a trap and never a read beyond its end.
package func checkProcLines(_ bytes: Span<UInt8>) {
  let count = bytes.count
  var beginning = 0
  while beginning <= count {
    var end = beginning
    while end < count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    for family in [AddressFamily.ipv4, .ipv6] {
      do throws(ProcNetLine.ParsingError) {
        let record = try ProcNetLine.record(bytes.extracting(beginning..<end), family: family)
        precondition(record.family == family)
        use(record)
      } catch {
        precondition((0...(end - beginning)).contains(error.offset), "offset \(error.offset)")
      }
    }
    beginning = end + 1
  }
}

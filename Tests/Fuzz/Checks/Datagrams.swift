import NetlinkCodec
import SocketTable

/// One datagram of a sock_diag answer: an error or records, never a trap and never a read beyond its end.
/// The sequence number and the port id are those of Tests/Fixtures, from which the search begins.
package func checkDatagram(_ datagram: RawSpan) {
  let count = datagram.byteCount
  var assembler = DumpAssembler(sequence: 123_456, portID: 4242)
  var counts = StateCounts()
  var matching = 0
  let filter = SocketFilter(ports: PortSet([9000...9600]), side: .any, family: .ipv4)
  do throws(DecodingError) {
    try assembler.consume(datagram) { message in
      let record = SocketRecord(message)
      counts.add(record)
      if filter.matches(record) { matching += 1 }
      use(record)
    }
  } catch {
    precondition((0...count).contains(error.offset), "offset \(error.offset) of \(count) bytes")
  }
  // A socket takes a header of 16 bytes and 72 of its own.
  precondition(counts.total <= count / 88, "\(counts.total) sockets in \(count) bytes")
  precondition(matching <= counts.total && counts.minisockets <= counts.total)
  if case .failed(let error) = assembler.progress { precondition(error.rawValue > 0) }
}

/// What the kernel answered to a request that asked for an acknowledgement (NLM_F_ACK): an NLMSG_ERROR, whose errno is 0 if
/// nothing failed.
package enum Acknowledgement: Equatable, Sendable {
  case done
  /// The errno is never 0.
  case refused(Errno)

  /// Finds the answer to a request in a datagram, by the sequence number and the port id of the socket that sent it. Nil if
  /// it is not there.
  package init?(
    in datagram: RawSpan, sequence: UInt32, portID: UInt32
  ) throws(DecodingError) {
    var reader = ByteReader(datagram)
    var payload = try reader.slice(0)
    while let header = try MessageHeader.next(of: &reader, payload: &payload) {
      guard header.type == .error, header.sequence == sequence, header.portID == portID else { continue }
      self = try Errno(reading: &payload).map { .refused($0) } ?? .done
      return
    }
    return nil
  }
}

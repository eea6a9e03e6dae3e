/// Follows one multipart answer: takes the datagrams in the order they came, hands out their sockets, and knows
/// whether the end was seen. Answers to other requests (another sequence number or port id) are passed over.
package struct DumpAssembler: Sendable {
  package enum Progress: Equatable, Sendable {
    /// The end has not been seen.
    case receiving
    /// NLMSG_DONE without an errno.
    case finished
    /// NLMSG_DONE or NLMSG_ERROR with an errno. The sockets before it have been handed out.
    case failed(Errno)
  }

  private let sequence: UInt32
  private let portID: UInt32

  package private(set) var progress = Progress.receiving
  /// NLMSG_OVERRUN or NLM_F_DUMP_INTR was seen: sockets may be missing or repeated.
  package private(set) var isInterrupted = false
  private var recent = RecentCookies()

  /// - Parameters:
  ///   - sequence: the number of the request.
  ///   - portID: that of the socket which sent it.
  package init(sequence: UInt32, portID: UInt32) {
    self.sequence = sequence
    self.portID = portID
  }

  /// Reads the messages of one datagram, and hands each socket to `body`. A socket that the kernel repeated is handed out
  /// once. What comes after the end, or after an error, is not read.
  package mutating func consume(
    _ datagram: RawSpan, _ body: (borrowing InetDiagMessage) throws(DecodingError) -> Void
  ) throws(DecodingError) {
    var reader = ByteReader(datagram)
    var payload = try reader.slice(0)
    while progress == .receiving, let header = try MessageHeader.next(of: &reader, payload: &payload) {
      guard header.sequence == sequence, header.portID == portID else { continue }
      if header.flags & MessageHeader.dumpInterruptedFlag != 0 { isInterrupted = true }

      switch header.type {
      case .noop, .unknown: break
      case .overrun: isInterrupted = true
      case .done:
        // Its body, an errno, may be missing.
        let error = payload.remaining == 0 ? nil : try Errno(reading: &payload)
        progress = error.map { .failed($0) } ?? .finished
      case .error:
        // Without an errno it is an acknowledgement, and the answer goes on.
        if let error = try Errno(reading: &payload) { progress = .failed(error) }
      case .sockDiag:
        let message = try InetDiagMessage(&payload)
        if recent.insert(Self.identity(message)) { try body(message) }
      }
    }
  }

  /// A client socket that was bound and is still open shares its cookie with the TIME_WAIT that its connection has
  /// become. It is then listed as CLOSE (7); no other socket with that cookie can be in CLOSE, so that cookie and state
  /// together tell the two apart.
  private static func identity(_ message: InetDiagMessage) -> UInt64 {
    if message.cookie == 0 || message.state != 7 { return message.cookie }
    return message.cookie | 1 << 63
  }
}

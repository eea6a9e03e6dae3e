internal import Glibc
internal import NetlinkCodec
package import SocketTable

/// Sockets as sock_diag(7) lists them.
package struct SockDiagSource<Channel: DatagramChannel & ~Copyable>: ~Copyable {
  private var channel: Channel
  private var sequence: UInt32 = 0
  /// The kernel sends no more than this at once.
  private var buffer = [UInt8](repeating: 0, count: 32 * 1024)
  /// A dump is given up when more messages than this are lost.
  private static var lossLimit: Int { 16 }
  /// Why the last dump was incomplete; nil if it was complete.
  package private(set) var shortfall: Coverage.Shortfall?

  package init(_ channel: consuming Channel) { self.channel = channel }

  /// Walks the table once and hands out what matches. True if every message arrived.
  /// - Throws: `.unavailable` only before the first record.
  package mutating func dump(
    _ filter: SocketFilter, _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    try dump(filter, asksForBound: true, witness: nil, body)
  }

  /// The same, and lets the witness note whether this kernel lists sockets that are bound and do not listen.
  ///
  /// - Parameters:
  ///   - asksForBound: false leaves out sockets that are bound and do not listen, which saves the kernel a walk through all
  ///     that are bound.
  ///   - witness: a socket of our own that the dump should show; it is not handed out.
  /// - Throws: `.unavailable` only before the first record.
  mutating func dump(
    _ filter: SocketFilter, asksForBound: Bool, witness: BoundWitness?,
    _ body: (SocketRecord) -> Void
  ) throws(SourceError) -> Bool {
    sequence &+= 1
    shortfall = nil
    let request = filter.request(alsoLocalPort: witness?.local.port, asksForBound: asksForBound)
    do throws(SystemError) {
      try channel.send(
        DatagramRequest(
          type: MessageType.tcpDiagGetSock,
          flags: DatagramRequest.dumpFlags,
          sequence: sequence, body: request.body, attributes: request.attributes))
    } catch {
      throw Self.sourceError(error)
    }

    var assembler = DumpAssembler(sequence: sequence, portID: channel.portID)
    var losses = 0
    var hasHandedOut = false
    while assembler.progress == .receiving {
      let datagram: ReceivedDatagram
      do throws(SystemError) {
        datagram = try channel.receive(into: &buffer)
      } catch {
        switch error.errno {
        // The kernel dropped a message for want of room; the rest still comes.
        case .noBufferSpace where losses < Self.lossLimit:
          losses += 1
          continue
        case .noBufferSpace, .tryAgain:
          shortfall = .brokenOff(error.errno)
          return false
        default: throw .system(error)
        }
      }
      guard datagram.sender == 0 else { throw .foreignSender(datagram.sender) }
      if datagram.isTruncated {
        // The rest of the dump has to be taken all the same, or the next one would be refused with EBUSY.
        losses += 1
        continue
      }
      do throws(DecodingError) {
        try unsafe assembler.consume(buffer.span.bytes.extracting(..<datagram.count)) { message in
          let record = SocketRecord(message, transport: filter.transport)
          if let witness, witness.isShown(by: record) { return }
          if filter.matches(record) {
            hasHandedOut = true
            body(record)
          }
        }
      } catch {
        throw .malformed(error)
      }
    }
    if case .failed(let error) = assembler.progress {
      let failure = SystemError(call: "sock_diag", errno: error, context: "TCPDIAG_GETSOCK")
      throw hasHandedOut ? .system(failure) : Self.sourceError(failure)
    }
    if losses > 0 {
      shortfall = .messagesDropped
    } else if assembler.isInterrupted {
      shortfall = .tableChanged
    }
    return shortfall == nil
  }

  /// Want of descriptors or memory says nothing about netlink; any other failure means that it cannot be used here.
  static func sourceError(_ error: SystemError) -> SourceError {
    error.errno.isExhaustion ? .system(error) : .unavailable("netlink: \(error)")
  }
}

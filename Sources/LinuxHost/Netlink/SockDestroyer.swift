internal import Glibc
internal import NetlinkCodec
package import SocketTable

/// Ends timewait minisockets by SOCK_DESTROY, one request and one answer each.
package struct SockDestroyer<Channel: DatagramChannel & ~Copyable>: ~Copyable {
  package enum Outcome: Hashable, Sendable {
    case ended
    /// It was gone before the request came (ENOENT).
    case vanished
    case refused(SystemError)
    /// The record is no minisocket, or has no cookie, so nothing was asked of the kernel.
    case notAsked
  }

  private var channel: Channel
  private var sequence: UInt32 = 0
  private var buffer = [UInt8](repeating: 0, count: 4096)
  /// The kernel answers while the request is sent. This many datagrams are read at most to find the answer.
  private static var strayLimit: Int { 16 }

  package init(_ channel: consuming Channel) { self.channel = channel }

  /// Needs CAP_NET_ADMIN in the user namespace of the network namespace; `.refused` with EPERM without it.
  package mutating func destroy(_ record: SocketRecord) -> Outcome {
    guard let request = record.destroyRequest else { return .notAsked }
    return send(request)
  }

  mutating func send(_ request: SockDestroyRequest) -> Outcome {
    sequence &+= 1
    do throws(SystemError) {
      try channel.send(
        DatagramRequest(
          type: MessageType.sockDestroy, flags: DatagramRequest.acknowledgeFlags, sequence: sequence,
          body: request.body))
      return try answer()
    } catch {
      return .refused(error)
    }
  }

  private mutating func answer() throws(SystemError) -> Outcome {
    for _ in 0..<Self.strayLimit {
      let datagram = try channel.receive(into: &buffer)
      guard datagram.sender == 0 else { continue }
      let found: Acknowledgement?
      do throws(DecodingError) {
        found = try unsafe Acknowledgement(
          in: buffer.span.bytes.extracting(..<datagram.count), sequence: sequence, portID: channel.portID)
      } catch {
        throw Self.failure(.badMessage)
      }
      switch found {
      case nil: continue
      case .done: return .ended
      case .refused(let error) where error == .noSuchFile: return .vanished
      case .refused(let error): return .refused(Self.failure(error))
      }
    }
    throw Self.failure(.timedOut)
  }

  private static func failure(_ errno: Errno) -> SystemError {
    SystemError(call: "sock_diag", errno: errno, context: "SOCK_DESTROY")
  }
}

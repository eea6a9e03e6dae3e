package import NetlinkCodec

/// Sends requests and receives answers, a datagram at a time. The seam at which tests play the kernel.
package protocol DatagramChannel: ~Copyable {
  /// The channel's netlink port id, which answers to its requests carry (`nlmsg_pid`).
  var portID: UInt32 { get }

  /// Sends one request as a netlink message.
  mutating func send(_ request: DatagramRequest) throws(SystemError)

  /// Waits for the next datagram and writes it to the start of `buffer`.
  /// - Throws: EAGAIN if none comes, ENOBUFS if the kernel had to drop one.
  mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram
}

/// One request, to which the channel adds lengths and padding.
package struct DatagramRequest: Equatable, Sendable {
  /// NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH of linux/netlink.h.
  package static let dumpFlags: UInt16 = 0x301
  /// NLM_F_REQUEST | NLM_F_ACK.
  package static let acknowledgeFlags: UInt16 = 0x5

  package var type: UInt16
  package var flags: UInt16
  package var sequence: UInt32
  package var body: [UInt8]
  package var attributes: [RequestAttribute]

  package init(
    type: UInt16, flags: UInt16, sequence: UInt32, body: [UInt8], attributes: [RequestAttribute] = []
  ) {
    self.type = type
    self.flags = flags
    self.sequence = sequence
    self.body = body
    self.attributes = attributes
  }
}

package struct ReceivedDatagram: Equatable, Sendable {
  /// Bytes that lie in the buffer.
  package let count: Int
  /// The port id of the sender; 0 is the kernel.
  package let sender: UInt32
  /// The datagram was longer than the buffer; its end is lost (MSG_TRUNC).
  package let isTruncated: Bool

  package init(count: Int, sender: UInt32, isTruncated: Bool) {
    self.count = count
    self.sender = sender
    self.isTruncated = isTruncated
  }
}

internal import CMnl
internal import Glibc
internal import NetlinkCodec

/// A NETLINK_SOCK_DIAG socket, opened and bound by libmnl. It stays in the network namespace it was opened in.
@safe package struct NetlinkSocket: ~Copyable, DatagramChannel {
  private let socket: OpaquePointer
  private let descriptor: Int32
  package let portID: UInt32

  /// A dump answers at once; this only keeps a lost answer from hanging the program.
  private static let receiveTimeout = timeval(tv_sec: 10, tv_usec: 0)

  /// Opens the socket without CAP_NET_ADMIN. To one that was opened with it the kernel also reports the mark (SO_MARK) of
  /// every socket, which nobody needs here, and which takes a tenth of a dump's time.
  package init() throws(SystemError) {
    let opened = unsafe Capabilities.without(.netAdmin) {
      unsafe mnl_socket_open2(NETLINK_SOCK_DIAG, Int32(SOCK_CLOEXEC.rawValue))
    }
    guard let socket = unsafe opened else { throw .last("socket", "AF_NETLINK") }
    guard unsafe mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 else {
      let error = SystemError.last("bind", "AF_NETLINK")
      _ = unsafe mnl_socket_close(socket)
      throw error
    }
    unsafe self.socket = socket
    descriptor = unsafe mnl_socket_get_fd(socket)
    portID = unsafe UInt32(mnl_socket_get_portid(socket))
    var timeout = Self.receiveTimeout
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { _ = unsafe mnl_socket_close(socket) }

  /// Uses send(2) and not mnl_socket_sendto, which names an address. The kernel would then look only at the capabilities of
  /// the sender, and not at those that the socket was opened with.
  package mutating func send(_ request: DatagramRequest) throws(SystemError) {
    let attributeBytes = request.attributes.reduce(0) { $0 + $1.payload.count + 8 }
    var buffer = [UInt8](repeating: 0, count: 64 + request.body.count + attributeBytes)
    let sent = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = bytes.baseAddress, let header = unsafe mnl_nlmsg_put_header(start) else { return -1 }
      unsafe header.pointee.nlmsg_type = request.type
      unsafe header.pointee.nlmsg_flags = request.flags
      unsafe header.pointee.nlmsg_seq = request.sequence
      if let body = unsafe mnl_nlmsg_put_extra_header(header, request.body.count) {
        unsafe body.copyMemory(from: request.body, byteCount: request.body.count)
      }
      for attribute in request.attributes {
        unsafe mnl_attr_put(header, attribute.type, attribute.payload.count, attribute.payload)
      }
      let length = unsafe Int(header.pointee.nlmsg_len)
      return retryingOnInterrupt { unsafe Glibc.send(descriptor, header, length, 0) }
    }
    guard sent >= 0 else { throw .last("send", "AF_NETLINK") }
  }

  /// Uses recvmsg(2) and not mnl_socket_recvfrom, which hides the sender.
  package mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    var address = sockaddr_nl()
    var flags: Int32 = 0
    let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return unsafe withUnsafeMutablePointer(to: &address) { address in
        unsafe withUnsafeMutablePointer(to: &vector) { vector in
          var message = unsafe msghdr()
          unsafe message.msg_name = UnsafeMutableRawPointer(address)
          unsafe message.msg_namelen = socklen_t(MemoryLayout<sockaddr_nl>.size)
          unsafe message.msg_iov = vector
          unsafe message.msg_iovlen = 1
          let count = retryingOnInterrupt { unsafe recvmsg(descriptor, &message, 0) }
          flags = unsafe message.msg_flags
          return count
        }
      }
    }
    guard count >= 0 else { throw .last("recvmsg", "AF_NETLINK") }
    return ReceivedDatagram(
      count: count, sender: address.nl_pid,
      isTruncated: flags & Int32(MSG_TRUNC) != 0)
  }
}

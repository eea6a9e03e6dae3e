import Glibc
import LinuxHost
import NetlinkCodec

/// Plays the kernel: hands out one step after the other, and notes what it was asked.
struct ScriptedChannel: DatagramChannel {
  enum Step {
    case datagram([UInt8])
    /// A datagram of another sender than the kernel.
    case foreign(UInt32, [UInt8])
    /// A datagram whose end did not fit.
    case truncated([UInt8])
    case fails(Int32)
  }

  final class Log {
    var requests: [DatagramRequest] = []
    var received = 0
  }

  static let portID: UInt32 = 4242
  let portID: UInt32 = Self.portID
  let log = Log()
  var steps: [Step]
  var sendFails: Int32?

  init(_ steps: [Step], sendFails: Int32? = nil) {
    self.steps = steps
    self.sendFails = sendFails
  }

  mutating func send(_ request: DatagramRequest) throws(SystemError) {
    log.requests.append(request)
    if let sendFails { throw SystemError(call: "sendto", errno: Errno(sendFails), context: "AF_NETLINK") }
  }

  /// Beyond the script nothing comes any more.
  mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    log.received += 1
    guard !steps.isEmpty else {
      throw SystemError(call: "recvmsg", errno: Errno(EAGAIN), context: "AF_NETLINK")
    }
    var sender: UInt32 = 0
    var isTruncated = false
    let bytes: [UInt8]
    switch steps.removeFirst() {
    case .datagram(let datagram): bytes = datagram
    case .foreign(let other, let datagram): (sender, bytes) = (other, datagram)
    case .truncated(let datagram): (isTruncated, bytes) = (true, datagram)
    case .fails(let errno): throw SystemError(call: "recvmsg", errno: Errno(errno), context: "AF_NETLINK")
    }
    buffer.replaceSubrange(..<bytes.count, with: bytes)
    return ReceivedDatagram(count: bytes.count, sender: sender, isTruncated: isTruncated)
  }
}

/// Messages as the kernel sends them to the scripted channel.
enum Answer {
  static func host<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  static func message(_ type: UInt16, sequence: UInt32 = 1, flags: UInt16 = 2, _ payload: [UInt8] = [])
    -> [UInt8]
  {
    var bytes = host(UInt32(16 + payload.count)) + host(type) + host(flags) + host(sequence)
    bytes += host(ScriptedChannel.portID) + payload
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  static func done(_ errno: Int32 = 0, sequence: UInt32 = 1) -> [UInt8] {
    message(3, sequence: sequence, host(-errno))
  }

  static func error(_ errno: Int32, sequence: UInt32 = 1) -> [UInt8] {
    message(2, sequence: sequence, flags: 0, host(-errno) + [UInt8](repeating: 0, count: 16))
  }

  /// A TIME_WAIT, or a socket in another state, on 127.0.0.1.
  static func socket(
    _ port: UInt16, state: UInt8 = 6, sequence: UInt32 = 1, cookie: UInt32 = 0, flags: UInt16 = 2
  ) -> [UInt8] {
    let address: [UInt8] = [127, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
    var payload: [UInt8] = [2, state, state == 6 ? 3 : 0, 0]
    payload += host(port.bigEndian) + host(UInt16(50_000).bigEndian) + address + address
    payload += host(UInt32(0)) + host(cookie) + host(UInt32(0)) + host(UInt32(1000))
    payload += [UInt8](repeating: 0, count: 16)
    return message(20, sequence: sequence, flags: flags, payload)
  }
}

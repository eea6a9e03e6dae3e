import Glibc

/// The kernel's state numbers, as column `st` of /proc/net/tcp has them.
package enum TCPStateCode: UInt8, Sendable, CaseIterable {
  case established = 1
  case synSent, synRecv, finWait1, finWait2, timeWait, close, closeWait, lastAck, listen, closing
}

/// The `tr` column of /proc/net/tcp.
package enum TCPTimerCode: UInt8, Sendable {
  case off, retransmit, keepalive, timeWait, probe
}

/// One line of /proc/thread-self/net/tcp or tcp6, read apart from the product so that it can be an oracle for
/// it.
package struct KernelRow: Sendable, CustomStringConvertible {
  package let line: String
  package let local: SocketAddress
  package let peer: SocketAddress
  package let state: TCPStateCode
  package let timer: TCPTimerCode
  /// Hundredths of a second.
  package let expires: UInt64
  package let sendQueue: UInt64
  package let receiveQueue: UInt64
  package let uid: UInt32
  package let inode: UInt64

  package var description: String { "\(state) \(local) -> \(peer) tr \(timer) inode \(inode)" }

  init?(line: Substring, family: AddressFamily) {
    let fields = line.split(separator: " ")
    guard fields.count >= 10,
      let local = Self.address(fields[1], family), let peer = Self.address(fields[2], family),
      let state = UInt8(fields[3], radix: 16).flatMap(TCPStateCode.init(rawValue:)),
      let queues = Self.pair(fields[4]), let timer = Self.pair(fields[5]),
      let timerCode = UInt8(exactly: timer.0).flatMap(TCPTimerCode.init(rawValue:)),
      let uid = UInt32(fields[7]), let inode = UInt64(fields[9])
    else { return nil }
    self.line = String(line)
    self.local = local
    self.peer = peer
    self.state = state
    self.timer = timerCode
    self.expires = timer.1
    self.sendQueue = queues.0
    self.receiveQueue = queues.1
    self.uid = uid
    self.inode = inode
  }

  private static func pair(_ text: Substring) -> (UInt64, UInt64)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let first = UInt64(parts[0], radix: 16), let second = UInt64(parts[1], radix: 16)
    else { return nil }
    return (first, second)
  }

  /// 32-bit words in the machine's order, in hex; the port is a plain number.
  private static func address(_ text: Substring, _ family: AddressFamily) -> SocketAddress? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
    var bytes: [UInt8] = []
    var rest = parts[0]
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      bytes += withUnsafeBytes(of: word) { Array($0) }
      rest = rest.dropFirst(8)
    }
    guard bytes.count == (family == .ipv4 ? 4 : 16) else { return nil }
    return SocketAddress(family: family, bytes: bytes, port: port)
  }
}

/// All TCP sockets of the calling thread's network namespace. /proc/net would be the process's.
package struct KernelTable: Sendable {
  package let rows: [KernelRow]

  package static func read() throws -> KernelTable {
    var rows: [KernelRow] = []
    for (name, family) in [("tcp", AddressFamily.ipv4), ("tcp6", .ipv6)] {
      let path = "/proc/thread-self/net/\(name)"
      guard family == .ipv4 || access(path, R_OK) == 0 else { continue }
      let text = String(decoding: try readFile(path), as: UTF8.self)
      rows += text.split(separator: "\n").dropFirst().compactMap { KernelRow(line: $0, family: family) }
    }
    return KernelTable(rows: rows)
  }

  /// Those whose own port it is.
  package func rows(onPort port: UInt16) -> [KernelRow] {
    rows.filter { $0.local.port == port }
  }

  package func row(local: SocketAddress, peer: SocketAddress? = nil) -> KernelRow? {
    rows.first { $0.local == local.unscoped && (peer == nil || $0.peer == peer?.unscoped) }
  }
}

import Diagnosis
import Glibc
import SocketTable
import TestSupport

/// What the kernel says of a socket to its owner, and of most to nobody else.
struct KnownSocket: Hashable {
  var reuseAddress: Bool
  var reusePort: Bool
  var v6Only: Bool
  var device: UInt32

  init(_ socket: TCPSocket) throws {
    reuseAddress = try socket.reuseAddress
    reusePort = try socket.get(SOL_SOCKET, SO_REUSEPORT) != 0
    v6Only = socket.family == .ipv6 ? try Self.isV6Only(socket) : false
    let soBindToInterfaceIndex: Int32 = 62
    device = UInt32(try socket.get(SOL_SOCKET, soBindToInterfaceIndex))
  }

  /// An MPTCP socket does not learn what bind(2) sets in the TCP socket below it.
  private static func isV6Only(_ socket: TCPSocket) throws -> Bool {
    if try socket.get(Int32(IPPROTO_IPV6), IPV6_V6ONLY) != 0 { return true }
    let address = IPAddress(try socket.localAddress)
    return try socket.get(SOL_SOCKET, SO_PROTOCOL) == 262 && address.ipv4 == nil && !address.isUnspecified
  }
}

/// The truth about the sockets of one port, for each of its records.
struct KnownSockets {
  private struct Ends: Hashable {
    let local: TestSupport.SocketAddress
    let peer: TestSupport.SocketAddress
  }

  private var byInode: [UInt32: KnownSocket] = [:]
  private var byEnds: [Ends: KnownSocket] = [:]

  /// To be called again where its options have changed, and before it is closed.
  mutating func note(_ socket: TCPSocket) throws {
    let known = try KnownSocket(socket)
    byInode[try socket.inode] = known
    if let peer = try? socket.peerAddress { note(known, local: try socket.localAddress, peer: peer) }
  }

  /// For a connection that has no descriptor yet.
  mutating func note(
    _ known: KnownSocket, local: TestSupport.SocketAddress, peer: TestSupport.SocketAddress
  ) {
    byEnds[Ends(local: local.unscoped.unmapped, peer: peer.unscoped.unmapped)] = known
  }

  private subscript(record: SocketRecord) -> KnownSocket? {
    if record.inode != 0 { return byInode[record.inode] }
    guard let peer = record.peer else { return nil }
    return byEnds[Ends(local: Self.address(record.local).unmapped, peer: Self.address(peer).unmapped)]
  }

  private static func address(_ endpoint: Endpoint) -> TestSupport.SocketAddress {
    let (high, low) = (endpoint.address.high, endpoint.address.low)
    let bytes = [high, low].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    return switch endpoint.address.family {
    case .ipv4: TestSupport.SocketAddress(family: .ipv4, bytes: Array(bytes.suffix(4)), port: endpoint.port)
    case .ipv6: TestSupport.SocketAddress(family: .ipv6, bytes: bytes, port: endpoint.port)
    }
  }

  /// Nil if the record is of a socket that is known, and tells nothing else of it than its owner is told. A
  /// request socket has no options that anybody could read, and needs none.
  func fault(_ record: SocketRecord, tellsDevice: Bool) -> String? {
    guard let known = self[record] else {
      return record.state == .synReceived && record.inode == 0 ? nil : "a socket that nobody made"
    }
    if let v6Only = record.v6Only, v6Only != known.v6Only { return "IPV6_V6ONLY is \(known.v6Only)" }
    if tellsDevice, record.interface != known.device { return "its device is \(known.device)" }
    return nil
  }

  /// The record with everything that its source left out.
  func completed(_ record: SocketRecord) -> SocketRecord {
    guard let known = self[record] else { return record }
    var record = record
    if record.local.address.ipv4 == nil { record.v6Only = known.v6Only }
    record.interface = known.device
    return record
  }

  func reuse(_ record: SocketRecord) -> KnownReuseOptions {
    let known = self[record]
    return KnownReuseOptions(reuseAddress: known?.reuseAddress, reusePort: known?.reusePort)
  }
}

extension TCPSocket {
  /// As sock_diag names the socket.
  var inode: UInt32 {
    get throws {
      var status = stat()
      try check("fstat") { fstat(descriptor, &status) }
      return UInt32(truncatingIfNeeded: status.st_ino)
    }
  }
}

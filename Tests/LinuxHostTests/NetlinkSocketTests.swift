import KernelSupport
import Glibc
import LinuxHost
import NetlinkCodec
import SocketTable
import TestSupport
import Testing

/// What only the running kernel can tell; needs no privilege and no namespace.
@Suite struct NetlinkSocketTests {
  /// The kernel audits the longest program, and runs it.
  @Test func theLongestProgramIsAccepted() throws {
    let ranges = (0..<UInt16(PortBytecode.maximumTests)).map { $0 * 20...$0 * 20 + 9 }
    for side in [SocketFilter.Side.local, .peer] {
      let filter = SocketFilter(ports: PortSet(ranges), side: side, states: .states(.all))
      try #require(!filter.request().bytecode.isEmpty)
      var source = SockDiagSource(try NetlinkSocket())
      #expect(try source.dump(filter) { _ in } == true)
    }
  }

  /// Whatever the kernel filters, the answer is that of a filter in user space.
  @Test(.needs(.boundSockets)) func rangesFindOurOwnSocket() throws {
    let own = try TCPSocket()
    defer { own.close() }
    try own.bind("127.0.0.1")
    let port = try own.localPort
    var source = SockDiagSource(try NetlinkSocket())
    for ports in [PortSet(port), PortSet([port...port, 1...1]), PortSet([0...65535]), PortSet([1...port])] {
      var found = 0
      let filter = SocketFilter(ports: ports, states: .states(StateSet(.bound)))
      #expect(try source.dump(filter) { if $0.local.port == port { found += 1 } } == true)
      #expect(found == 1, "\(ports)")
    }
  }

  /// Whether this kernel can list UDP sockets: without the module udp_diag, the walk ends with ENOENT.
  private static let hasUDPDiag: Bool = {
    guard let socket = try? NetlinkSocket() else { return false }
    var source = SockDiagSource(socket)
    let filter = SocketFilter(transport: .udp, ports: PortSet(1), states: .states(.all))
    return (try? source.dump(filter) { _ in }) != nil
  }()

  /// Asked for UDP, the kernel lists UDP sockets of both families, and no TCP socket on the same port.
  @Test(.enabled(if: hasUDPDiag, "this kernel has no udp_diag"), arguments: [AF_INET, AF_INET6])
  func udpSocketsAlone(family: Int32) throws {
    let (udp, port) = try bound(SOCK_DGRAM, family)
    defer { close(udp) }
    let tcp = try bound(SOCK_STREAM, family, port)
    defer { close(tcp.descriptor) }
    var source = SockDiagSource(try NetlinkSocket())
    for ports in [PortSet(port), PortSet([port...port, 1...1]), PortSet([0...65535])] {
      var found: [SocketRecord] = []
      let filter = SocketFilter(transport: .udp, ports: ports, states: .states(.all))
      #expect(try source.dump(filter) { if $0.localPort == port { found.append($0) } } == true)
      #expect(found.map(\.state) == [.bound], "\(ports)")
      #expect(found.first?.inode == inode(udp))
    }
  }

  /// A socket on this port of the loopback address, or on an automatic one, and the port.
  private func bound(
    _ type: __socket_type, _ family: Int32, _ port: UInt16 = 0
  ) throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    // The port stands in the same place for both families, and the IPv4 address where IPv6 has its flow label.
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(family)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    if family == AF_INET { address.sin6_flowinfo = UInt32(0x7f00_0001).bigEndian }
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    return try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        try #require(bind(descriptor, pointer, length) == 0)
        try #require(getsockname(descriptor, pointer, &length) == 0)
      }
      return (descriptor, UInt16(bigEndian: pointer.pointee.sin6_port))
    }
  }

  private func inode(_ descriptor: Int32) -> UInt32? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt32(truncatingIfNeeded: status.st_ino) : nil
  }

  /// To root the kernel sent INET_DIAG_MARK with each of a hundred thousand sockets, which took a tenth of the time.
  @Test(.needs(.boundSockets)) func theMarkOfOtherSocketsIsNotSent() throws {
    let mark: UInt16 = 15
    let own = try TCPSocket()
    defer { own.close() }
    try own.bind("127.0.0.1")
    let before = Capabilities.isEffective(.netAdmin)
    var socket = try NetlinkSocket()
    #expect(Capabilities.isEffective(.netAdmin) == before)
    try socket.send(
      DatagramRequest(
        type: MessageType.tcpDiagGetSock, flags: DatagramRequest.dumpFlags, sequence: 1,
        body: InetDiagRequest(states: StateSet(.bound).rawValue).body))
    var buffer = [UInt8](repeating: 0, count: 32 * 1024)
    let count = try socket.receive(into: &buffer).count
    var reader = ByteReader(buffer.span.bytes.extracting(..<count))
    let header = try MessageHeader(&reader)
    try #require(header.type == .sockDiag(MessageType.tcpDiagGetSock))
    try reader.skip(InetDiagMessage.byteCount)
    let rest = Int(header.length) - MessageHeader.byteCount - InetDiagMessage.byteCount
    var attributes = Attributes(try reader.slice(rest))
    var payload = try reader.slice(0)
    var types: [UInt16] = []
    while let type = try attributes.next(payload: &payload) { types.append(type) }
    #expect(!types.isEmpty && !types.contains(mark), "\(types)")
  }

  /// A channel that loses the end of the first datagram, as a buffer that is too small would.
  private struct Losing: ~Copyable, DatagramChannel {
    private var socket: NetlinkSocket
    private var count = 0

    init() throws(SystemError) { socket = try NetlinkSocket() }

    var portID: UInt32 { socket.portID }

    mutating func send(_ request: DatagramRequest) throws(SystemError) { try socket.send(request) }

    mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
      let datagram = try socket.receive(into: &buffer)
      count += 1
      return ReceivedDatagram(count: datagram.count, sender: datagram.sender, isTruncated: count == 1)
    }
  }

  /// The kernel does one dump a socket at a time; one that was given up is still going on.
  @Test(.needs(.boundSockets)) func lookingAgainAfterALostMessage() throws {
    // More sockets than one datagram takes.
    let held = try (0..<400).map { _ in
      let socket = try TCPSocket()
      try socket.bind("127.0.0.1")
      return socket
    }
    defer { for socket in held { socket.close() } }
    var source = SockDiagSource(try Losing())
    let filter = SocketFilter(ports: PortSet([0...65535]), states: .states(.all))
    #expect(try source.dump(filter) { _ in } == false)
    var count = 0
    var isComplete = false
    var failure: SourceError?
    do throws(SourceError) { isComplete = try source.dump(filter) { _ in count += 1 } } catch {
      failure = error
    }
    #expect(failure == nil)
    #expect(isComplete)
    #expect(count >= 400)
  }
}

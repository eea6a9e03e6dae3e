import CMnl
import NetlinkCodec
import Testing

/// The offsets that the codec decodes by, against the kernel's own structs.
@Suite struct StructLayoutTests {
  @Test func sizes() {
    #expect(MemoryLayout<nlmsghdr>.size == MessageHeader.byteCount)
    #expect(MemoryLayout<inet_diag_msg>.size == InetDiagMessage.byteCount)
    #expect(MemoryLayout<inet_diag_msg>.size == 72)
    #expect(MemoryLayout<inet_diag_req>.size == InetDiagRequest.byteCount)
    #expect(MemoryLayout<inet_diag_req>.size == 60)
    #expect(MemoryLayout<inet_diag_bc_op>.size == 4)
    #expect(MemoryLayout<nlattr>.size == 4)
  }

  @Test func header() {
    #expect(MemoryLayout<nlmsghdr>.offset(of: \.nlmsg_len) == 0)
    #expect(MemoryLayout<nlmsghdr>.offset(of: \.nlmsg_type) == 4)
    #expect(MemoryLayout<nlmsghdr>.offset(of: \.nlmsg_flags) == 6)
    #expect(MemoryLayout<nlmsghdr>.offset(of: \.nlmsg_seq) == 8)
    #expect(MemoryLayout<nlmsghdr>.offset(of: \.nlmsg_pid) == 12)
  }

  @Test func attribute() {
    #expect(MemoryLayout<nlattr>.offset(of: \.nla_len) == 0)
    #expect(MemoryLayout<nlattr>.offset(of: \.nla_type) == 2)
  }

  @Test func answer() {
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_family) == 0)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_state) == 1)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_timer) == 2)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_retrans) == 3)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.id.idiag_sport) == 4)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.id.idiag_dport) == 6)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.id.idiag_src) == 8)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.id.idiag_dst) == 24)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.id.idiag_if) == 40)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.id.idiag_cookie) == 44)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_expires) == 52)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_rqueue) == 56)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_wqueue) == 60)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_uid) == 64)
    #expect(MemoryLayout<inet_diag_msg>.offset(of: \.idiag_inode) == 68)
  }

  @Test func request() {
    #expect(MemoryLayout<inet_diag_req>.offset(of: \.id.idiag_sport) == 4)
    #expect(MemoryLayout<inet_diag_req>.offset(of: \.id.idiag_cookie) == 44)
    #expect(MemoryLayout<inet_diag_req>.offset(of: \.idiag_states) == 52)
    #expect(MemoryLayout<inet_diag_req>.offset(of: \.idiag_dbs) == 56)
  }

  /// A message that the compiler laid out, read by the codec: each field with a value of its own.
  @Test func theCodecReadsWhatTheCompilerWrites() throws {
    var message = inet_diag_msg()
    message.idiag_family = 10
    message.idiag_state = 1
    message.idiag_timer = 2
    message.idiag_retrans = 3
    message.id.idiag_sport = UInt16(9527).bigEndian
    message.id.idiag_dport = UInt16(52114).bigEndian
    message.id.idiag_src = (1, 2, 3, 4)
    message.id.idiag_dst = (5, 6, 7, 8)
    message.id.idiag_if = 9
    message.id.idiag_cookie = (0x1111_2222, 0x3333_4444)
    message.idiag_expires = 10
    message.idiag_rqueue = 11
    message.idiag_wqueue = 12
    message.idiag_uid = 13
    message.idiag_inode = 14
    let bytes = withUnsafeBytes(of: message) { Array($0) }
    let read = try reading(bytes) { r throws(DecodingError) in try InetDiagMessage(&r) }
    #expect(read.family == .ipv6)
    #expect([read.state, read.timer] == [1, 2])
    #expect([read.sourcePort, read.destinationPort] == [9527, 52114])
    #expect(read.source == Self.address(1, 2, 3, 4))
    #expect(read.destination == Self.address(5, 6, 7, 8))
    #expect(read.interface == 9)
    #expect(read.cookie == 0x3333_4444_1111_2222)
    #expect([read.expires, read.uid, read.inode] == [10, 13, 14])
  }

  private static func address(
    _ words: UInt32...
  ) -> InetDiagMessage.AddressBytes {
    let ordered = words.map { UInt64(UInt32(bigEndian: $0)) }
    return .init(high: ordered[0] << 32 | ordered[1], low: ordered[2] << 32 | ordered[3])
  }
}

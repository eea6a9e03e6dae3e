/// `struct inet_diag_msg` of linux/inet_diag.h (72 bytes) and those of its attributes that are used here.
///
/// ```
///  0 family   1 state   2 timer   3 retransmits
///  4 source port (network order)  6 destination port
///  8 source address, 16 bytes    24 destination address
/// 40 bound interface (host order) 44 cookie, two words, low first
/// 52 expires, ms   56 receive queue   60 send queue   64 uid   68 inode
/// ```
package struct InetDiagMessage: Equatable, Sendable {
  package static let byteCount = 72

  /// AF_INET and AF_INET6.
  package enum Family: UInt8, Sendable {
    case ipv4 = 2
    case ipv6 = 10
  }

  /// 16 bytes in network order as two numbers; an IPv4 address is the upper half of `high`.
  package struct AddressBytes: Equatable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }
  }

  package let family: Family
  /// As the kernel numbers it; `TCPState(wireValue:)` knows what it means.
  package let state: UInt8
  /// Which timer runs; `SocketRecord.Timer(wireValue:expires:)` knows what it means.
  package let timer: UInt8
  package let sourcePort: UInt16
  package let destinationPort: UInt16
  /// The socket's own end. The kernel's words for local and peer are source and destination.
  package let source: AddressBytes
  package let destination: AddressBytes
  /// The index of the interface that the socket is bound to; 0 is none.
  package let interface: UInt32
  package let cookie: UInt64
  /// Milliseconds until `timer` fires.
  package let expires: UInt32
  package let uid: UInt32
  package let inode: UInt32

  /// INET_DIAG_SKV6ONLY, which only IPv6 sockets in LISTEN and CLOSE have; nil otherwise.
  package private(set) var v6Only: Bool?
  /// INET_DIAG_CGROUP_ID, which only full sockets have; nil otherwise.
  package private(set) var cgroupID: UInt64?

  private static let attributeSKV6Only: UInt16 = 11
  private static let attributeCgroupID: UInt16 = 21

  /// Takes the rest of `reader`, which is the payload of one message.
  @_lifetime(reader: copy reader)
  package init(_ reader: inout ByteReader) throws(DecodingError) {
    let start = reader.offset
    let fields = try reader.fields(Self.byteCount)
    let familyByte: UInt8 = fields.host(0)
    guard let family = Family(rawValue: familyByte) else {
      throw DecodingError(.unknownFamily(familyByte), offset: start)
    }
    self.family = family
    state = fields.host(1)
    timer = fields.host(2)
    sourcePort = fields.network(4)
    destinationPort = fields.network(6)
    source = AddressBytes(high: fields.network(8), low: fields.network(16))
    destination = AddressBytes(high: fields.network(24), low: fields.network(32))
    interface = fields.host(40)
    cookie = UInt64(fields.host(48, UInt32.self)) << 32 | UInt64(fields.host(44, UInt32.self))
    expires = fields.host(52)
    uid = fields.host(64)
    inode = fields.host(68)

    guard reader.remaining > 0 else { return }
    var attributes = Attributes(try reader.slice(reader.remaining))
    var payload = try reader.slice(0)
    while let type = try attributes.next(payload: &payload) {
      switch type {
      case Self.attributeSKV6Only: v6Only = try payload.uint8() != 0
      case Self.attributeCgroupID: cgroupID = try payload.hostUInt64()
      default: break
      }
    }
  }
}

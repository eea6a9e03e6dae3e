import NetlinkCodec

/// Bytes of netlink messages, put together field by field.
enum Datagram {
  static let sequence: UInt32 = 7
  static let portID: UInt32 = 4242
  static let multipart: UInt16 = 2

  static func host<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  static func network<T: FixedWidthInteger>(_ value: T) -> [UInt8] { host(value.bigEndian) }

  /// A message with its padding. `length` overrides what the header says of it.
  static func message(
    _ type: UInt16, flags: UInt16 = multipart, sequence: UInt32 = sequence, portID: UInt32 = portID,
    length: UInt32? = nil, _ payload: [UInt8] = []
  ) -> [UInt8] {
    var bytes = host(length ?? UInt32(16 + payload.count)) + host(type) + host(flags)
    bytes += host(sequence) + host(portID) + payload
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  static func attribute(_ type: UInt16, _ payload: [UInt8], length: UInt16? = nil) -> [UInt8] {
    var bytes = host(length ?? UInt16(4 + payload.count)) + host(type) + payload
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  /// `struct inet_diag_msg` of a TIME_WAIT on 127.0.0.1:9527, told apart by its cookie.
  static func socket(cookie: UInt64, family: UInt8 = 2, attributes: [UInt8] = []) -> [UInt8] {
    var bytes: [UInt8] = [family, 6, 3, 0]
    bytes += network(UInt16(9527)) + network(UInt16(52114))
    let address: [UInt8] = [127, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
    bytes += address + address
    bytes += host(UInt32(0)) + host(UInt32(truncatingIfNeeded: cookie)) + host(UInt32(cookie >> 32))
    bytes += host(UInt32(58_400))
    bytes += [UInt8](repeating: 0, count: 16)
    return bytes + attributes
  }

  static func socketMessage(cookie: UInt64) -> [UInt8] { message(20, socket(cookie: cookie)) }

  static let done = message(3, host(Int32(0)))
}

/// Reads `bytes` with `body`.
func reading<T>(
  _ bytes: [UInt8], base: Int = 0, _ body: (inout ByteReader) throws(DecodingError) -> T
) throws(DecodingError) -> T {
  var reader = ByteReader(bytes.span.bytes, base: base)
  return try body(&reader)
}

/// What an assembler made of datagrams: the cookies it handed out, and its last state.
struct Assembled {
  var assembler = DumpAssembler(sequence: Datagram.sequence, portID: Datagram.portID)
  var cookies: [UInt64] = []

  mutating func consume(_ datagram: [UInt8]) throws(DecodingError) {
    var new: [UInt64] = []
    defer { cookies += new }
    try assembler.consume(datagram.span.bytes) { message in new.append(message.cookie) }
  }

  static func all(_ datagrams: [UInt8]...) throws(DecodingError) -> Assembled {
    var assembled = Assembled()
    for datagram in datagrams { try assembled.consume(datagram) }
    return assembled
  }
}

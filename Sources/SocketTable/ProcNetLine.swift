package import NetlinkCodec

/// One line of /proc/net/tcp, tcp6, udp or udp6 (proc_net_tcp in the kernel's documentation).
///
/// ```
/// sl: local:port remote:port st tx:rx tr:when retransmits uid timeout inode ...
/// ```
/// Addresses are 32-bit words in hexadecimal, each in the machine's own byte order; `when` counts hundredths of a
/// second (USER_HZ) in hexadecimal.
package enum ProcNetLine {
  package struct ParsingError: Error, Equatable, Sendable {
    /// Bytes from the start of the line.
    package let offset: Int
  }

  /// The record on a line without its newline.
  package static func record(
    _ line: Span<UInt8>, family: AddressFamily, transport: TransportProtocol = .tcp
  ) throws(ParsingError) -> SocketRecord {
    var scanner = Scanner(line)
    scanner.skipSpaces()
    let _: UInt64 = try scanner.decimal()
    try scanner.expect(UInt8(ascii: ":"))
    let local = try scanner.endpoint(family)
    let peer = try scanner.endpoint(family)
    scanner.skipSpaces()
    let state: UInt8 = try scanner.hexadecimal(digits: 2)
    scanner.skipSpaces()
    let _: UInt64 = try scanner.hexadecimal(digits: 8)
    try scanner.expect(UInt8(ascii: ":"))
    let _: UInt64 = try scanner.hexadecimal(digits: 8)
    scanner.skipSpaces()
    let timer: UInt8 = try scanner.hexadecimal(digits: 2)
    try scanner.expect(UInt8(ascii: ":"))
    let ticks: UInt64 = try scanner.hexadecimal(digits: 8)
    scanner.skipSpaces()
    let _: UInt64 = try scanner.hexadecimal(digits: 8)
    scanner.skipSpaces()
    let uid: UInt32 = try scanner.decimal()
    scanner.skipSpaces()
    let _: UInt64 = try scanner.decimal()
    scanner.skipSpaces()
    let inode: UInt32 = try scanner.decimal()

    let (milliseconds, isTooLong) = ticks.multipliedReportingOverflow(by: 10)
    return SocketRecord(
      transport: transport, state: TCPState(wireValue: state),
      local: local, peer: peer,
      timer: SocketRecord.Timer(
        wireValue: timer, expires: isTooLong ? .max : UInt32(clamping: milliseconds)),
      uid: uid, inode: inode)
  }
}

private struct Scanner: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  @_lifetime(self: copy self)
  mutating func skipSpaces() {
    while next == UInt8(ascii: " ") { position += 1 }
  }

  @_lifetime(self: copy self)
  mutating func expect(_ byte: UInt8) throws(ProcNetLine.ParsingError) {
    guard next == byte else { throw ProcNetLine.ParsingError(offset: position) }
    position += 1
  }

  @_lifetime(self: copy self)
  mutating func decimal<T: FixedWidthInteger>() throws(ProcNetLine.ParsingError) -> T {
    let start = position
    var value: UInt64 = 0
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw ProcNetLine.ParsingError(offset: position) }
      value = sum
      position += 1
    }
    guard position > start else { throw ProcNetLine.ParsingError(offset: position) }
    return try fitting(value, from: start)
  }

  /// `digits` is what the kernel prints at least; a long prints more where it needs them.
  @_lifetime(self: copy self)
  mutating func hexadecimal<T: FixedWidthInteger>(digits: Int) throws(ProcNetLine.ParsingError) -> T {
    let start = position
    var value: UInt64 = 0
    while position - start < 16, let byte = next, let digit = Self.digit(byte) {
      value = value << 4 | UInt64(digit)
      position += 1
    }
    guard position - start >= digits else { throw ProcNetLine.ParsingError(offset: position) }
    return try fitting(value, from: start)
  }

  /// A number that does not fit into its field says that the line is not what it seems.
  private func fitting<T: FixedWidthInteger>(
    _ value: UInt64, from start: Int
  ) throws(ProcNetLine.ParsingError) -> T {
    guard let fitting = T(exactly: value) else { throw ProcNetLine.ParsingError(offset: start) }
    return fitting
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// Eight digits that stand for a word in the machine's byte order.
  @_lifetime(self: copy self)
  private mutating func word() throws(ProcNetLine.ParsingError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<8 {
      guard let byte = next, let digit = Self.digit(byte) else {
        throw ProcNetLine.ParsingError(offset: position)
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return UInt32(bigEndian: value)
  }

  @_lifetime(self: copy self)
  mutating func endpoint(_ family: AddressFamily) throws(ProcNetLine.ParsingError) -> Endpoint {
    skipSpaces()
    let address: IPAddress
    switch family {
    case .ipv4: address = IPAddress(ipv4: try word())
    case .ipv6:
      let words = (try word(), try word(), try word(), try word())
      address = IPAddress(
        ipv6High: UInt64(words.0) << 32 | UInt64(words.1), low: UInt64(words.2) << 32 | UInt64(words.3))
    }
    try expect(UInt8(ascii: ":"))
    let port: UInt16 = try hexadecimal(digits: 4)
    return Endpoint(address: address, port: port)
  }
}

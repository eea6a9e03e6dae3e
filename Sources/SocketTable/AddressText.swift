extension ByteBuffer {
  /// IPv4 dotted; IPv6 as RFC 5952 has it, with the dotted form for v4-mapped addresses.
  package mutating func append(_ address: IPAddress) {
    switch address.family {
    case .ipv4: append(dotted: UInt32(truncatingIfNeeded: address.low))
    case .ipv6:
      if address.isV4Mapped {
        append(literal: "::ffff:")
        append(dotted: UInt32(truncatingIfNeeded: address.low))
      } else {
        appendGroups(address)
      }
    }
  }

  private mutating func appendGroups(_ address: IPAddress) {
    func group(_ index: Int) -> UInt64 {
      let half = index < 4 ? address.high : address.low
      return half >> UInt64(48 - 16 * (index % 4)) & 0xffff
    }
    // The longest run of at least two zero groups, the first of equals, is written "::".
    var zeros = 0..<0
    var index = 0
    while index < 8 {
      var end = index
      while end < 8, group(end) == 0 { end += 1 }
      if end - index >= 2, end - index > zeros.count { zeros = index..<end }
      index = max(end, index + 1)
    }
    index = 0
    while index < 8 {
      if index == zeros.lowerBound, !zeros.isEmpty {
        append(literal: "::")
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound || zeros.isEmpty { append(byte: UInt8(ascii: ":")) }
      append(hexadecimal: group(index))
      index += 1
    }
  }

  /// 127.0.0.1:9527, [::1]:9527.
  package mutating func append(_ endpoint: Endpoint) {
    let isIPv6 = endpoint.address.family == .ipv6
    if isIPv6 { append(byte: UInt8(ascii: "[")) }
    append(endpoint, between: isIPv6 ? "]:" : ":")
  }

  /// The address, `separator` and the port.
  package mutating func append(_ endpoint: Endpoint, between separator: StaticString) {
    append(endpoint.address)
    append(literal: separator)
    append(decimal: endpoint.port)
  }
}

extension Endpoint {
  /// How many columns the text of an IPv4 or v4-mapped endpoint has; others have to be written to be measured.
  package var dottedWidth: Int? {
    guard let ipv4 = address.ipv4 else { return nil }
    // Four digits, three dots and a colon, and a digit more for each octet above 9 and above 99: adding so much sets an
    // octet's upper bit, unless it was set, and without touching its neighbour.
    let low = ipv4 & 0x7f7f_7f7f
    let above9 = (low &+ 0x7676_7676 | ipv4) & 0x8080_8080
    let above99 = (low &+ 0x1c1c_1c1c | ipv4) & 0x8080_8080
    let width = 8 + above9.nonzeroBitCount + above99.nonzeroBitCount + ByteBuffer.digits(UInt32(port))
    return address.family == .ipv4 ? width : width + 9
  }
}

extension IPAddress {
  package var text: String {
    var buffer = ByteBuffer()
    buffer.append(self)
    return buffer.text
  }
}

extension Endpoint {
  package var text: String {
    var buffer = ByteBuffer()
    buffer.append(self)
    return buffer.text
  }
}

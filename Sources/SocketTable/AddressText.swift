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
  /// How many columns the text of an IPv4 or v4-mapped endpoint has. Nil for other IPv6 endpoints, which have to be written
  /// to be measured.
  package var dottedWidth: Int? {
    guard let ipv4 = address.ipv4 else { return nil }
    // Three dots and a colon.
    var width = 4 + ByteBuffer.digits(UInt32(port))
    for shift: UInt32 in [24, 16, 8, 0] { width += ByteBuffer.digits(ipv4 >> shift & 0xff) }
    return address.family == .ipv4 ? width : width + 9
  }
}

extension IPAddress {
  /// 127.0.0.1, ::1, ::ffff:127.0.0.1.
  package var text: String {
    var buffer = ByteBuffer()
    buffer.append(self)
    return buffer.text
  }
}

extension Endpoint {
  /// 127.0.0.1:9527, [::1]:9527.
  package var text: String { text(scope: nil) }

  /// 127.0.0.53%lo:53, [fe80::1%eth0]:80; without a scope as `text`.
  /// - Parameter scope: the name of the device that the socket is bound to.
  package func text(scope: String?) -> String {
    var buffer = ByteBuffer()
    guard let scope else {
      buffer.append(self)
      return buffer.text
    }
    let isIPv6 = address.family == .ipv6
    return "\(isIPv6 ? "[" : "")\(address.text)%\(ByteSafety.escaped(scope))\(isIPv6 ? "]" : ""):\(port)"
  }
}

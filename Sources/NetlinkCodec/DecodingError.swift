/// A message that cannot be what it says it is: what is wrong, and where.
package struct DecodingError: Error, Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    /// Fewer bytes are left than the next field needs.
    case truncated(needed: Int, available: Int)
    /// A length field is smaller than its own header, or reaches beyond the data.
    case badLength(declared: Int, minimum: Int, available: Int)
    /// `inet_diag_msg.idiag_family` is neither AF_INET nor AF_INET6.
    case unknownFamily(UInt8)
  }

  package let reason: Reason
  /// Bytes from the start of the datagram.
  package let offset: Int

  package init(_ reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

extension DecodingError: CustomStringConvertible {
  package var description: String {
    switch reason {
    case .truncated(let needed, let available):
      "\(needed) bytes needed at offset \(offset), \(available) left"
    case .badLength(let declared, let minimum, let available):
      "length \(declared) at offset \(offset) is outside \(minimum)...\(available)"
    case .unknownFamily(let family):
      "address family \(family) at offset \(offset)"
    }
  }
}

/// An attribute behind the fixed part of a request (`struct nlattr`), without its header and padding.
package struct RequestAttribute: Equatable, Sendable {
  /// `nla_type`.
  package let type: UInt16
  package let payload: [UInt8]

  package init(type: UInt16, payload: [UInt8]) {
    self.type = type
    self.payload = payload
  }
}

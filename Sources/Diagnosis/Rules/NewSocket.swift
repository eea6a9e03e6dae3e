package import SocketTable

/// A socket that is about to be bound, with the properties that matter to the rules of bind(2).
package struct NewSocket: Hashable, Sendable {
  package var address: IPAddress
  /// IPV6_V6ONLY.
  package var v6Only: Bool
  /// Index of the interface it is tied to (SO_BINDTODEVICE, or a link-local scope); 0 is none.
  package var interface: UInt32
  package var options: SocketOptions
  /// The user who binds.
  package var uid: UInt32

  package init(
    address: IPAddress, v6Only: Bool = false, interface: UInt32 = 0, options: SocketOptions = [],
    uid: UInt32 = 0
  ) {
    self.address = address
    self.v6Only = v6Only
    self.interface = interface
    self.options = options
    self.uid = uid
  }
}

/// What `TCPIteratorProgram` writes of a socket: 16 bytes.
package struct TCPIteratorRecord: Equatable, Sendable {
  package let cookie: UInt64
  package let port: UInt16
  /// As the kernel numbers states (net/tcp_states.h); a minisocket is in TIME_WAIT, also where sock_diag says FIN_WAIT2.
  package let state: UInt8
  package let reuseAddress: Bool
  package let reusePort: Bool
  package let v6Only: Bool

  package static let byteCount = 16
  static let cookieOffset: Int16 = 0
  static let portOffset: Int16 = 8
  static let stateOffset: Int16 = 10
  /// The kernel's SK_CAN_REUSE is 1 and its SK_FORCE_REUSE 2; to the rules of bind(2) both are set.
  static let reuseAddressOffset: Int16 = 11
  static let reusePortOffset: Int16 = 12
  static let v6OnlyOffset: Int16 = 13
  static let paddingOffset: Int16 = 14

  package init(
    cookie: UInt64, port: UInt16, state: UInt8, reuseAddress: Bool, reusePort: Bool, v6Only: Bool
  ) {
    self.cookie = cookie
    self.port = port
    self.state = state
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
    self.v6Only = v6Only
  }

  /// The record at an offset; nil if it is not whole.
  package init?(_ bytes: RawSpan, at offset: Int) {
    guard offset >= 0, offset <= bytes.byteCount - Self.byteCount else { return nil }
    func byte(_ place: Int16) -> UInt8 {
      unsafe bytes.unsafeLoad(fromByteOffset: offset + Int(place), as: UInt8.self)
    }
    cookie = unsafe bytes.unsafeLoadUnaligned(
      fromByteOffset: offset + Int(Self.cookieOffset), as: UInt64.self)
    port = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + Int(Self.portOffset), as: UInt16.self)
    state = byte(Self.stateOffset)
    reuseAddress = byte(Self.reuseAddressOffset) != 0
    reusePort = byte(Self.reusePortOffset) != 0
    v6Only = byte(Self.v6OnlyOffset) != 0
  }
}

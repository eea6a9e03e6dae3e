/// Where the kernel's iterator over TCP sockets (`iter/tcp`, net/ipv4/tcp_ipv4.c) keeps what is read from it. Each is checked to
/// be what is expected; where one is not, nothing is read at all.
package struct TCPIteratorLayout: Equatable, Sendable {
  /// The number of `bpf_iter_tcp` among the kernel's types: what the program is attached to.
  package let function: UInt32
  /// Where the program's context has the pointers to `struct bpf_iter_meta` and to the socket, in bytes.
  let meta: Int
  let socket: Int
  /// In `struct bpf_iter_meta`.
  let output: BTFField
  /// In `struct sock_common`, which full sockets and minisockets both begin with.
  let port: BTFField
  let state: BTFField
  let reuseAddress: BTFField
  let reusePort: BTFField
  let v6Only: BTFField
  let cookie: BTFField

  /// An instruction reaches so far from a pointer.
  private static let reach = 0x7fff

  package init(_ file: BTFFile) throws(BTFError) {
    function = try file.function(named: "bpf_iter_tcp")
    // The context is the array of the function's arguments, 8 bytes each.
    let meta = try file.parameter("meta", of: function)
    let socket = try file.parameter("sk_common", of: function)
    self.meta = meta.index * 8
    self.socket = socket.index * 8
    output = try file.field("seq", of: try file.pointee(of: meta.type))
    let common = try file.pointee(of: socket.type)
    port = try file.field("skc_num", of: common)
    state = try file.field("skc_state", of: common)
    reuseAddress = try file.field("skc_reuse", of: common)
    reusePort = try file.field("skc_reuseport", of: common)
    v6Only = try file.field("skc_ipv6only", of: common)
    cookie = try file.field("skc_cookie", of: common)
    for (field, size, name) in [
      (output, 8, "seq"), (port, 2, "skc_num"), (state, 1, "skc_state"), (cookie, 8, "skc_cookie"),
    ] where !field.isWhole(bytes: size) || field.byteOffset > Self.reach {
      throw .unexpectedLayout(name)
    }
    for (field, name) in [
      (reuseAddress, "skc_reuse"), (reusePort, "skc_reuseport"), (v6Only, "skc_ipv6only"),
    ] where !field.isInOneByte || field.byteOffset > Self.reach {
      throw .unexpectedLayout(name)
    }
  }
}

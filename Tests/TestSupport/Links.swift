import CTestSupport
import Glibc

/// Network links of the lab's namespace besides `lo`.
extension Lab {
  /// A veth pair, `name` and `name` + "-peer", both in this namespace. Without `carrier` the far end stays
  /// down, so that an IPv6 address given to `name` with `checked` stays tentative.
  package func addLink(_ name: String, carrier: Bool = true) throws {
    let peer = name + "-peer"
    try check("RTM_NEWLINK", name) { test_add_veth(name, peer) }
    try setLink(name, up: true)
    if carrier { try setLink(peer, up: true) }
  }

  package func deleteLink(_ name: String) throws {
    try check("RTM_DELLINK", name) { test_delete_link(name) }
  }

  package func setLink(_ name: String, up: Bool) throws {
    try check("SIOCSIFFLAGS", name) { test_set_link_up(name, up ? 1 : 0) }
  }

  /// `checked`: by duplicate address detection (IPv6), which leaves it tentative for about a second.
  package func addAddress(_ text: String, prefix: Int32, to link: String, checked: Bool = false) throws {
    let address = try SocketAddress(text, port: 0)
    try check("RTM_NEWADDR", "\(text) \(link)") {
      test_add_address(link, address.family.rawValue, address.bytes, prefix, checked ? 1 : 0)
    }
    // The kernel adds the route to an IPv6 address a little later.
    guard address.family == .ipv6, !checked, !text.hasPrefix("fe80") else { return }
    try waitUntil("there is a route to \(text)") { Self.isReachable(address) }
  }

  /// An IPv6 address that duplicate address detection has refused, on a new link.
  package func addDuplicateAddress(_ text: String, to link: String) throws {
    try addLink(link)
    try addAddress(text, prefix: 64, to: link + "-peer")
    try addAddress(text, prefix: 64, to: link, checked: true)
    try waitUntil("detection has failed") {
      let table = String(decoding: try readFile("/proc/thread-self/net/if_inet6"), as: UTF8.self)
      return table.split(separator: "\n").contains { line in
        let words = line.split(separator: " ")
        // IFA_F_DADFAILED
        return words.count == 6 && words[5] == link && UInt32(words[4], radix: 16).map { $0 & 8 != 0 } == true
      }
    }
    // The other host is this namespace itself, where the far end's address could be bound: it goes.
    try setLink(link + "-peer", up: false)
  }

  /// Connecting a UDP socket asks for a route and sends nothing.
  private static func isReachable(_ address: SocketAddress) -> Bool {
    let socket = Glibc.socket(AF_INET6, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { Glibc.close(socket) }
    var address = address
    address.port = 9
    return address.withSockaddr { Glibc.connect(socket, $0, $1) } == 0
  }
}

/// The family of an address. Where an IPv4 client reaches an IPv6 server, the connection is IPv6: its addresses are v4-mapped.
package enum AddressFamily: Hashable, Sendable {
  case ipv4
  case ipv6
}

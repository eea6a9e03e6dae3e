/// Of an address. The socket of an IPv6 server that an IPv4 client reaches is IPv6: its addresses are v4-mapped.
package enum AddressFamily: Hashable, Sendable {
  case ipv4
  case ipv6
}

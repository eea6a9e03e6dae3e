import ArgumentParser
import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// The options that describe a server.
struct ServerOptions: ParsableArguments {
  @Flag(help: "Your server sets SO_REUSEADDR.")
  var reuse = false

  @Flag(help: "Your server sets SO_REUSEPORT.")
  var reusePort = false

  @Option(
    help: ArgumentHelp("An address that your server binds; repeat it for several.", valueName: "address"))
  var address: [String] = []

  @Flag(help: "Your server sets IPV6_V6ONLY on its IPv6 sockets.")
  var v6Only = false

  @Option(help: ArgumentHelp("Your server is tied to this device (SO_BINDTODEVICE).", valueName: "device"))
  var interface: String?

  @Flag(help: "Try listen() too; a client could connect in that instant.")
  var listen = false

  @Flag(help: "Go ahead where --listen with --reuse-port could take connections of a live listener.")
  var yes = false
}

extension BindTarget {
  /// What was typed, and what it means. `common` has -4 and -6.
  init(port: String, _ server: ServerOptions, _ common: CommonOptions) throws(Failure) {
    if common.ipv4, server.v6Only {
      throw .usage("--v6-only with -4: IPV6_V6ONLY is an option of IPv6 sockets; leave one of them out")
    }
    var options: SocketOptions = []
    if server.reuse { options.insert(.reuseAddress) }
    if server.reusePort { options.insert(.reusePort) }
    if let name = server.interface, name.isEmpty || name.utf8.count > 15 {
      throw .usage("--interface '\(ByteSafety.escaped(name))': a device name has 1 to 15 bytes")
    }
    self.init(
      port: try PortArgument.single(port), addresses: try Self.addresses(server, common),
      areAlternatives: server.address.isEmpty, options: options,
      interface: server.interface, interfaceIndex: server.interface.flatMap(Interfaces.index) ?? 0,
      listens: server.listen, uid: HostIdentity.current().effectiveUserID)
  }

  private static func addresses(
    _ server: ServerOptions, _ common: CommonOptions
  ) throws(Failure) -> [BindAddress] {
    guard !server.address.isEmpty else {
      let all = [BindAddress(.anyIPv4), BindAddress(.anyIPv6, v6Only: server.v6Only)]
      return common.ipv4 ? [all[0]] : common.ipv6 || server.v6Only ? [all[1]] : all
    }
    var addresses: [BindAddress] = []
    for text in server.address { addresses.append(try address(text, server, common)) }
    if server.v6Only, !addresses.contains(where: { $0.v6Only }) {
      throw .usage(
        """
        --v6-only with --address \(addresses[0].address.text): IPV6_V6ONLY is an option of IPv6 sockets; \
        give an IPv6 address or leave it out
        """
      )
    }
    return addresses
  }

  private static func address(_ text: String, _ server: ServerOptions, _ common: CommonOptions)
    throws(Failure) -> BindAddress
  {
    let shown = ByteSafety.escaped(text)
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    let parts = (isBracketed ? String(text.dropFirst().dropLast()) : text)
      .split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let address = IPAddress(parsing: parts[0]), parts.count == 1 || address.family == .ipv6 else {
      throw .usage(
        """
        --address '\(shown)': not an IPv4 or IPv6 address; names are not looked up: 192.0.2.7, ::1, \
        fe80::1%eth0
        """
      )
    }
    if common.ipv4, address.ipv4 == nil {
      throw .usage("-4 with --address \(shown): an IPv6 address; leave out -4, or give an IPv4 address")
    }
    if common.ipv6, address.ipv4 != nil {
      throw .usage("-6 with --address \(shown): an IPv4 address; leave out -6, or give an IPv6 address")
    }
    if server.v6Only, address.isV4Mapped {
      throw .usage(
        """
        --v6-only with --address \(shown): a socket with IPV6_V6ONLY takes no v4-mapped address; leave \
        one out
        """
      )
    }
    guard parts.count == 2 else {
      return BindAddress(address, v6Only: server.v6Only && address.family == .ipv6)
    }
    guard !parts[1].isEmpty, parts[1].utf8.count <= 15 else {
      throw .usage("--address '\(shown)': an interface name has 1 to 15 bytes: fe80::1%eth0")
    }
    // An index that no device has: the kernel is to say so itself.
    let scope = Interfaces.index(parts[1]) ?? UInt32(parts[1]) ?? UInt32(Int32.max)
    return BindAddress(address, v6Only: server.v6Only, scope: scope, scopeName: ByteSafety.escaped(parts[1]))
  }
}

import Diagnosis
import LinuxHost
import SocketTable

/// The server whose bind is asked about, as it was typed. Service names and interfaces are not looked up yet.
struct ServerRequest {
  /// An address, and the interface after its "%".
  private struct NamedAddress {
    let address: IPAddress
    let zone: String?
    let v6Only: Bool
  }

  private let port: String
  /// Empty if no address was named.
  private let named: [NamedAddress]
  private let family: SocketFilter.Family
  private let v6Only: Bool
  private let interface: String?
  let options: SocketOptions
  let listens: Bool
  /// Whether the user allows a trial that listens and may take connections from a live listener (`--yes`).
  let mayTakeConnections: Bool
  /// The running server that the description is taken from (`--like`); nil for one that is typed.
  let like: ServerReference?

  /// Whether nothing of the server was typed but its port.
  var isUndescribed: Bool {
    named.isEmpty && options.isEmpty && !v6Only && interface == nil && family == .any && like == nil
  }

  /// - Parameter command: the name of the command that asks.
  init(
    port typed: String, of command: String, _ server: ServerOptions, _ common: CommonRequest
  ) throws(Failure) {
    try PortArgument.refuseSeveral([typed], of: command)
    let pasted = try PastedPort(typed)
    if let address = pasted.address, let other = server.address.first {
      throw .usage(
        """
        '\(ByteSafety.escaped(typed))' with --address \(ByteSafety.escaped(other)): both name an address \
        (\(ByteSafety.escaped(address))); give one of them
        """)
    }
    if common.family == .ipv4, server.v6Only {
      throw .usage("--v6-only with -4: IPV6_V6ONLY is an option of IPv6 sockets; leave one of them out")
    }
    var options: SocketOptions = []
    if server.reuse { options.insert(.reuseAddress) }
    if server.reusePort { options.insert(.reusePort) }
    if let name = server.interface, name.isEmpty || name.utf8.count > 15 {
      throw .usage("--interface '\(ByteSafety.escaped(name))': a device name has 1 to 15 bytes")
    }
    try PortArgument.checkNumber(pasted.port)
    port = pasted.port
    self.options = options
    family = common.family
    v6Only = server.v6Only
    interface = server.interface
    listens = server.listen
    mayTakeConnections = server.yes
    like = try Self.like(server, pasted, common)
    named = try Self.addresses(
      pasted.address.map { [$0] } ?? RepeatedArguments.values(server.address), server, common)
  }

  /// Whether the kernel is asked to choose the port.
  var isAutomaticPort: Bool { port == "0" }

  private static func like(
    _ server: ServerOptions, _ pasted: PastedPort, _ common: CommonRequest
  ) throws(Failure) -> ServerReference? {
    guard let typed = server.like else { return nil }
    let shown = ByteSafety.escaped(typed)
    guard let reference = ServerReference(typed) else {
      throw .usage(
        "--like '\(shown)': neither the id of a process nor the name of a unit; write 812, or nginx.service")
    }
    let described: [(String, Bool)] = [
      ("--reuse", server.reuse), ("--reuse-port", server.reusePort), ("--address", !server.address.isEmpty),
      ("--v6-only", server.v6Only), ("--interface", server.interface != nil), ("-4", common.family == .ipv4),
      ("-6", common.family == .ipv6),
    ]
    if let (option, _) = described.first(where: \.1) {
      throw .usage("--like with \(option): the running server tells that itself; leave one of them out")
    }
    if let address = pasted.address {
      throw .usage(
        "--like with \(ByteSafety.escaped(address)): the running server has its own addresses; give the port alone"
      )
    }
    if pasted.port == "0" {
      throw .usage("--like with port 0: a running server has its port; give that one")
    }
    return reference
  }

  // MARK: Addresses

  private static func addresses(
    _ typed: [String], _ server: ServerOptions, _ common: CommonRequest
  ) throws(Failure) -> [NamedAddress] {
    var addresses: [NamedAddress] = []
    for text in typed {
      addresses.append(try address(text, server, common))
    }
    if let first = addresses.first, server.v6Only, !addresses.contains(where: { $0.v6Only }) {
      throw .usage(
        """
        --v6-only with --address \(first.address.text): IPV6_V6ONLY is an option of IPv6 sockets; \
        give an IPv6 address or leave it out
        """)
    }
    return addresses
  }

  private static func address(
    _ text: String, _ server: ServerOptions, _ common: CommonRequest
  ) throws(Failure) -> NamedAddress {
    let shown = ByteSafety.escaped(text)
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    let parts = (isBracketed ? String(text.dropFirst().dropLast()) : text)
      .split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let address = IPAddress(parsing: parts[0]), parts.count == 1 || address.family == .ipv6 else {
      throw .usage(
        """
        --address '\(shown)': not an IPv4 or IPv6 address, and names are not resolved; write 192.0.2.7, ::1 or \
        fe80::1%eth0
        """)
    }
    if common.family == .ipv4, address.ipv4 == nil {
      throw .usage("-4 with --address \(shown): an IPv6 address; leave out -4, or give an IPv4 address")
    }
    if common.family == .ipv6, address.ipv4 != nil {
      throw .usage("-6 with --address \(shown): an IPv4 address; leave out -6, or give an IPv6 address")
    }
    if server.v6Only, address.isV4Mapped {
      throw .usage(
        """
        --v6-only with --address \(shown): a socket with IPV6_V6ONLY takes no v4-mapped address; leave \
        one out
        """)
    }
    let zone = parts.count == 2 ? parts[1] : nil
    if let zone, zone.isEmpty || zone.utf8.count > 15 {
      throw .usage("--address '\(shown)': an interface name has 1 to 15 bytes: fe80::1%eth0")
    }
    return NamedAddress(
      address: address, zone: zone, v6Only: server.v6Only && address.family == .ipv6)
  }

  // MARK: On this host

  /// The number of the port. A name is looked up in /etc/services.
  func portNumber() throws(Failure) -> UInt16 { try PortArgument.single(port) }

  /// The server with all names looked up. Interfaces are looked up in this process's network namespace, so it has to have
  /// entered the one that was asked about.
  func target(_ port: UInt16) -> BindTarget {
    BindTarget(
      port: port, addresses: addresses, areAlternatives: named.isEmpty,
      options: options, interface: interface, interfaceIndex: interface.flatMap(Interfaces.index) ?? 0,
      listens: listens, uid: HostIdentity.current().effectiveUserID)
  }

  private var addresses: [BindAddress] {
    guard named.isEmpty else {
      return named.map { named in
        guard let zone = named.zone else { return BindAddress(named.address, v6Only: named.v6Only) }
        // If there is no such interface, an index that no interface has makes the kernel say so itself.
        let scope = Interfaces.index(zone) ?? UInt32(zone) ?? UInt32(Int32.max)
        return BindAddress(
          named.address, v6Only: named.v6Only, scope: scope, scopeName: ByteSafety.escaped(zone))
      }
    }
    let both = [BindAddress(.anyIPv4), BindAddress(.anyIPv6, v6Only: v6Only)]
    return family == .ipv4 ? [both[0]] : family == .ipv6 || v6Only ? [both[1]] : both
  }
}

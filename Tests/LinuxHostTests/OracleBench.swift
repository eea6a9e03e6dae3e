@testable import Diagnosis
import Glibc
import LinuxHost
import SocketTable
import TestSupport
import Testing

/// A namespace set up for many cases, and the product's eyes and hands in it.
final class OracleBench {
  /// Where clients whose own port is looked at connect to; the deaf one never answers a SYN.
  static let farPort: UInt16 = 30_001
  static let deafPort: UInt16 = 30_002

  let lab: Lab
  let space: OracleSpace
  let far: TCPSocket
  private var source: SocketSource
  private var prober = KernelBindProber()
  private let indices: [OracleDevice: UInt32]
  private var lastPort: UInt16 = 1_999
  private let hasIterator: Bool

  fileprivate init(_ lab: Lab, _ choice: SocketSource.Choice) throws {
    self.lab = lab
    source = try SocketSource(choice)
    hasIterator = choice == .netlink && Requirement.tcpIterator.isMet()
    try lab.addLink("eth0")
    let hasIPv6 = lab.hasIPv6
    if hasIPv6 {
      try lab.addAddress(OraclePlace.otherIPv6, prefix: 128, to: "lo")
      // Or ::1, being an address of lo, could not be bound on another device.
      try lab.sysctl("net.ipv6.ip_nonlocal_bind", "1")
    }
    // Away from the ports of the cases.
    try lab.sysctl("net.ipv4.ip_local_port_range", "40000 60999")
    space = OracleSpace(
      places: hasIPv6 ? OraclePlace.all : OraclePlace.ipv4,
      owners: Lab.canSwitchUser ? [geteuid(), 65_534] : [geteuid()], devices: OracleDevice.allCases)
    indices = [.none: 0, .loopback: if_nametoindex("lo"), .other: if_nametoindex("eth0")]
    let listen = { (port: UInt16) in
      let server = lab.keep(try TCPSocket(hasIPv6 ? .ipv6 : .ipv4, .init(v6Only: false)))
      try server.bind(hasIPv6 ? "::" : "0.0.0.0", port: port)
      try server.listen()
      return server
    }
    far = try listen(Self.farPort)
    try listen(Self.deafPort).dropIncoming()
    if hasIPv6 { try waitForRoute(to: OraclePlace.otherIPv6) }
  }

  /// The kernel's work queue adds it, some time after the address; a SYN in between is lost.
  private func waitForRoute(to address: String) throws {
    for _ in 0..<1_000 {
      let client = try TCPSocket(.ipv6)
      do throws(SystemCallError) {
        try client.startConnecting(to: SocketAddress(address, port: Self.farPort))
      } catch {
        guard error.number == ENETUNREACH else { throw error }
      }
      for _ in 0..<5 {
        if far.hasConnection {
          _ = try far.accept()
          return
        }
        pause(milliseconds: 1)
      }
    }
    throw Oracle.Unexpected(description: "no route to \(address)")
  }

  func freshPort() -> UInt16 {
    lastPort += 1
    return lastPort
  }

  /// Every socket on the port, as tw-inspect sees it.
  func look(_ port: UInt16) throws -> Snapshot {
    try source.snapshot(SocketFilter(ports: PortSet(port), states: .states(.all)))
  }

  /// The records of a look with what the kernel tells besides; nil where it does not.
  func learned(_ records: [SocketRecord]) throws -> [SocketRecord]? {
    hasIterator ? try SharedIterator.learned(records) : nil
  }

  func newSocket(_ socket: OracleSocket) throws -> NewSocket {
    NewSocket(
      address: try IPAddress(SocketAddress(socket.place.address, port: 0)), v6Only: socket.place.v6Only,
      interface: indices[socket.device] ?? 0, options: socket.options, uid: socket.owner)
  }

  /// Made as trybind makes it, by this user, and closed at once.
  func attempt(_ socket: OracleSocket, port: UInt16, listens: Bool) throws -> TrialOutcome {
    let address = BindAddress(
      try IPAddress(SocketAddress(socket.place.address, port: 0)), v6Only: socket.place.v6Only)
    let trial = TrialSocket(
      address: address, port: port, options: socket.options, interface: socket.device.name, listens: listens)
    return try asUser(socket.labOptions.owner) { try prober.attempt([trial])[0] }
  }

  /// Made by the lab, to stay.
  func open(_ socket: OracleSocket) throws -> TCPSocket {
    try TCPSocket(socket.place.family, socket.labOptions)
  }
}

/// With a connection table of its own where the kernel has that: the host's may be full of other tests'
/// sockets, and each look walks all of it.
func withOracleBench(_ choice: SocketSource.Choice = .netlink, _ body: (OracleBench) throws -> Void) throws {
  try withNetworkNamespace { outer in
    try? outer.sysctl("net.ipv4.tcp_child_ehash_entries", "4096")
    try withNetworkNamespace { lab in
      // Follows from the table's size.
      try lab.sysctl("net.ipv4.tcp_max_tw_buckets", "200000")
      try body(try OracleBench(lab, choice))
    }
  }
}

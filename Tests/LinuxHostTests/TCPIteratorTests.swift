import BPFCodec
import Glibc
import LinuxHost
import SocketTable
import TestSupport
import Testing

/// The kernel's iterator over TCP sockets, on sockets that were made for it: each has the options that it was given, and no other
/// socket is told of.
@Suite(.needs(.networkNamespaces), .needs(.tcpIterator))
struct TCPIteratorTests {
  /// What makes a socket of its state, on the port that it tells.
  struct Form: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The socket on the port is the one that connected.
    var isOfClient = false
    let make: @Sendable (Lab, Route, UInt16, LabOptions) throws -> Situation

    init(
      _ name: String, isOfClient: Bool = false,
      _ make: @escaping @Sendable (Lab, Route, UInt16, LabOptions) throws -> Situation
    ) {
      testDescription = name
      self.isOfClient = isOfClient
      self.make = make
    }
  }

  static let forms = [
    Form("LISTEN") { try $0.listener(via: $1, port: $2, $3) },
    Form("ESTABLISHED") { try $0.established(via: $1, port: $2, $3, keepListener: true) },
    Form("not accepted") { try $0.unaccepted(via: $1, port: $2, $3) },
    Form("SYN_SENT", isOfClient: true) { try $0.synSent(via: $1, localPort: $2, $3) },
    Form("CLOSE_WAIT") { try $0.closeWait(via: $1, port: $2, $3) },
    Form("FIN_WAIT1") { try $0.finWait1(via: $1, port: $2, $3, orphan: false) },
    Form("FIN_WAIT1 orphan") { try $0.finWait1(via: $1, port: $2, $3, orphan: true) },
    Form("FIN_WAIT2") { try $0.finWait2(via: $1, port: $2, $3) },
    Form("FIN_WAIT2 orphan") { try $0.finWait2Orphan(via: $1, port: $2, $3) },
    Form("FIN_WAIT2 minisocket") { try $0.finWait2Minisocket(via: $1, port: $2, $3) },
    Form("LAST_ACK") { try $0.lastAck(via: $1, port: $2, $3) },
    Form("CLOSING") { try $0.closing(via: $1, port: $2, $3) },
    Form("TIME_WAIT") { try $0.timeWait(via: $1, port: $2, $3) },
    Form("TIME_WAIT of a client", isOfClient: true) { try $0.clientTimeWait(via: $1, localPort: $2, $3) },
  ]

  private static let options: [LabOptions] = [.none, .withReuseAddress, .withReusePort, .withBoth]

  /// Every socket on the port, with what the iterator tells of it.
  private func look(_ port: UInt16) throws -> [SocketRecord] {
    try SharedIterator.learned(try records(onPort: port))
  }

  @Test(arguments: forms) func everyPairOfOptions(form: Form) throws {
    try withNetworkNamespace { lab in
      // One that the kernel chose could be a client's of another situation as well.
      var port: UInt16 = 2000
      for route in Route.allCases where lab.hasIPv6 || !route.needsIPv6 {
        for options in Self.options {
          port += 1
          _ = try form.make(lab, route, port, options)
          let records = try look(port)
          #expect(!records.isEmpty)
          for record in records {
            let what: Comment = "\(form.testDescription) \(route): \(record.summary)"
            #expect(record.reuseAddress == options.reuseAddress, what)
            #expect(record.reusePort == options.reusePort, what)
            // A client's socket has the namespace's default, and bind(2) to an IPv6 address sets it.
            if form.isOfClient { continue }
            let isSpecific = record.local.address.ipv4 == nil && route.listenAddress == "::1"
            #expect(record.v6Only == (route == .ipv6OnlyWildcard || isSpecific), what)
          }
        }
      }
    }
  }

  /// Which a minisocket has is decided when it is made, and not by its listener.
  @Test func whatTheConnectionHadAtItsEnd() throws {
    try withNetworkNamespace { lab in
      let set = try lab.timeWait { try $0.setReuseAddress(true) }
      let cleared = try lab.finWait2Minisocket(.withBoth) { try $0.setReusePort(false) }
      #expect(try look(set.port).map(\.reuseAddress) == [true])
      let record = try #require(try look(cleared.port).first)
      #expect((record.reuseAddress, record.reusePort) == (true, false))
    }
  }

  /// A request has no options of its own: what lies at their place was never written.
  @Test func aConnectionRequestIsPassedOver() throws {
    try withNetworkNamespace { lab in
      let records = try look(try lab.synRecv(.withBoth).port)
      #expect(records.count == 2)
      for record in records { #expect(record.reuseAddress == (record.state == .listen ? true : nil)) }
    }
  }

  /// It is not in the kernel's hashes of listeners and connections. Where a kernel lists it, it is told rightly.
  @Test(.needs(.boundSockets)) func aBoundSocketIsUnknownOrRight() throws {
    try withNetworkNamespace { lab in
      let record = try #require(try look(try lab.boundOnly(.withReuseAddress).port).first)
      #expect(record.reuseAddress != false)
    }
  }

  @Test func onlyThePortsAskedFor() throws {
    try withNetworkNamespace { lab in
      for port in 9526...9530 as ClosedRange<UInt16> { try lab.timeWait(port: port, .withReuseAddress) }
      for port in 9526...9530 as ClosedRange<UInt16> { _ = try records(onPort: port) }
      var ports: [UInt16] = []
      try TCPIterator(ports: [9527...9528, 9530...9530]).read { ports.append($0.port) }
      #expect(ports.sorted() == [9527, 9528, 9530])
    }
  }

  /// One of another namespace is neither told of nor taken for one of ours.
  @Test func onlyThisNamespace() throws {
    try withNetworkNamespace { outer in
      try outer.timeWait(port: 9527, .withReuseAddress)
      _ = try records(onPort: 9527)
      let iterator = try TCPIterator(ports: [9527...9527])
      func count() throws -> Int {
        var count = 0
        try iterator.read { _ in count += 1 }
        return count
      }
      #expect(try count() == 1)
      try withNetworkNamespace { inner in
        #expect(try count() == 0, "the namespace that counts is that of the reading")
        try inner.timeWait(port: 9527, .withReusePort)
        let record = try #require(try look(9527).first)
        #expect((record.reuseAddress, record.reusePort) == (false, true))
      }
    }
  }

  /// Until somebody looks, the kernel has not numbered a socket, and nothing could be joined.
  @Test func nothingBeforeALook() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var cookies: [UInt64] = []
      try TCPIterator(ports: [9527...9527]).read { cookies.append($0.cookie) }
      #expect(cookies == [])
      let record = try record(onPort: 9527)
      try TCPIterator(ports: [9527...9527]).read { cookies.append($0.cookie) }
      #expect(cookies == [record.cookie])
    }
  }

  /// More than the kernel hands out at a time. An emulator takes longer to make them than the first of them last.
  @Test(.needs(.realTime)) func many() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2_500, port: 9527, .withReuseAddress)
      var investigation = try Investigation(Place(source: .netlink))
      let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
      var records = try investigation.snapshot(filter).records
      investigation.learnReuseOptions(of: &records, filter)
      #expect(investigation.reuseOptionsRefusal == nil)
      #expect(records.count == 2_500)
      #expect(records.allSatisfy { $0.reuseAddress == true && $0.reusePort == false })
    }
  }
}

/// Where the kernel does not tell, that is said, and nothing is guessed.
@Suite(.needs(.networkNamespaces))
struct TCPIteratorRefusalTests {
  @Test func procHasNoCookies() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var investigation = try Investigation(Place(source: .proc))
      let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
      var records = try investigation.snapshot(filter).records
      investigation.learnReuseOptions(of: &records, filter)
      #expect(investigation.reuseOptionsRefusal?.contains("cookies") == true)
      #expect(records.map(\.reuseAddress) == [nil])
    }
  }
}

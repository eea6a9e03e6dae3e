@testable import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// What decides besides the sockets that are listed and their flags.
extension PredictionTests {
  @Test func ownAddressesThatOverlap() {
    let overlapping = Self.predicted([], .server(on: [.anyIPv4, .loopback]))
    #expect(
      overlapping.trials.filter(\.usesServerOptions).map(\.outcome) == [.ok, .refused(.bind, .addressInUse)])
    #expect(Self.slugs(overlapping) == "own-addresses-overlap")
    #expect(overlapping.verdict.bindable == false && overlapping.freeIn == nil)
    let both = Self.predicted([], .server(on: [.anyIPv4, .anyIPv6]))
    #expect(Self.slugs(both) == "own-addresses-overlap")
    #expect(Self.predicted([], .server(on: [.anyIPv4, .anyIPv6Only])).verdict.bindable == true)
    // With an option in common they can all be bound.
    #expect(Self.predicted([], .server(.reusePort, on: [.anyIPv4, .loopback])).verdict.bindable == true)
  }

  /// What is not bound is in nobody's way.
  @Test func aRefusedSocketOfOnesOwnBlocksNothing() {
    let elsewhere = SocketRecord.on(.v4(127, 0, 0, 2), 9527, .bound, inode: 9, cookie: 9)
    let diagnosis = Self.predicted([elsewhere], .server(on: [.anyIPv4, .loopback]))
    #expect(
      diagnosis.trials.filter(\.usesServerOptions).map(\.outcome) == [.refused(.bind, .addressInUse), .ok])
    #expect(Self.slugs(diagnosis) == "bound-not-listening")
  }

  /// If the first can be bound, the second cannot.
  @Test func anOpenSocketOfOnesOwnLeavesTheNextOneOpen() {
    let first = SocketRecord.on(.v4(127, 0, 0, 2), 9527, .timeWait, interface: 0, cookie: 9)
    let target = BindTarget.server(.reuseAddress, on: [.anyIPv4, .loopback])
    let diagnosis = Self.predicted([first], target)
    // Both have SO_REUSEADDR, so they are in nobody's way.
    #expect(
      diagnosis.trials.filter(\.usesServerOptions).map(\.outcome) == [.undetermined(.reuseAddress), .ok])
    var tied = BindTarget.server(on: [.anyIPv6, .loopback])
    tied.interface = "eth0"
    tied.interfaceIndex = 2
    let unknownDevice = SocketRecord.on(.v4(127, 0, 0, 2), 9527, .listen, inode: 9)
    let open = Self.predicted([unknownDevice], tied, coverage: .proc)
    #expect(
      open.trials.filter(\.usesServerOptions).map(\.outcome) == [
        .undetermined([.interface, .boundNotListening]), .undetermined([.interface, .boundNotListening]),
      ])
    // Whether the first can be bound is open; that the two cannot listen beside each other is not.
    #expect(Self.answer(open) == "fails")
  }

  @Test func aPrivilegedPort() {
    let diagnosis = Self.predicted([], .server(.reusePort, port: 80), lacksPrivilege: true)
    #expect(diagnosis.verdict.bindable == false && diagnosis.freeIn == nil)
    #expect(
      diagnosis.trials.allSatisfy { $0.outcome == .refused(.bind, .accessDenied) && $0.prediction == .fails })
    #expect(Self.slugs(diagnosis) == "privileged-port")
    #expect(diagnosis.prediction?.certainty == .certain)
    // EACCES goes before EADDRINUSE.
    let taken = SocketRecord.on(.anyIPv4, 80, .listen, inode: 9)
    #expect(Self.slugs(Self.predicted([taken], .server(port: 80), lacksPrivilege: true)) == "privileged-port")
    // Where the privilege may not count, nothing is certain.
    var settings = HostSettings()
    settings.mayBindPrivilegedPorts = nil
    let unknown = Self.predicted([], .server(port: 80), settings: settings)
    #expect(unknown.verdict.bindable == true && unknown.prediction?.certainty == .likely)
    settings.mayBindPrivilegedPorts = true
    #expect(Self.predicted([], .server(port: 80), settings: settings).prediction?.certainty == .certain)
  }

  /// What a look that was cut short has not seen may be there.
  @Test func aLookThatIsNotWholeIsNoAnswer() {
    let cut = Coverage(origin: .sockDiag, isComplete: false, blindSpots: [])
    for holders in [[], [Self.listener]] {
      let diagnosis = Self.predicted(holders, coverage: cut)
      #expect(diagnosis.verdict == .unknown && diagnosis.freeIn == nil, "\(holders)")
    }
  }

  @Test func whatBindSaysBeforeItLooksAtThePort() {
    var gone = BindTarget.server(on: [.anyIPv4])
    gone.interface = "gone0"
    #expect(Self.slugs(Self.predicted([Self.listener], gone)) == "no-such-interface")
    let linkLocal = BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1))
    #expect(Self.slugs(Self.predicted([Self.listener], .server(on: [linkLocal]))) == "address-needs-scope")
    let scoped = BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1), scope: 2, scopeName: "eth0")
    #expect(Self.predicted([], .server(on: [scoped])).verdict.bindable == true)
  }

  /// Nobody but bind() tells whether an address is local.
  @Test func anAddressThatMayNotBeLocal() {
    func certainty(_ address: IPAddress) -> Finding.Certainty? {
      Self.predicted([], .server(on: [BindAddress(address)])).prediction?.certainty
    }
    #expect(certainty(.v4(192, 0, 2, 7)) == .likely)
    #expect(certainty(.mapped(192, 0, 2, 7)) == .likely)
    #expect(certainty(IPAddress(ipv6High: 0x2001_0db8 << 32, low: 7)) == .likely)
    for known in [IPAddress.loopback, .anyIPv4, .anyIPv6, .loopbackIPv6] {
      #expect(certainty(known) == .certain)
    }
    #expect(Self.predicted([]).unseen.contains(.bind))
  }

  @Test func blindSpots() {
    #expect(Self.answer(Self.predicted([], coverage: .proc)) == "depends bound-not-listening")
    let partial = Coverage(origin: .sockDiag, isComplete: false, blindSpots: [])
    #expect(Self.predicted([], coverage: partial).prediction?.certainty == .likely)
    // Something that is there is there.
    #expect(Self.predicted([Self.listener], coverage: .proc).prediction?.certainty == .certain)
    // A connection on a real IPv6 address: of a dual-stack server or not.
    let connection = SocketRecord.on(.loopbackIPv6, 9527, .established, inode: 9)
    #expect(Self.answer(Self.predicted([connection], .server(on: [.anyIPv4]))) == "depends IPV6_V6ONLY")
    #expect(Self.answer(Self.predicted([connection], .server(on: [.loopback]))) == "ok")
    var tied = BindTarget.server(on: [.anyIPv4])
    tied.interface = "eth0"
    tied.interfaceIndex = 2
    #expect(
      Self.answer(Self.predicted([Self.listener], tied, coverage: .proc))
        == "depends SO_BINDTODEVICE bound-not-listening")
    #expect(Self.answer(Self.predicted([Self.listener], tied)) == "fails")
  }

  /// Of a refusal that is certain, nothing is said that only may be so.
  @Test func aRefusalIsNotBlamedOnWhatIsUnknown() {
    let diagnosis = Self.predicted(
      [Self.listener, Self.bound], .server(.reusePort, on: [.anyIPv4]), flags: [1: []])
    #expect(Self.answer(diagnosis) == "fails")
    #expect(Self.slugs(diagnosis) == "listener-alive bound-not-listening")
  }
}

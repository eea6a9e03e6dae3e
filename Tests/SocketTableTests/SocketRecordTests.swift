import NetlinkCodec
import SocketTable
import RecordSupport
import Testing

@Suite struct SocketRecordTests {
  @Test func uidThatMeansNothing() {
    // Minisockets of either state, and request sockets: the kernel's 0 is not root.
    #expect(SocketRecord.on(.loopback, uid: 0).uid == nil)
    #expect(SocketRecord.on(.loopback, 1, .finWait2, timer: .timeWait).uid == nil)
    #expect(SocketRecord.on(.loopback, 1, .synReceived, timer: .retransmit).uid == nil)
    // Orphans keep theirs, and children that nobody has accepted have the listener's.
    #expect(SocketRecord.on(.loopback, 1, .finWait1, timer: .probe, uid: 33).uid == 33)
    #expect(SocketRecord.on(.loopback, 1, .finWait2, timer: .keepalive, uid: 33).uid == 33)
    #expect(SocketRecord.on(.loopback, 1, .established, uid: 33).uid == 33)
    #expect(SocketRecord.on(.loopback, 1, .listen, uid: 0, inode: 7).uid == 0)
    #expect(SocketRecord.on(.loopback, 1, .listen, uid: .max, inode: 7).uid == .max)
  }

  /// Kernels before 6.16 report root of every socket that no process has.
  @Test func rootOfASocketWithoutProcessIsDoubtful() {
    for state in [TCPState.established, .finWait1, .lastAck] {
      for uid in [0, SocketRecord.overflowUser] {
        #expect(SocketRecord.on(.loopback, 1, state, uid: uid).hasDoubtfulUser)
        #expect(SocketRecord.on(.loopback, 1, state, uid: uid).withoutUser.uid == nil)
        #expect(!SocketRecord.on(.loopback, 1, state, uid: uid, inode: 7).hasDoubtfulUser)
      }
      #expect(!SocketRecord.on(.loopback, 1, state, uid: 33).hasDoubtfulUser)
    }
    // There is nothing to doubt.
    #expect(!SocketRecord.on(.loopback, uid: 0).hasDoubtfulUser)
    #expect(!SocketRecord.on(.loopback, 1, .synReceived, timer: .retransmit, uid: 0).hasDoubtfulUser)
  }

  @Test func v6OnlyOfIPv4IsFalse() {
    for address in [IPAddress.loopback, .anyIPv4, .mapped(127, 0, 0, 1), .mapped(0, 0, 0, 0)] {
      for given: Bool? in [nil, true, false] {
        #expect(SocketRecord.on(address, v6Only: given).v6Only == false, "\(address.text)")
      }
    }
    for given: Bool? in [nil, true, false] {
      #expect(SocketRecord.on(.anyIPv6, 1, .listen, v6Only: given).v6Only == given)
      #expect(SocketRecord.on(.loopbackIPv6, v6Only: given).v6Only == given)
    }
  }

  @Test func peerOfSocketsWithoutOne() {
    for state in TCPState.known {
      #expect((SocketRecord.on(.loopback, 1, state).peer == nil) == state.hasNoPeer, "\(state)")
    }
  }

  @Test func timersOfTheKernel() {
    typealias Timer = SocketRecord.Timer
    #expect(Timer(wireValue: 1, expires: 5) == Timer(kind: .retransmit, expires: 5))
    #expect(Timer(wireValue: 2, expires: 5) == Timer(kind: .keepalive, expires: 5))
    #expect(Timer(wireValue: 3, expires: 0) == Timer(kind: .timeWait, expires: 0))
    #expect(Timer(wireValue: 4, expires: .max) == Timer(kind: .probe, expires: .max))
    #expect(Timer(wireValue: 0, expires: 5) == nil)
    for value in UInt8(5)...UInt8.max { #expect(Timer(wireValue: value, expires: 5) == nil) }
  }

  @Test func minisockets() {
    #expect(SocketRecord.on(.loopback).isMinisocket)
    #expect(SocketRecord.on(.loopback, 1, .finWait2, timer: .timeWait).isMinisocket)
    // An orphan FIN_WAIT2 whose tcp_fin_timeout is longer than 60 s waits for it as a full socket.
    #expect(!SocketRecord.on(.loopback, 1, .finWait2, timer: .keepalive).isMinisocket)
    #expect(!SocketRecord.on(.loopback, 1, .established).isMinisocket)
  }

  @Test func orphans() {
    let orphanStates: [TCPState] = [.finWait1, .finWait2, .closing, .lastAck]
    for state in TCPState.known {
      let isOrphan = SocketRecord.on(.loopback, 1, state, timer: .retransmit).isOrphan
      #expect(isOrphan == orphanStates.contains(state), "\(state)")
      #expect(!SocketRecord.on(.loopback, 1, state, inode: 5).isOrphan, "\(state) with a process")
      #expect(!SocketRecord.on(.loopback, 1, state, timer: .timeWait).isOrphan, "\(state) minisocket")
    }
  }

  @Test func family() {
    #expect(SocketRecord.on(.loopback).family == .ipv4)
    #expect(SocketRecord.on(.mapped(127, 0, 0, 1)).family == .ipv6)
  }

  /// What a record costs where there are a hundred thousand of them.
  @Test func size() { #expect(MemoryLayout<SocketRecord>.stride == 72) }

  @Test func whatIsLearned() {
    for (address, v6OnlyApplies) in [
      (IPAddress.loopback, false), (.mapped(127, 0, 0, 1), false), (.loopbackIPv6, true),
    ] {
      let record = SocketRecord.on(address, expires: 41_000, cookie: 1)
      #expect(record.reuseAddress == nil && record.reusePort == nil)
      var kinds: Set<UInt32> = [record.kindBits]
      for bits in 0..<8 {
        var learned = record
        // What was learned before is forgotten.
        learned.learn(reuseAddress: true, reusePort: true, v6Only: true)
        learned.learn(reuseAddress: bits & 1 != 0, reusePort: bits & 2 != 0, v6Only: bits & 4 != 0)
        #expect(learned.reuseAddress == (bits & 1 != 0) && learned.reusePort == (bits & 2 != 0))
        #expect(learned.v6Only == (v6OnlyApplies ? bits & 4 != 0 : false))
        #expect(learned.timer == record.timer && learned.isMinisocket)
        learned.timer = nil
        #expect(learned.timer == nil && learned.reuseAddress == (bits & 1 != 0))
        kinds.insert(learned.kindBits)
        #expect(learned.kindBits < 1 << 25)
      }
      #expect(kinds.count == (v6OnlyApplies ? 9 : 5), "rows and groups tell them apart")
    }
  }

  @Test func transports() {
    let tcp = SocketRecord.on(.loopback, 53, .bound, inode: 1)
    let udp = SocketRecord.on(.loopback, 53, .bound, inode: 1, transport: .udp)
    #expect(tcp.transport == .tcp && udp.transport == .udp)
    #expect(tcp != udp)
    // Rows that share their text must not differ in it.
    #expect(tcp.kindBits != udp.kindBits)
    #expect(udp.identity.transport == .udp)
  }

  /// Records are packed; what goes in has to come out.
  @Test func nothingIsLost() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    func random<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T {
      T(truncatingIfNeeded: generator.next())
    }
    func address() -> IPAddress {
      switch random(UInt8.self) % 5 {
      case 0: .anyIPv6
      case 1: .mapped(random(), random(), random(), random())
      case 2: IPAddress(ipv6High: random(), low: random())
      case 3: .anyIPv4
      default: IPAddress(ipv4: random())
      }
    }
    let kinds: [SocketRecord.Timer.Kind?] = [nil, .retransmit, .keepalive, .timeWait, .probe]
    for _ in 0..<20_000 {
      let state = (TCPState.known + [.unknown(200)])[Int(random(UInt8.self)) % 13]
      let local = Endpoint(address: address(), port: random())
      let peer: Endpoint? = random(UInt8.self) % 3 == 0 ? nil : Endpoint(address: address(), port: random())
      let timer = kinds[Int(random(UInt8.self)) % 5].map { SocketRecord.Timer(kind: $0, expires: random()) }
      let (interface, cookie, inode): (UInt32, UInt64, UInt32) = (random(), random(), random())
      let uid: UInt32? = random(UInt8.self) % 3 == 0 ? nil : random()
      let v6Only: Bool? = [nil, true, false][Int(random(UInt8.self)) % 3]
      let cgroupID: UInt64? = random(UInt8.self) % 3 == 0 ? nil : random()
      let transport: TransportProtocol = random(UInt8.self) % 2 == 0 ? .tcp : .udp
      let record = SocketRecord(
        transport: transport, state: state, local: local, peer: peer, interface: interface, timer: timer,
        uid: uid, inode: inode,
        cookie: cookie, v6Only: v6Only, cgroupID: cgroupID)
      let isSame =
        record.transport == transport && record.state == state && record.local == local
        && record.peer == (state.hasNoPeer ? nil : peer)
        && record.interface == interface && record.timer == timer && record.inode == inode
        && record.cookie == cookie
        && record.uid == (timer?.kind == .timeWait || (state == .synReceived && inode == 0) ? nil : uid)
        && record.v6Only == (local.address.ipv4 == nil ? v6Only : false) && record.cgroupID == cgroupID
        && record.family == local.address.family
      if !isSame { Issue.record("\(record), seed \(seed)") }
    }
  }
}

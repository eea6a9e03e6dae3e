import Diagnosis
import NetlinkCodec
import RecordSupport
import SocketTable
import Testing

/// When `wait` looks, at what, and when it tries: with a kernel that plays by the rules, on a clock of its own.
@Suite struct WaitPlanTests {
  /// Nothing is tried while a listener is there, only listeners are looked at, and its end is seen within 250 ms.
  @Test(arguments: [150, 1_234, 20_001, 100_007] as [Int64])
  func listenerGoes(_ end: Int64) throws {
    let result = try WaitSimulation { listener($0, until: end) }.run()
    let free = try #require(result.free)
    #expect(free >= end)
    #expect(free - end <= 250)
    #expect(result.trials == [free])
    #expect(result.looks.dropLast().allSatisfy { $0.states == StateSet(.listen) })
    #expect(result.looks.last?.states == .all)
  }

  /// Every 100 ms at first, every 250 later.
  @Test func backsOff() throws {
    let looks = try WaitSimulation { listener($0, until: 60_000) }.run().looks.map(\.time)
    let pauses = zip(looks.dropFirst(), looks).map { $0 - $1 }.dropLast(2)
    #expect(pauses.first.map { $0 <= 120 } == true)
    #expect(pauses.max() == 250)
    #expect(pauses == pauses.sorted()[...])
  }

  /// However many connections come and go behind a listener, they are not looked at.
  @Test func connectionsBehindAListener() throws {
    let simulation = WaitSimulation { now in
      listener(now, until: 5_000)
        + connection(now, until: 5_000, peer: UInt16(40_000 + now / 10), inode: UInt32(now + 1))
    }
    let result = try simulation.run()
    #expect(result.looks.filter { $0.states == .all }.count == 1)
    #expect(result.trials.count == 1)
  }

  /// The server that stops leaves TIME_WAIT behind: seen at its end, and waited for without trials.
  @Test func listenerLeavesTimeWait() throws {
    let simulation = WaitSimulation { now in
      listener(now, until: 3_000)
        + (now >= 3_000 ? minisocket(now, end: 63_000, gone: 64_300) : [])
    }
    let result = try simulation.run()
    let free = try #require(result.free)
    #expect(free >= 64_300)
    #expect(free - 64_300 <= 250)
    #expect(result.trials.allSatisfy { $0 >= 63_000 })
    #expect(result.trials.count <= 15)
  }

  /// Known from the kernel: slept towards, and tried from then on.
  @Test(arguments: [0, 400, 2_000] as [Int64])
  func timer(_ slack: Int64) throws {
    let result = try WaitSimulation { minisocket($0, end: 58_400, gone: 58_400 + slack) }.run()
    let free = try #require(result.free)
    #expect(result.expectedEnd == 58_400)
    #expect(free - 58_400 - slack <= 110)
    #expect(result.trials.allSatisfy { $0 >= 58_399 })
    #expect(result.trials.count <= slack / 100 + 2)
    // Once a second, in case somebody ends it.
    #expect(result.looks.count <= 61)
    #expect(result.endsByItself.allSatisfy { $0 })
  }

  /// Ended by RST, or by SOCK_DESTROY.
  @Test func timerEndsEarly() throws {
    let result = try WaitSimulation { minisocket($0, end: 58_400, gone: 9_500) }.run()
    let free = try #require(result.free)
    #expect(free - 9_500 <= 1_000)
    #expect(result.trials == [free])
  }

  /// A server without SO_REUSEADDR has to wait for the last of them: no trial before.
  @Test func lastOfSeveral() throws {
    let simulation = WaitSimulation { now in
      minisocket(now, end: 10_000, gone: 11_000, peer: 50_001)
        + minisocket(now, end: 30_000, gone: 30_500, peer: 50_002)
    }
    let result = try simulation.run()
    #expect(result.trials.allSatisfy { $0 >= 30_000 })
    #expect(result.free.map { (30_500...30_610).contains($0) } == true)
  }

  /// Of a server with SO_REUSEADDR it is not known which of them is in the way: it may be the first.
  @Test func firstOfSeveral() throws {
    var simulation = WaitSimulation { now in
      minisocket(now, end: 10_000, gone: 11_000, peer: 50_001)
        + minisocket(now, end: 50_000, gone: 50_500, peer: 50_002, .reuseAddress)
    }
    simulation.target = .server(.reuseAddress, on: [.loopback])
    let result = try simulation.run()
    #expect(result.free.map { (11_000...11_110).contains($0) } == true)
    #expect(result.trials.allSatisfy { $0 >= 10_000 })
  }

  /// After the first has gone in vain, no trial until the next can go.
  @Test func trialsOnlyWhereATimerCanFire() throws {
    var simulation = WaitSimulation { now in
      minisocket(now, end: 10_000, gone: 10_300, peer: 50_001, .reuseAddress)
        + minisocket(now, end: 50_000, gone: 50_500, peer: 50_002)
    }
    simulation.target = .server(.reuseAddress, on: [.loopback])
    let result = try simulation.run()
    #expect(result.free.map { (50_500...50_610).contains($0) } == true)
    #expect(result.trials.allSatisfy { (10_000...12_300).contains($0) || $0 >= 50_000 })
  }

  // MARK: The end is put off

  @Test func rearmed() throws {
    let simulation = WaitSimulation { now in
      now < 5_000 ? minisocket(now, end: 20_000, gone: 21_000) : minisocket(now, end: 65_000, gone: 66_000)
    }
    let result = try simulation.run()
    #expect(result.delays.map(\.delay) == [.rearmed])
    #expect(result.delays.first.map { (5_000...6_100).contains($0.time) } == true)
    #expect(result.free.map { (66_000...66_110).contains($0) } == true)
    #expect(result.trials.allSatisfy { $0 >= 65_000 })
  }

  @Test func finWait2BecomesTimeWait() throws {
    let simulation = WaitSimulation { now in
      now < 5_000
        ? minisocket(now, end: 20_000, gone: 21_000, .finWait2)
        : minisocket(now, end: 65_000, gone: 65_100)
    }
    let result = try simulation.run()
    #expect(result.delays.map(\.delay) == [.peerClosed])
    #expect(result.free.map { (65_100...65_210).contains($0) } == true)
  }

  @Test func anotherConnectionEnds() throws {
    let simulation = WaitSimulation { now in
      minisocket(now, end: 20_000, gone: 21_000, peer: 50_001)
        + (now > 8_000 ? minisocket(now, end: 68_000, gone: 68_100, peer: 50_002) : [])
    }
    #expect(try simulation.run().delays.map(\.delay) == [.another])
  }

  /// A timer that sits at 0 has not been put off.
  @Test func slackIsNoDelay() throws {
    let result = try WaitSimulation { minisocket($0, end: 500, gone: 5_000) }.run()
    #expect(result.delays.isEmpty)
    #expect(result.free.map { (5_000...5_110).contains($0) } == true)
  }

  // MARK: Holders that are not certain

  /// A connection that outlived its server may have SO_REUSEADDR or not: tried when it has changed, and not before.
  @Test func connectionAgainstReuse() throws {
    var simulation = WaitSimulation { connection($0, until: 7_777) }
    simulation.target = .server(.reuseAddress, on: [.loopback])
    let result = try simulation.run()
    let free = try #require(result.free)
    #expect(free - 7_777 <= 250)
    #expect(result.trials == [free])
    #expect(result.endsByItself.first == false)
  }

  /// Two of them, and the one that was in the way goes.
  @Test func oneOfTwoConnections() throws {
    var simulation = WaitSimulation { now in
      connection(now, until: 4_000, peer: 50_001)
        + connection(now, until: 90_000, peer: 50_002, .reuseAddress)
    }
    simulation.target = .server(.reuseAddress, on: [.loopback])
    let result = try simulation.run()
    #expect(result.free.map { (4_000...4_250).contains($0) } == true)
    #expect(result.trials.count == 1)
  }

  /// The trial's answer is what counts where the table says that nothing is in the way.
  @Test func whatCannotBeSeen() throws {
    var simulation = WaitSimulation { _ in [] }
    simulation.script = { time, _ in time < 3_050 ? .refused(.bind, .addressInUse) : nil }
    let result = try simulation.run()
    #expect(result.free.map { (3_050...3_250).contains($0) } == true)
    #expect(result.trials.count <= 20)
    #expect(result.endsByItself.contains(true) == false)
  }

  /// An address that arrives, a policy that is lifted: nothing in the table tells, and a refused trial takes nothing.
  @Test(arguments: [.addressNotAvailable, .accessDenied, .noSuchDevice] as [Errno])
  func otherErrors(_ error: Errno) throws {
    var simulation = WaitSimulation { _ in [] }
    simulation.script = { time, _ in time < 10_000 ? .refused(.bind, error) : nil }
    let result = try simulation.run()
    #expect(result.free.map { (10_000...10_250).contains($0) } == true)
    #expect(result.endsByItself.contains(true) == false)
  }

  /// Duplicate address detection ends by itself.
  @Test func tentativeAddress() throws {
    var simulation = WaitSimulation { _ in [] }
    simulation.target = .server(on: [.loopbackIPv6])
    simulation.settings.tentativeAddresses = [.loopbackIPv6]
    simulation.script = { time, _ in time < 1_500 ? .refused(.bind, .addressNotAvailable) : nil }
    let result = try simulation.run()
    #expect(result.free.map { (1_500...1_750).contains($0) } == true)
    #expect(result.endsByItself.allSatisfy { $0 })
  }

  /// What TCP itself brings to an end needs no process.
  @Test func orphan() throws {
    let result = try WaitSimulation { connection($0, until: 4_000, .finWait1, inode: 0) }.run()
    #expect(result.endsByItself.allSatisfy { $0 })
    #expect(result.free.map { (4_000...4_250).contains($0) } == true)
  }

  /// Another program takes the port before the trial: the wait goes on.
  @Test func takenAgain() throws {
    var simulation = WaitSimulation { now in
      listener(now, until: 2_000) + (now > 2_300 ? listener(now, until: 6_000) : [])
    }
    simulation.script = { time, _ in time < 2_300 ? .refused(.bind, .addressInUse) : nil }
    let result = try simulation.run()
    #expect(result.free.map { (6_000...6_450).contains($0) } == true)
    #expect(result.trials.allSatisfy { $0 <= 3_400 || $0 >= 6_000 })
  }

  // MARK: The server

  @Test func ownAddressesExcludeEachOther() throws {
    var simulation = WaitSimulation { _ in [] }
    simulation.target = .server(on: [.anyIPv4, .anyIPv6])
    #expect(try simulation.run().isHopeless)
  }

  /// All of its addresses are needed, whichever becomes free first.
  @Test(arguments: [true, false])
  func severalAddresses(_ areAlternatives: Bool) throws {
    var simulation = WaitSimulation { now in
      listener(now, until: 1_000)
        + (now < 9_000 ? [Holder(.on(.loopbackIPv6, 9527, .listen, inode: 9, cookie: 2, v6Only: true))] : [])
    }
    simulation.target = areAlternatives ? .server() : .server(on: [.loopback, .loopbackIPv6])
    let result = try simulation.run()
    #expect(result.free.map { (9_000...9_250).contains($0) } == true)
    #expect(result.trials.count <= 2)
  }

  @Test func automaticPort() throws {
    var simulation = WaitSimulation { _ in [] }
    simulation.target = .server(on: [.loopback], port: 0)
    simulation.script = { time, _ in time < 900 ? .refused(.bind, .addressInUse) : nil }
    #expect(try simulation.run().free.map { (900...1_100).contains($0) } == true)
  }

  // MARK: What it costs

  /// A look that takes 30 ms is made rarely enough for one per cent, and the end is met all the same, by trials.
  @Test func dearLooksAtTimers() throws {
    var simulation = WaitSimulation { minisocket($0, end: 58_400, gone: 60_000) }
    simulation.lookCost = { _ in 30_000 }
    let result = try simulation.run()
    #expect(result.free.map { (60_000...60_110).contains($0) } == true)
    #expect(result.cost < 60_000 * 10)
  }

  /// A connection can only be seen by walking the whole table: then the processor is what counts.
  @Test func dearLooksAtConnections() throws {
    var simulation = WaitSimulation { connection($0, until: 30_000) }
    simulation.lookCost = { $0 == StateSet(.listen) ? 16 : 12_000 }
    let result = try simulation.run()
    #expect(result.free.map { (30_000...33_200).contains($0) } == true)
    #expect(result.cost < 30_000 * 10)
  }

  @Test func listenerBesideADearTable() throws {
    var simulation = WaitSimulation { now in
      listener(now, until: 30_000) + minisocket(now, end: 20_000, gone: 21_000)
    }
    simulation.lookCost = { $0 == StateSet(.listen) ? 16 : 12_000 }
    let result = try simulation.run()
    #expect(result.free.map { (30_000...30_250).contains($0) } == true)
    #expect(result.cost < 30_000)
  }
}

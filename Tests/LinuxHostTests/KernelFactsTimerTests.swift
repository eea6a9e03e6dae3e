import Glibc
import LinuxHost
import SocketTable
import TestSupport
import Testing

extension KernelFacts {
  /// What ends by itself, when, and what becomes of it until then.
  @Suite(.ownThread) struct TimerTests {
    private static let timeWait = 59_000...60_000 as ClosedRange<UInt32>

    @Test func timeWaitLastsAMinuteWhateverTheSysctls() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.tcp_fin_timeout", "5")
        try lab.sysctl("net.ipv4.tcp_tw_reuse", "1")
        let port = try lab.timeWait().port
        let found = try record(onPort: port)
        #expect(found.state == .timeWait)
        #expect(found.timer?.kind == .timeWait)
        #expect(Self.timeWait.contains(found.timer?.expires ?? 0))
        // reuse-sysctl-misread: it is for connect() alone.
        pause(milliseconds: 1_100)
        #expect(try answer("127.0.0.1", port, .withReuseAddress) == .inUse)
      }
    }

    @Test func finWait2LastsFinTimeout() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.tcp_fin_timeout", "20")
        let found = try record(onPort: try lab.finWait2Minisocket().port)
        #expect(found.state == .finWait2)
        #expect(found.isMinisocket)
        #expect((19_000...20_000).contains(found.timer?.expires ?? 0))
      }
    }

    /// The last second of a FIN_WAIT2 can become a minute of TIME_WAIT.
    @Test func finWait2BecomesANewTimeWaitWhenItsPeerCloses() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.tcp_fin_timeout", "5")
        let situation = try lab.finWait2Minisocket()
        try waitUntil("a second of the five has passed") {
          try record(onPort: situation.port).timer?.expires ?? 0 < 4_000
        }
        situation.other?.close()
        try lab.wait(for: .timeWait, local: situation.local, peer: situation.peer)
        #expect(Self.timeWait.contains(try record(onPort: situation.port).timer?.expires ?? 0))
      }
    }

    /// A peer that missed the last ACK sends its FIN again, and each time the minute begins anew.
    @Test func repeatedFINBeginsTheMinuteAnew() throws {
      try withNetworkNamespace { lab in
        let connection = try lab.connect()
        connection.listener.close()
        connection.child.close()
        while try !connection.client.receive().isEmpty {}
        try connection.client.dropIncoming()
        connection.client.close()
        try lab.wait(for: .timeWait, local: connection.local, peer: connection.peer)
        // It comes after 0.2, 0.6 and 1.4 s or thereabouts.
        var last: UInt32 = 0
        let isRearmed = try (0..<300).contains { _ in
          let left = try record(onPort: connection.local.port).timer?.expires ?? 0
          defer { last = left }
          pause(milliseconds: 10)
          return last != 0 && left > last + 50
        }
        #expect(isRearmed)
      }
    }

    /// Half of its answer could not be delivered: after tcp_orphan_retries attempts TCP gives up.
    @Test func orphanEndsWithItsRetries() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.tcp_orphan_retries", "1")
        let situation = try lab.finWait1(.withReuseAddress, orphan: true)
        #expect(try answer("127.0.0.1", situation.port) == .inUse)
        #expect(try answer("127.0.0.1", situation.port, .withReuseAddress, listens: true) == .ok)
        try lab.waitUntilGone(local: situation.local, peer: situation.peer)
        #expect(try answer("127.0.0.1", situation.port) == .ok)
      }
    }

    // MARK: What leaves nothing

    @Test func whatLeavesNothing() throws {
      try withNetworkNamespace { lab in
        let unread = try lab.connect()
        try unread.client.send([1, 2, 3])
        try lab.wait(for: .established, local: unread.local) { $0.receiveQueue == 3 }
        unread.listener.close()
        unread.child.close()
        try lab.waitUntilGone(local: unread.local, peer: unread.peer)
        #expect(try answer("127.0.0.1", unread.local.port) == .ok, "data that nobody has read")

        let unaccepted = try lab.unaccepted()
        unaccepted.listener?.close()
        try lab.waitUntilGone(local: unaccepted.local, peer: unaccepted.peer)
        #expect(try answer("127.0.0.1", unaccepted.port) == .ok, "a connection that nobody has accepted")
      }
    }

    @Test func clientThatClosesFirstKeepsThePort() throws {
      try withNetworkNamespace { lab in
        let situation = try lab.clientTimeWait(localPort: 40_001, toPort: 9527)
        situation.listener?.close()
        #expect(try answer("127.0.0.1", 9527, listens: true) == .ok, "the server's port is free")
        #expect(try answer("127.0.0.1", 40_001, .withReuseAddress) == .inUse, "the client's is not")
      }
    }

    @Test func fullTableKeepsNoTimeWait() throws {
      try withNetworkNamespace { lab in
        try lab.sysctl("net.ipv4.tcp_max_tw_buckets", "1")
        try lab.timeWait()
        let connection = try lab.connect()
        connection.listener.close()
        try lab.closeInTurn(connection.child, connection.client)
        try lab.waitUntilGone(local: connection.local, peer: connection.peer)
        #expect(try answer("127.0.0.1", connection.local.port, listens: true) == .ok)
        let counters = String(decoding: try readFile("/proc/thread-self/net/netstat"), as: UTF8.self)
          .split(separator: "\n").filter { $0.hasPrefix("TcpExt:") }.map { $0.split(separator: " ") }
        try #require(counters.count == 2)
        let overflows = zip(counters[0], counters[1]).first { $0.0 == "TCPTimeWaitOverflow" }
        #expect(overflows?.1 == "1")
      }
    }

    // MARK: The end of the minute

    /// The timer wheel is late by up to one of its steps: 0 is reported, and the socket still blocks.
    @Test(.needs(.slow))
    func timeWaitEndsWithinOneStepOfTheTimerWheel() throws {
      try withNetworkNamespace { lab in
        let clock = ContinuousClock()
        let start = clock.now
        let port = try lab.timeWait().port
        let began = clock.now
        pause(milliseconds: 59_900)
        var sawNothingLeft = false
        while try answer("127.0.0.1", port) == .inUse {
          if try record(onPort: port).timer?.expires == 0 { sawNothingLeft = true }
          pause(milliseconds: 5)
        }
        let slack = Duration.milliseconds(TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))
        #expect(clock.now - start >= .seconds(60))
        #expect(clock.now - began <= .seconds(60) + slack + .milliseconds(100))
        #expect(sawNothingLeft)
      }
    }

  }
}

import Glibc
import LinuxHost
import NetlinkCodec
import SocketTable
import Testing

/// What is made of the kernel's answer to SOCK_DESTROY, with the kernel played.
@Suite struct SockDestroyerTests {
  private typealias Outcome = SockDestroyer<ScriptedChannel>.Outcome

  private static func record(_ state: TCPState = .timeWait, cookie: UInt64 = 7) -> SocketRecord {
    let address = IPAddress(ipv4: 0x7f00_0001)
    return SocketRecord(
      state: state, local: Endpoint(address: address, port: 9527),
      peer: Endpoint(address: address, port: 50_000),
      timer: state == .timeWait ? SocketRecord.Timer(kind: .timeWait, expires: 1000) : nil, cookie: cookie)
  }

  private static func destroy(
    _ steps: [ScriptedChannel.Step], _ records: [SocketRecord] = [record()], sendFails: Int32? = nil
  ) -> (outcomes: [Outcome], log: ScriptedChannel.Log) {
    let channel = ScriptedChannel(steps, sendFails: sendFails)
    let log = channel.log
    var destroyer = SockDestroyer(channel)
    return (records.map { destroyer.destroy($0) }, log)
  }

  private static func refused(_ errno: Int32) -> Outcome {
    .refused(SystemError(call: "sock_diag", errno: Errno(errno), context: "SOCK_DESTROY"))
  }

  @Test func whatIsAsked() throws {
    let record = Self.record()
    let (outcomes, log) = Self.destroy([.datagram(Answer.error(0))], [record])
    #expect(outcomes == [.ended])
    #expect(
      log.requests == [
        DatagramRequest(type: 21, flags: 0x5, sequence: 1, body: try #require(record.destroyRequest).body)
      ])
    #expect(log.received == 1)
  }

  @Test func nothingIsAskedOfWhatMayNotBeEnded() {
    let (outcomes, log) = Self.destroy(
      [],
      [Self.record(.listen), Self.record(.established), Self.record(cookie: .max), Self.record(cookie: 0)])
    #expect(outcomes == [.notAsked, .notAsked, .notAsked, .notAsked])
    #expect(log.requests.isEmpty)
  }

  @Test func answers() {
    #expect(Self.destroy([.datagram(Answer.error(ENOENT))]).outcomes == [.vanished])
    #expect(Self.destroy([.datagram(Answer.error(EPERM))]).outcomes == [Self.refused(EPERM)])
    #expect(Self.destroy([.datagram(Answer.error(EOPNOTSUPP))]).outcomes == [Self.refused(EOPNOTSUPP)])
  }

  @Test func eachHasItsOwnAnswer() {
    let (outcomes, log) = Self.destroy(
      [
        .datagram(Answer.error(0, sequence: 1)),
        // A late answer to the first is no answer to the second.
        .datagram(Answer.error(0, sequence: 1)), .datagram(Answer.error(ENOENT, sequence: 2)),
      ], [Self.record(cookie: 1), Self.record(cookie: 2)])
    #expect(outcomes == [.ended, .vanished])
    #expect(log.requests.map(\.sequence) == [1, 2])
  }

  @Test func whoeverElseSends() {
    #expect(
      Self.destroy([.foreign(99, Answer.error(0)), .datagram(Answer.error(ENOENT))]).outcomes == [.vanished],
      "only the kernel answers")
    #expect(Self.destroy([.datagram([1, 2, 3])]).outcomes == [Self.refused(EBADMSG)])
  }

  /// However much comes that is no answer, and if nothing comes at all.
  @Test func itEnds() {
    let noise = [ScriptedChannel.Step](repeating: .datagram(Answer.done(sequence: 9)), count: 1000)
    let (outcomes, log) = Self.destroy(noise)
    #expect(outcomes == [Self.refused(ETIMEDOUT)])
    #expect(log.received < 100)
    #expect(
      Self.destroy([]).outcomes
        == [.refused(SystemError(call: "recvmsg", errno: Errno(EAGAIN), context: "AF_NETLINK"))])
    #expect(
      Self.destroy([], sendFails: ENOBUFS).outcomes
        == [.refused(SystemError(call: "sendto", errno: Errno(ENOBUFS), context: "AF_NETLINK"))])
  }
}

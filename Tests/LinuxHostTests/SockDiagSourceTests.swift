import Glibc
import LinuxHost
import NetlinkCodec
import SocketTable
import Testing

@Suite struct SockDiagSourceTests {
  private struct Result {
    var ports: [UInt16] = []
    var isComplete: Bool?
    var error: SourceError?
    var requests: [DatagramRequest] = []
    var received = 0
  }

  private func dump(
    _ steps: [ScriptedChannel.Step], _ filter: SocketFilter = SocketFilter(ports: PortSet(9527)),
    sendFails: Int32? = nil
  ) -> Result {
    let channel = ScriptedChannel(steps, sendFails: sendFails)
    let log = channel.log
    var source = SockDiagSource(channel)
    var result = Result()
    do throws(SourceError) {
      var ports: [UInt16] = []
      defer { result.ports = ports }
      result.isComplete = try source.dump(filter) { ports.append($0.local.port) }
    } catch {
      result.error = error
    }
    result.requests = log.requests
    result.received = log.received
    return result
  }

  // MARK: What is asked

  @Test func onePort() {
    let filter = SocketFilter(ports: PortSet(9527))
    let result = dump([.datagram(Answer.done())], filter)
    #expect(
      result.requests == [DatagramRequest(type: 18, flags: 0x301, sequence: 1, body: filter.request().body)])
  }

  @Test func aRangeTakesAProgramAlong() {
    let filter = SocketFilter(ports: PortSet([9000...9100]))
    let result = dump([.datagram(Answer.done())], filter)
    let program = filter.request().bytecode
    #expect(!program.isEmpty)
    #expect(result.requests.first?.attributes == [RequestAttribute(type: 1, payload: program)])
  }

  // MARK: A whole answer

  @Test func severalDatagrams() {
    let result = dump([
      .datagram(Answer.socket(9527, cookie: 1) + Answer.socket(9527, cookie: 2)),
      .datagram(Answer.socket(9527, cookie: 3)), .datagram([]), .datagram(Answer.done()),
    ])
    #expect(result.ports == [9527, 9527, 9527])
    #expect(result.isComplete == true)
    #expect(result.received == 4)
  }

  @Test func nothingAtAll() {
    let result = dump([.datagram(Answer.done())])
    #expect(result.ports.isEmpty)
    #expect(result.isComplete == true)
  }

  /// The kernel does not apply the port to sockets that are bound and do not listen.
  @Test func whatWasNotAskedForIsLeftOut() {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    let result = dump(
      [
        .datagram(
          Answer.socket(80, state: 7, cookie: 1) + Answer.socket(9527, state: 7, cookie: 2)
            + Answer.socket(9527, state: 10, cookie: 3) + Answer.done())
      ], filter)
    #expect(result.ports == [9527, 9527])
    #expect(result.isComplete == true)
  }

  @Test func repeatsAreLeftOut() {
    let result = dump([
      .datagram(Answer.socket(9527, cookie: 1) + Answer.socket(9527, cookie: 1) + Answer.done())
    ])
    #expect(result.ports == [9527])
  }

  /// The rest of an answer that lost a part belongs to no later one.
  @Test func everyDumpHasItsOwnSequence() throws {
    let channel = ScriptedChannel([
      .truncated(Answer.socket(9527)), .datagram(Answer.socket(9527, cookie: 1)), .datagram(Answer.done()),
      .datagram(Answer.socket(9527, sequence: 2, cookie: 2) + Answer.done(sequence: 2)),
    ])
    let log = channel.log
    var source = SockDiagSource(channel)
    let filter = SocketFilter(ports: PortSet(9527))
    var count = 0
    #expect(try source.dump(filter) { _ in count += 1 } == false)
    #expect(count == 1, "the rest is taken, or the kernel would refuse the next dump")
    #expect(try source.dump(filter) { _ in count += 1 } == true)
    #expect(count == 2)
    #expect(log.requests.map(\.sequence) == [1, 2])
  }

  // MARK: Incomplete

  @Test func truncated() {
    let result = dump([
      .datagram(Answer.socket(9527)), .truncated(Answer.socket(9527)), .datagram(Answer.done()),
    ])
    #expect(result.ports == [9527])
    #expect(result.isComplete == false)
  }

  @Test func oneMessageWasDropped() {
    let result = dump([
      .datagram(Answer.socket(9527, cookie: 1)), .fails(ENOBUFS), .datagram(Answer.socket(9527, cookie: 2)),
      .datagram(Answer.done()),
    ])
    #expect(result.ports == [9527, 9527])
    #expect(result.isComplete == false)
  }

  @Test func messagesAreDroppedAgainAndAgain() {
    let result = dump([
      .fails(ENOBUFS), .datagram(Answer.socket(9527)), .fails(ENOBUFS), .datagram(Answer.done()),
    ])
    #expect(result.ports == [9527])
    #expect(result.isComplete == false)
    #expect(result.received == 4)
  }

  @Test func theAnswerNeverEnds() {
    let result = dump([.datagram(Answer.socket(9527))])
    #expect(result.ports == [9527])
    #expect(result.isComplete == false)
    #expect(dump([]).isComplete == false)
  }

  @Test func overrunAndInterruption() {
    let overrun = dump([.datagram(Answer.message(4)), .datagram(Answer.socket(9527) + Answer.done())])
    #expect(overrun.ports == [9527])
    #expect(overrun.isComplete == false)
    let interrupted = dump([.datagram(Answer.socket(9527, flags: 0x12) + Answer.done())])
    #expect(interrupted.ports == [9527])
    #expect(interrupted.isComplete == false)
  }

  // MARK: No answer

  /// As a kernel without tcp_diag answers; it must not look like an empty table.
  @Test func doneWithAnError() {
    let result = dump([.datagram(Answer.done(ENOENT))])
    #expect(result.isComplete == nil)
    guard case .unavailable(let reason) = result.error else {
      Issue.record("\(String(describing: result.error))")
      return
    }
    #expect(reason.contains("sock_diag") && reason.contains("No such file or directory"))
  }

  @Test(arguments: [EPERM, EACCES, EINVAL, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT])
  func refused(errno: Int32) {
    for result in [dump([.datagram(Answer.error(errno))]), dump([], sendFails: errno)] {
      guard case .unavailable(let reason) = result.error else {
        Issue.record("\(String(describing: result.error))")
        continue
      }
      #expect(reason.contains(String(cString: strerror(errno))))
    }
  }

  @Test(arguments: [ENOMEM, ENOBUFS, EMFILE, ENFILE]) func exhausted(errno: Int32) {
    for result in [dump([.datagram(Answer.error(errno))]), dump([], sendFails: errno)] {
      guard case .system(let error) = result.error else {
        Issue.record("\(String(describing: result.error))")
        continue
      }
      #expect(error.errno.rawValue == errno)
    }
  }

  @Test(arguments: [EBADF, ENOMEM, ECONNREFUSED]) func receivingFails(errno: Int32) {
    #expect(
      dump([.datagram(Answer.socket(9527)), .fails(errno)]).error
        == .system(SystemError(call: "recvmsg", errno: Errno(errno), context: "AF_NETLINK")))
  }

  /// Whoever has been given records cannot start again with another source.
  @Test func anErrorAfterTheFirstRecordIsNotUnavailable() {
    for step in [Answer.error(EINVAL), Answer.done(ENOENT)] {
      let result = dump([.datagram(Answer.socket(9527)), .datagram(step)])
      #expect(result.ports == [9527])
      #expect(result.error != nil)
      if case .unavailable(let reason) = result.error { Issue.record("unavailable: \(reason)") }
    }
  }

  // MARK: Hostile answers

  @Test func foreignSender() {
    let result = dump([.foreign(4711, Answer.socket(9527) + Answer.done()), .datagram(Answer.done())])
    #expect(result.error == .foreignSender(4711))
    #expect(result.ports.isEmpty)
  }

  @Test func malformed() {
    var bad = Answer.socket(9527, cookie: 1) + Answer.socket(9527, cookie: 2)
    bad[88] = 15
    let result = dump([.datagram(bad)])
    #expect(
      result.error
        == .malformed(DecodingError(.badLength(declared: 15, minimum: 16, available: 88), offset: 88)))
    #expect(result.ports == [9527])
    let cut = Array(Answer.socket(9527).dropLast())
    guard case .malformed(let error) = dump([.datagram(cut)]).error else {
      Issue.record("a cut datagram was accepted")
      return
    }
    #expect(error.offset == 0)
  }

  @Test func errorsSayWhatHappenedAndWhere() {
    #expect(
      "\(SourceError.malformed(DecodingError(.unknownFamily(1), offset: 16)))"
        == "malformed netlink answer: address family 1 at offset 16")
    #expect("\(SourceError.foreignSender(4711))".contains("4711"))
    #expect(
      "\(SourceError.malformedLine(path: "/proc/x/tcp", line: 3, offset: 7))"
        == "/proc/x/tcp: line 3 is malformed at offset 7")
    #expect(
      "\(SourceError.system(SystemError(call: "recvmsg", errno: Errno(ENOBUFS), context: "AF_NETLINK")))"
        == "recvmsg AF_NETLINK: No buffer space available")
  }

  /// More messages than any buffer of ours holds.
  @Test func aLongAnswer() {
    var steps: [ScriptedChannel.Step] = []
    for block in 0..<200 {
      var datagram: [UInt8] = []
      for index in 0..<300 { datagram += Answer.socket(9527, cookie: UInt32(block * 300 + index + 1)) }
      steps.append(.datagram(datagram))
    }
    let result = dump(steps + [.datagram(Answer.done())])
    #expect(result.ports.count == 60_000)
    #expect(result.isComplete == true)
  }
}

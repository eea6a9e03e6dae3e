import Diagnosis
import NetlinkCodec
import RecordSupport
import SocketTable
import Testing

/// What alone would turn a no into a yes.
@Suite struct BindHelpTests {
  private func help(
    _ holders: [Holder], _ target: BindTarget = .server(), coverage: Coverage = .netlink,
    script: @escaping (Int, TrialSocket) -> TrialOutcome? = { _, _ in nil }
  ) throws -> [Bool?] {
    let result = try Diagnosing(holders, target, coverage: coverage, script: script).result()
    let help = try #require(result.help)
    return [help.reuseAddress, help.reusePort, help.waiting]
  }

  private static let timeWait = SocketRecord.on(.loopback, expires: 41_000)
  private static let listener = SocketRecord.on(.loopback, 9527, .listen, inode: 7)

  @Test func nothingToHelp() throws {
    #expect(try Diagnosing([]).result().help == nil)
    let incomplete = Coverage(origin: .sockDiag, isComplete: false, blindSpots: [])
    #expect(try Diagnosing([Holder(Self.timeWait)], coverage: incomplete).result().help == nil, "unknown")
  }

  @Test func timeWait() throws {
    #expect(try help([Holder(Self.timeWait, .reuseAddress)]) == [true, nil, true])
    #expect(try help([Holder(Self.timeWait)]) == [false, nil, true])
    #expect(
      try help([Holder(Self.timeWait)], .server(.reuseAddress))[0] == false, "the server has it already")
    #expect(try help([Holder(Self.timeWait)], coverage: .proc)[2] == nil, "something else may be bound")
  }

  @Test func listener() throws {
    #expect(try help([Holder(Self.listener, .reuseAddress)]) == [false, nil, false])
    let both = [Holder(Self.listener, .reuseAddress), Holder(Self.timeWait, .reuseAddress)]
    #expect(try help(both) == [false, nil, false])
  }

  /// Which ends when its processes are done with it.
  @Test func connection() throws {
    let connection = SocketRecord.on(.loopback, 9527, .established, peer: 50_000, inode: 7)
    #expect(try help([Holder(connection, .reuseAddress)]) == [true, nil, nil])
  }

  @Test func ownSockets() throws {
    let target = BindTarget.server(on: [.anyIPv4, .loopback])
    #expect(try help([], target) == [false, true, false])
  }

  @Test(arguments: [1, 13, 22] as [Int32]) func refusedForAnotherReason(errno: Int32) throws {
    let answers = try help([], .server(on: [.loopback])) { _, _ in .refused(.bind, Errno(errno)) }
    #expect(answers == [false, false, false])
  }

  /// It can be bound when duplicate address detection has finished.
  @Test func tentativeAddress() throws {
    for isTentative in [true, false] {
      var settings = HostSettings()
      if isTentative { settings.tentativeAddresses = [.loopbackIPv6] }
      let result = try Diagnosing([], .server(on: [.loopbackIPv6]), settings: settings) { _, _ in
        .refused(.bind, .addressNotAvailable)
      }.result()
      #expect(result.help?.waiting == isTentative)
    }
  }

  @Test func nothingAccountsForIt() throws {
    let answers = try help([], .server(on: [.loopback])) { _, _ in .refused(.bind, .addressInUse) }
    #expect(answers == [false, nil, nil])
  }
}

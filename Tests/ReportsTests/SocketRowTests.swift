import Foundation
import NetlinkCodec
import RecordSupport
import Reports
import SocketTable
import Testing

@Suite struct SocketRowTests {
  private func plain(_ record: SocketRecord) -> [String] {
    var row = SocketRow(interfaceName: interfaceName)
    var buffer = ByteBuffer()
    row.appendPlain(record, to: &buffer)
    #expect(buffer.text.last == "\n")
    return buffer.text.dropLast().split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func plainColumns() {
    #expect(
      SocketRow.plainColumns == [
        "state", "family", "local_address", "local_port", "peer_address", "peer_port", "expires_ms", "timer",
        "uid", "inode", "interface", "pid", "command", "namespace_inode", "namespace_name", "namespace_unit",
        "namespace_container", "namespace_pid",
      ])
    let none = Array(repeating: "-", count: 7)
    #expect(
      plain(.on(.loopback, peer: 52_114, expires: 58_400)) == [
        "time-wait", "ipv4", "127.0.0.1", "9527", "127.0.0.1", "52114", "58400", "time-wait", "-", "-", "-",
      ] + none)
    #expect(
      plain(.on(.anyIPv6, 9527, .listen, interface: 2, uid: 0, inode: 77)) == [
        "listen", "ipv6", "::", "9527", "-", "-", "-", "-", "0", "77", "eth2",
      ] + none)
    #expect(
      plain(.on(.mapped(10, 0, 0, 1), 1, .finWait1, peer: 2, timer: .probe, expires: 0, uid: 33)) == [
        "fin-wait-1", "ipv6", "::ffff:10.0.0.1", "1", "::ffff:10.0.0.1", "2", "0", "probe", "33", "-", "-",
      ] + none)
    #expect(plain(.on(.loopback, interface: 9))[10] == "#9")
    #expect(
      plain(.on(.loopback, 9527, .synReceived, timer: .retransmit)).suffix(10) == ["-", "-", "-"] + none)
  }

  @Test func whoHasItInPlain() {
    var row = SocketRow(interfaceName: interfaceName)
    var buffer = ByteBuffer()
    let record = SocketRecord.on(.anyIPv4, 9527, .listen, inode: 77)
    let owners = [SocketOwner(pid: 812, command: "a\tb\u{1b}"), nil, SocketOwner(pid: 813, command: "c")]
    for owner in owners { row.appendPlain(record, owner: owner, to: &buffer) }
    let lines = buffer.text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(lines.map { Array($0[11...12]) } == [["812", "a\\u{9}b\\u{1b}"], ["-", "-"], ["813", "c"]])
    #expect(lines.allSatisfy { $0.count == SocketRow.plainColumns.count })
  }

  @Test func everyStateHasItsName() {
    for state in TCPState.known { #expect(plain(.on(.loopback, 9527, state))[0] == state.name) }
    #expect(plain(.on(.loopback, 9527, .unknown(14)))[0] == TCPState.unknown(14).name)
  }

  /// A device's name may have any byte but white space, "/" and ":".
  @Test func hostileDeviceNames() throws {
    let name = "e\u{1b}[31m\u{7}\u{202e}\"\\"
    var row = SocketRow { _ in name }
    var buffer = ByteBuffer()
    row.appendObject(.on(.loopback, interface: 3), side: .local, to: &buffer)
    #expect(try JSONObject(buffer.text).string("interface") == name)
    buffer.removeAll()
    row.appendPlain(.on(.loopback, interface: 3), to: &buffer)
    #expect(!buffer.text.contains("\u{1b}"))
  }

  /// The text around a row is kept from row to row; of another protocol it is another.
  @Test func protocols() throws {
    var row = SocketRow(interfaceName: interfaceName)
    for transport in [TransportProtocol.tcp, .udp, .tcp] {
      var buffer = ByteBuffer()
      let record = SocketRecord.on(.loopback, 53, .bound, inode: 1, transport: transport)
      row.appendObject(record, side: .local, to: &buffer)
      #expect(try JSONObject(buffer.text).string("protocol") == transport.name)
    }
  }

  // MARK: Details

  private func object(_ record: SocketRecord, _ details: SocketDetails) -> String {
    var row = SocketRow(interfaceName: interfaceName)
    var buffer = ByteBuffer()
    row.appendObject(record, side: .local, details: details, to: &buffer)
    return buffer.text
  }

  @Test func detailsFillTheKeysThatAreNullWithoutThem() {
    let record = SocketRecord.on(.loopback, 9527, .listen, uid: 0, inode: 77)
    let owner = SocketOwner(
      pid: 812, command: "nginx", descriptor: 6, uid: 33, user: "www-data",
      cgroup: CgroupPath("/system.slice/nginx.service"), startedAt: 1_700_000_000_123)
    let text = object(
      record,
      SocketDetails(
        cgroup: CgroupPath("/system.slice/nginx.service"), reuseAddress: true, reusePort: false,
        owners: [owner, SocketOwner(pid: 9, command: "x", uid: 4_000_000_000)], isOwnersComplete: true,
        visibility: .visible))
    #expect(
      text.contains(
        """
        "cgroup":"/system.slice/nginx.service","reuse_addr":true,"reuse_port":false,"owners":[{"pid":812,\
        "command":"nginx","fd":6,"user":"www-data","unit":"nginx.service","container":null,\
        "started_at":"2023-11-14T22:13:20.123Z"},{"pid":9,"command":"x","fd":null,"user":"4000000000",\
        "unit":null,"container":null,"started_at":null}],"owners_complete":true,"owner_visibility":"visible",\
        "namespace":null}
        """))
    #expect(
      object(record, SocketDetails(owners: [], isOwnersComplete: false, visibility: .hidden))
        .contains(#""owners":[],"owners_complete":false,"owner_visibility":"hidden","namespace":null}"#))
  }

  @Test func detailsWithHostileNames() throws {
    let name = "\u{1b}]0;x\u{7}\"\\\u{202e}\u{fffd}\n"
    let text = object(
      .on(.loopback, 9527, .listen, inode: 77),
      SocketDetails(
        cgroup: CgroupPath("/" + name), owners: [SocketOwner(pid: 1, command: name, user: name)],
        visibility: .visible))
    let parsed = try JSONObject(text)
    #expect(parsed.string("cgroup") == "/" + name)
    #expect(!text.utf8.contains { $0 < 0x20 })
  }

  /// A row with details leaves nothing behind for the rows after it.
  @Test func rowsAfterOneWithDetails() {
    let record = SocketRecord.on(.loopback, 9527, .listen, uid: 0, inode: 77)
    var row = SocketRow(interfaceName: interfaceName)
    var before = ByteBuffer()
    row.appendObject(record, side: .local, to: &before)
    var between = ByteBuffer()
    row.appendObject(
      record, side: .local, details: SocketDetails(owners: [], visibility: .none), to: &between)
    var after = ByteBuffer()
    row.appendObject(record, side: .local, to: &after)
    #expect(before.text == after.text)
    #expect(between.text != after.text)
  }

  // MARK: What rows share

  /// A row that comes after others is written as if it came alone.
  @Test func rowsDoNotDependOnTheOnesBefore() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    var row = SocketRow(interfaceName: interfaceName)
    var previous = ""
    for _ in 0..<30_000 {
      let record = Self.random(&generator)
      let side = [MatchedSide.local, .peer, .both][Int.random(in: 0...2, using: &generator)]
      var shared = ByteBuffer()
      row.appendObject(record, side: side, to: &shared)
      var fresh = SocketRow(interfaceName: interfaceName)
      var alone = ByteBuffer()
      fresh.appendObject(record, side: side, to: &alone)
      if shared.text != alone.text {
        Issue.record("\(shared.text)\nshould be \(alone.text)\nafter \(previous), seed \(seed)")
        return
      }
      previous = alone.text
    }
  }

  /// Few values each, so that one row often differs from the last in one thing only.
  private static func random(_ generator: inout SplitMix) -> SocketRecord {
    func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &generator)] }
    let address = pick([IPAddress.loopback, .loopbackIPv6, .mapped(127, 0, 0, 1), .anyIPv6])
    let state = pick([
      TCPState.timeWait, .finWait2, .finWait1, .listen, .established, .synReceived, .unknown(14),
    ])
    let kind = pick([SocketRecord.Timer.Kind?.none, .retransmit, .keepalive, .timeWait, .probe])
    return SocketRecord(
      state: state, local: Endpoint(address: address, port: pick([1, 65_535])),
      peer: pick([nil, Endpoint(address: address, port: 5)]), interface: pick([0, 2, 9]),
      timer: kind.map { SocketRecord.Timer(kind: $0, expires: pick([0, 99, .max])) },
      uid: pick([nil, 0, 1, .max]),
      inode: pick([0, 1, .max]), cookie: pick([0, 1, .max]), v6Only: pick([nil, true, false]))
  }
}

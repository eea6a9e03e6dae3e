import Foundation
import RecordSupport
import Reports
import SocketTable
import Testing

@Suite struct PortDocumentTests {
  private func document(_ report: PortReport, _ envelope: Envelope = .example()) throws -> JSONObject {
    let text = report.document(envelope, interfaceName: interfaceName).text
    #expect(text.hasSuffix("}\n"))
    return try JSONObject(text)
  }

  private static let timeWait = SocketRecord.on(
    .loopback, peer: 52_114, expires: 58_400, cookie: 0x5_0000_001f)
  private static let listener = SocketRecord.on(
    .anyIPv6, 9527, .listen, uid: 33, inode: 77, cookie: 4, v6Only: true)
  private static let mapped = SocketRecord.on(
    .mapped(127, 0, 0, 1), 9527, .established, interface: 2, uid: 1000, inode: 4_294_967_295, cookie: 5)

  @Test func everyKeyAndNoOther() throws {
    let json = try document(
      .of(
        [Self.timeWait, Self.listener, Self.mapped], SocketFilter(ports: PortSet(9527), states: .states(.all))
      ))
    #expect(
      json.keys
        == Keys.envelope.union([
          "query", "sockets", "counts", "last_time_wait_ms", "last_timer_ms", "flags", "other_protocols",
          "namespaces",
        ]))
    #expect(try json.object("host").keys == Keys.host)
    #expect(try json.object("source").keys == Keys.source)
    #expect(try json.object("query").keys == Keys.query)
    #expect(try json.object("counts").keys == Keys.counts)
    let sockets = try json.objects("sockets")
    #expect(sockets.count == 3)
    for socket in sockets {
      #expect(socket.keys == Keys.socket)
      #expect(try socket.object("local").keys == ["address", "port"])
    }
  }

  @Test func envelope() throws {
    let json = try document(.of([]))
    #expect(json.int("schema_version") == 1)
    #expect(json.string("command") == "port")
    #expect(json.string("tool_version") == "1.2.3")
    #expect(json.string("observed_at") == "2026-11-22T12:04:55.123Z")
    #expect(json["host", "hostname"] as? String == "host")
    #expect(json["host", "netns_inode"] as? UInt64 == 4_026_531_840)
    #expect(json["host", "euid"] as? Int == 1000)
    #expect(json["source", "kind"] as? String == "netlink")
    #expect(json["source", "complete"] as? Bool == true)
    #expect((json["source", "blind_spots"] as? [String]) == [])
    #expect(try document(.of([]), .example(netns: nil)).object("host").isNull("netns_inode"))
  }

  @Test func blindSpots() throws {
    let coverage = Coverage(
      origin: .procNet, isComplete: false,
      blindSpots: [.boundNotListening, .v6Only, .cgroup, .device, .smallHash])
    let json = try document(.of([], coverage: coverage))
    #expect(json["source", "kind"] as? String == "proc")
    #expect(json["source", "complete"] as? Bool == false)
    #expect(
      (json["source", "blind_spots"] as? [String]) == [
        "bound-not-listening", "v6-only", "cgroup", "device", "small-hash",
      ])
  }

  @Test func timeWait() throws {
    let socket = try document(.of([Self.timeWait])).objects("sockets")[0]
    #expect(socket.string("protocol") == "tcp")
    #expect(socket.string("family") == "ipv4")
    #expect(socket.string("state") == "time-wait")
    #expect(socket.bool("minisocket") == true)
    #expect(socket["local", "address"] as? String == "127.0.0.1")
    #expect(socket["local", "port"] as? Int == 9527)
    #expect(socket["peer", "port"] as? Int == 52_114)
    #expect(socket.string("side") == "local")
    #expect(socket["timer", "kind"] as? String == "time-wait")
    #expect(socket["timer", "expires_ms"] as? Int == 58_400)
    #expect(socket.string("cookie") == "50000001f")
    for key in [
      "interface", "uid", "inode", "v6_only", "cgroup", "reuse_addr", "reuse_port", "owners",
      "owners_complete",
    ] {
      #expect(socket.isNull(key), "\(key)")
    }
    #expect(socket.string("owner_visibility") == "none")
  }

  @Test func listener() throws {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    let socket = try document(.of([Self.listener], filter)).objects("sockets")[0]
    #expect(socket.string("family") == "ipv6")
    #expect(socket.bool("minisocket") == false)
    #expect(socket["local", "address"] as? String == "::")
    #expect(socket.isNull("peer"))
    #expect(socket.isNull("timer"))
    #expect(socket.bool("v6_only") == true)
    #expect(socket.int("uid") == 33)
    #expect(socket.int("inode") == 77)
    #expect(socket.string("owner_visibility") == "unknown")
  }

  @Test func mapped() throws {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    let socket = try document(.of([Self.mapped], filter)).objects("sockets")[0]
    #expect(socket.string("family") == "ipv6")
    #expect(socket["local", "address"] as? String == "::ffff:127.0.0.1")
    #expect(socket.bool("v6_only") == false)
    #expect(socket.string("interface") == "eth2")
    #expect(socket.int("inode") == 4_294_967_295)
  }

  /// A source that does not tell is null, never 0 or "".
  @Test func unknownIsNull() throws {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    let socket = try document(.of([.on(.anyIPv6, 9527, .listen, uid: 0)], filter)).objects("sockets")[0]
    for key in ["inode", "cookie", "v6_only", "interface"] { #expect(socket.isNull(key), "\(key)") }
    // Root's own.
    #expect(socket.int("uid") == 0)
  }

  /// What the rows and the counts of one document call a state.
  @Test func statesHaveOneName() throws {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    for state in TCPState.known + [.unknown(14)] {
      let json = try document(.of([.on(.loopback, 9527, state)], filter))
      let name = try #require(json.objects("sockets")[0].string("state"))
      #expect(json["counts", "by_state", name] as? Int == 1, "\(state)")
      #expect(name == state.name)
    }
  }

  @Test func timers() throws {
    let filter = SocketFilter(ports: PortSet(9527), states: .states(.all))
    for (kind, name): (SocketRecord.Timer.Kind, String) in [
      (.retransmit, "retransmit"), (.keepalive, "keepalive"), (.timeWait, "time-wait"), (.probe, "probe"),
    ] {
      let record = SocketRecord.on(.loopback, 9527, .finWait2, timer: kind, expires: .max)
      let socket = try document(.of([record], filter)).objects("sockets")[0]
      #expect(socket["timer", "kind"] as? String == name)
      #expect(socket["timer", "expires_ms"] as? Int == 4_294_967_295)
    }
  }

  @Test func sides() throws {
    let filter = SocketFilter(ports: PortSet(9527), side: .any, states: .states(.all))
    let records: [SocketRecord] = [
      .on(.loopback, 9527, .established, peer: 1, inode: 1),
      .on(.loopback, 2, .established, peer: 9527, inode: 1),
      .on(.loopback, 9527, .established, peer: 9527, inode: 1), .on(.loopback, 9527, .listen, inode: 1),
    ]
    let sockets = try document(.of(records, filter, sort: .none)).objects("sockets")
    #expect(sockets.map { $0.string("side") } == ["local", "peer", "both", "local"])
  }

  @Test func query() throws {
    func query(_ filter: SocketFilter) throws -> JSONObject { try document(.of([], filter)).object("query") }
    let standard = try query(SocketFilter(ports: PortSet([9000...9100, 443...443])))
    #expect(
      (standard["ports"] as? [[String: Int]]) == [["from": 443, "to": 443], ["from": 9000, "to": 9100]])
    #expect(standard.string("side") == "local")
    #expect((standard["states"] as? [String]) == ["fin-wait-2", "time-wait"])
    #expect(standard.bool("minisockets") == true)
    let states = SocketFilter.States.states(StateSet([.timeWait, .listen]))
    let named = try query(SocketFilter(ports: PortSet(1), side: .peer, states: states))
    #expect(named.string("side") == "peer")
    #expect((named["states"] as? [String]) == ["listen", "time-wait"])
    #expect(named.bool("minisockets") == false)
  }

  /// Every state is counted, whatever is listed; a limit cuts the list and not the counts.
  @Test func counts() throws {
    let records = [Self.timeWait, Self.timeWait, Self.listener, Self.mapped]
    for (limit, listed) in [(Int.max, 2), (1, 1), (0, 0)] {
      let json = try document(.of(records, limit: limit))
      #expect(try json.objects("sockets").count == listed)
      #expect(json["counts", "listed"] as? Int == 2)
      #expect(
        (json["counts", "by_state"] as? [String: Int]) == ["time-wait": 2, "listen": 1, "established": 1])
      #expect(json.int("last_time_wait_ms") == 58_400)
    }
    let none = try document(.of([Self.listener]))
    #expect(none["counts", "listed"] as? Int == 0)
    #expect(none.isNull("last_time_wait_ms"))
    #expect(try document(.of([.on(.loopback, expires: 0)])).int("last_time_wait_ms") == 0)
  }

  /// FIN_WAIT2 that only a timer keeps is not what a process still has, and its time is not that of a TIME_WAIT.
  @Test func finWait2IsCountedByWhatKeepsIt() throws {
    let minisocket = SocketRecord.on(.loopback, 9527, .finWait2, timer: .timeWait, expires: 59_000)
    let living = SocketRecord.on(.loopback, 9527, .finWait2, inode: 7)
    let json = try document(.of([minisocket, minisocket, living, Self.timeWait]))
    #expect(
      (json["counts", "by_state"] as? [String: Int])
        == ["fin-wait-2": 1, "fin-wait-2-minisocket": 2, "time-wait": 1])
    #expect(json.int("last_time_wait_ms") == 58_400)
    #expect(json.int("last_timer_ms") == 59_000)
    let alone = try document(.of([minisocket]))
    #expect((alone["counts", "by_state"] as? [String: Int]) == ["fin-wait-2-minisocket": 1])
    #expect(alone.isNull("last_time_wait_ms"))
    #expect(alone.int("last_timer_ms") == 59_000)
  }

  /// What is handed out on the way and what is left at the end are one document.
  @Test func longDocumentsAreHandedOutInParts() throws {
    let records = (UInt16(1)...3000).map { number -> SocketRecord in
      .on(.loopback, peer: number, expires: UInt32(number), cookie: UInt64(number))
    }
    let report = PortReport.of(records)
    let whole = report.document(.example(), interfaceName: interfaceName).text
    var parts = ""
    var count = 0
    let rest = report.document(.example(), interfaceName: interfaceName) { buffer in
      parts += buffer.text
      buffer.removeAll()
      count += 1
    }
    #expect(count > 5)
    #expect(parts + rest.text == whole)
    #expect(try JSONObject(whole).objects("sockets").count == 3000)
  }
}

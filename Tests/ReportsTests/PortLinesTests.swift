import RecordSupport
import Reports
import SocketTable
import Testing

@Suite struct PortLinesTests {
  private static let filter = SocketFilter(ports: PortSet(9527), side: .any, states: .states(.all))

  private func lines(_ body: (inout PortLines, inout ByteBuffer) -> Void) throws -> [JSONObject] {
    var lines = PortLines(filter: Self.filter, command: "port", interfaceName: interfaceName)
    var buffer = ByteBuffer()
    body(&lines, &buffer)
    let text = buffer.text
    #expect(text.hasSuffix("\n"))
    return try text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map {
      try JSONObject(String($0))
    }
  }

  @Test func snapshot() throws {
    let json = try lines { lines, buffer in
      lines.appendSnapshot(.example(), origin: .procNet, blindSpots: [.v6Only], to: &buffer)
    }
    #expect(json.count == 1)
    #expect(json[0].string("type") == "snapshot")
    #expect(json[0].keys == Keys.envelope.union(["type", "query", "flags"]))
    #expect(try json[0].object("host").keys == Keys.host)
    let source = try json[0].object("source")
    #expect(source.keys == Keys.source)
    #expect(source.string("kind") == "proc")
    // Nobody knows yet.
    #expect(source.isNull("complete"))
    #expect(try json[0].object("query").keys == Keys.query)
  }

  @Test func sockets() throws {
    let records: [SocketRecord] = [
      .on(.loopback, expires: 1, cookie: 1), .on(.loopback, expires: 2, cookie: 2),
      .on(.anyIPv6, 9527, .listen, inode: 3, v6Only: false),
      .on(.loopback, 50_000, .established, peer: 9527, inode: 4),
    ]
    let json = try lines { lines, buffer in for record in records { lines.appendSocket(record, to: &buffer) }
    }
    #expect(json.count == 4)
    for line in json {
      #expect(line.keys == Keys.socket.union(Keys.identity).union(["type"]))
      #expect(line.string("type") == "socket")
      #expect(line.int("schema_version") == 1)
      #expect(line.string("command") == "port")
    }
    #expect(json.map { $0.string("side") } == ["local", "local", "local", "peer"])
  }

  @Test(arguments: [(true, nil), (false, "recvmsg: \"no\" buffer\u{1b}")] as [(Bool, String?)])
  func end(isComplete: Bool, error: String?) throws {
    let counts = StateCounts([.on(.loopback, expires: 7), .on(.loopback, 9527, .listen)])
    let json = try lines { lines, buffer in
      lines.appendEnd(
        .example(), counts: counts, listed: 2,
        coverage: Coverage(origin: .sockDiag, isComplete: isComplete, blindSpots: []), error: error,
        to: &buffer)
    }
    #expect(json.count == 1)
    #expect(
      json[0].keys
        == Keys.identity.union([
          "type", "counts", "last_time_wait_ms", "last_timer_ms", "other_protocols", "namespaces", "complete",
          "error",
        ]))
    #expect(json[0].string("type") == "end")
    #expect(json[0].bool("complete") == isComplete)
    #expect(json[0].string("error") == error)
    #expect(json[0].isNull("error") == (error == nil))
    #expect(json[0]["counts", "listed"] as? Int == 2)
    #expect((json[0]["counts", "by_state"] as? [String: Int]) == ["time-wait": 1, "listen": 1])
    #expect(json[0].int("last_time_wait_ms") == 7)
    #expect(json[0].int("last_timer_ms") == 7)
  }
}

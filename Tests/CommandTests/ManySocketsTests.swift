import Glibc
import TestSupport
import Testing

/// More sockets than one datagram of the kernel's holds, and two programs that look at once.
@Suite(.needs(.networkNamespaces), .needs(.realTime))
struct ManySocketsTests {
  @Test func thousandsOfTimeWait() throws {
    try withNetworkNamespace { lab in
      let count = 500
      try lab.timeWaits(count: count, port: 9527, .init(reuseAddress: true))
      let peers = Set(try KernelTable.read().rows(onPort: 9527).map { Int($0.peer.port) })
      #expect(peers.count == count)
      for source in ["netlink", "proc"] {
        let document = try Tool.run("port", "9527", "--json", "--source", source).json
        #expect(Set(document["sockets"].array?.compactMap { $0["peer"]["port"].int } ?? []) == peers)
        #expect(document["counts"]["listed"].int == count)
        let plain = try Tool.run("port", "9527", "--output", "plain", "--source", source)
        #expect(plain.lines.count == count + 1)
        #expect(
          Set(plain.lines.compactMap { $0.split(separator: "\t").dropFirst(5).first.flatMap { Int($0) } })
            == peers)
        let lines = try Tool.run("port", "9527", "--output", "jsonl", "--source", source).jsonLines
        #expect(lines.count == count + 2)
        #expect(lines.last?["counts"]["by_state"]["time-wait"].int == count)
      }
      let table = try Tool.run("port", "9527", "--limit", "3").output
      #expect(table.contains("497 more"))
      #expect(table.contains("500 TIME_WAIT hold port 9527"))
      let answer = try expectTrybind(Server(), false, ["time-wait-server-closed-first"])
      #expect(answer.holders.count == count)
      #expect(answer.text.split(separator: "\n").count < 40)
    }
  }

  /// The JSON of trybind and of wait was made as a whole before it was written: 0.7 KB for each socket.
  @Test func memoryOfTheAnswer() throws {
    try withNetworkNamespace { lab in
      let (few, many) = (100, 2_400)
      try lab.timeWaits(count: few, port: 9527)
      try lab.timeWaits(count: many, port: 9528)
      for command in [["trybind"], ["wait", "--timeout", "1ms"], ["port"]] {
        func peak(_ port: String) throws -> Int {
          let result = try Tool.run(command + [port, "--json"])
          let rows = try result.json[command == ["port"] ? "sockets" : "holders"].count
          #expect(rows == (port == "9527" ? few : many))
          return result.peakKibibytes
        }
        let perSocket = try (peak("9528") - peak("9527")) * 1024 / (many - few)
        #expect(perSocket < 400, "\(command): \(perSocket) bytes")
      }
    }
  }

  /// The trials of one are no reason for the other's answer.
  @Test func severalAtOnce() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9528, .init(reuseAddress: true))
      let runs = try (0..<24).map { index in
        let arguments =
          index % 2 == 0 ? ["trybind", "9527", "--json"] : ["trybind", "9528", "--reuse", "--json"]
        return try Tool.command(arguments).start()
      }
      for run in runs {
        let result = try run.finish()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try result.json["bindable"].bool == true)
      }
    }
  }

  /// Addresses of full length, as real hosts have them.
  @Test(.needs(.ipv6)) func longAddresses() throws {
    try withNetworkNamespace { lab in
      let address = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:f001"
      try lab.addAddress(address, prefix: 128, to: "lo")
      let listener = lab.keep(try TCPSocket(.ipv6, .init(reuseAddress: true)))
      try listener.bind(address, port: 54_321)
      try listener.listen()
      let client = try connectOnceThereIsARoute(lab, SocketAddress(address, port: 54_321))
      let child = try listener.accept()
      let (local, peer) = try (child.localAddress, child.peerAddress)
      try lab.closeInTurn(child, client)
      listener.close()
      try lab.wait(for: .timeWait, local: local, peer: peer)
      let slugs = ["time-wait-server-closed-first", "port-in-ephemeral-range"]
      let answer = try expectTrybind(Server(port: 54_321, addresses: [address]), false, slugs)
      #expect(answer.text.contains(address))
      #expect(try Tool.run("port", "54321").output.contains("[\(address)]:54321"))
      #expect(try Tool.run("trybind", "54321", "--address", "[\(address)]", "--reuse").exitCode == 0)
    }
  }

  /// The kernel adds the route to a new address a moment after the address.
  private func connectOnceThereIsARoute(_ lab: Lab, _ address: SocketAddress) throws -> TCPSocket {
    for _ in 0..<200 {
      let client = try TCPSocket(address.family)
      do throws(SystemCallError) {
        try client.connect(to: address)
        return lab.keep(client)
      } catch {
        if error.number != ENETUNREACH && error.number != EHOSTUNREACH { throw error }
        pause(milliseconds: 20)
      }
    }
    throw SystemCallError("connect", ENETUNREACH, "\(address)")
  }
}

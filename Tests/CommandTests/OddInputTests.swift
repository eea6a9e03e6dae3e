import Glibc
import TestSupport
import Testing

/// Names and addresses that are allowed and that nobody expects.
@Suite(.needs(.networkNamespaces))
struct OddInputTests {
  /// The kernel lets a device have nearly any name. It is shown, and moves no cursor.
  @Test(arguments: ["e\"h", "a\\b", "e\u{1b}[2J", "a\u{9b}1m", "x\u{202e}y", "日本"])
  func deviceNames(_ name: String) throws {
    try withNetworkNamespace { lab in
      try lab.addLink(name)
      try lab.listener(port: 9527, .init(device: name))
      let json = try Tool.run("port", "9527", "--all", "--json").json
      #expect(json["sockets"][0]["interface"].string == name)
      let lines = try Tool.run("port", "9527", "--all", "--output", "jsonl").jsonLines
      #expect(lines[1]["interface"].string == name)
      let trybind = try Tool.run("trybind", "9527", "--interface", name, "--json")
      #expect(trybind.exitCode == 1)
      #expect(try trybind.json["target"]["interface"].string == name)
      for arguments in [
        ["port", "9527", "--all"], ["port", "9527", "--all", "--output", "plain"],
        ["trybind", "9527", "--interface", name], ["trybind", "9527", "--interface", name + "x"],
        ["trybind", "9527", "--address", "fe80::1%" + name],
      ] {
        let result = try Tool.run(arguments)
        let text = result.output + result.errors
        let harmful = text.unicodeScalars.filter {
          ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7f..<0xa0).contains($0.value)
            || $0 == "\u{202e}"
        }
        #expect(harmful.isEmpty, "\(arguments)")
      }
      let plain = try Tool.run("port", "9527", "--all", "--output", "plain").lines[0]
      #expect(plain.split(separator: "\t", omittingEmptySubsequences: false).count == 18)
    }
  }

  /// Whatever the kernel thinks of them: tw-inspect says the same, and says why.
  @Test(
    .needs(.ipv6),
    arguments: [
      "224.0.0.1", "255.255.255.255", "127.255.255.255", "0.0.0.1", "240.0.0.1", "ff02::1", "ff02::1%lo",
      "::2",
      "::ffff:0.0.0.0", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1%lo", "::1%lo",
      "fec0::1",
      "0000:0000:0000:0000:0000:0000:0000:0001", "0:0::0",
    ])
  func addresses(_ address: String) throws {
    try withNetworkNamespace { lab in
      for isHeld in [false, true] {
        if isHeld { try lab.timeWait(via: .dualStackOverIPv4, port: 9527) }
        let json = try Tool.run("trybind", "9527", "--address", address, "--json")
        let truth = try Server(addresses: [address]).start()[0].bind
        let said = try json.json["trials"].array?.first { $0["yours"].bool == true }?["bind"].string
        #expect(said == truth)
        #expect(json.exitCode == (truth == "ok" ? 0 : 1))
        let findings = try json.json.slugs
        #expect(findings.isEmpty == (truth == "ok"), "\(address) \(truth)")
        #expect(!findings.contains("rules-and-kernel-disagree"), "\(address)")
      }
    }
  }

  /// A socket without a port yet holds none.
  @Test func boundAddressWithoutAPort() throws {
    try withNetworkNamespace { lab in
      let client = lab.keep(try TCPSocket(.ipv4, .init(bindAddressNoPort: true)))
      try client.bind("127.0.0.2")
      try expectTrybind(Server(), true, [])
    }
  }

  @Test(.needs(.mptcp))
  func multipathListener() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527, .init(multipath: true))
      let answer = try expectTrybind(Server(reuse: true), false, nil)
      #expect(answer.holders.map { $0["state"].string } == ["listen"])
      #expect(answer.slugs.contains("listener-alive"))
    }
  }

  /// An accepted but unread, and a reset, connection leave nothing; the listener alone is there.
  @Test func lingerZero() throws {
    try withNetworkNamespace { lab in
      let connection = try lab.connect(port: 9527)
      try connection.child.setLinger(seconds: 0)
      connection.child.close()
      connection.listener.close()
      try lab.waitUntilGone(local: connection.local, peer: connection.peer)
      try expectTrybind(Server(), true, [])
      #expect(try Tool.run("port", "9527", "--all", "--expect", "none").exitCode == 0)
    }
  }

  /// Two listeners: both are named, and one that is not in the way is not.
  @Test func severalListeners() throws {
    try withNetworkNamespace { lab in
      for address in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        let listener = lab.keep(try TCPSocket())
        try listener.bind(address, port: 9527)
        try listener.listen()
      }
      let all = try expectTrybind(Server(addresses: ["0.0.0.0"]), false, nil)
      #expect(all.holders.count == 3)
      let one = try expectTrybind(Server(addresses: ["127.0.0.2"]), false, ["listener-alive"])
      #expect(one.holders.map { $0["local"]["address"].string } == ["127.0.0.2"])
      #expect(!one.text.contains("127.0.0.3"))
    }
  }
}

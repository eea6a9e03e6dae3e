import Glibc
import TestSupport
import Testing

/// A UDP socket on the number that was asked about is told of, with its owner, and changes no answer.
@Suite(.needs(.networkNamespaces))
struct OtherProtocolTests {
  /// Bound to 127.0.0.1 in this thread's network namespace, while `body` runs.
  private func withUDP(port: UInt16, connected: Bool = false, _ body: () throws -> Void) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    func address(_ port: UInt16) -> sockaddr_in {
      sockaddr_in(
        sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
        sin_addr: in_addr(s_addr: UInt32(0x7f00_0001).bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    }
    func call(
      _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ address: sockaddr_in
    ) -> Int32 {
      var address = address
      return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    try #require(call(bind, address(port)) == 0)
    if connected { try #require(call(connect, address(9)) == 0) }
    try body()
  }

  private static let words = "(pid \(getpid())) has 127.0.0.1:9527; TCP and UDP"

  private func words(_ result: CommandResult) -> String {
    result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test(arguments: ["netlink", "proc", "auto"], [false, true])
  func isToldWithItsOwner(source: String, connected: Bool) throws {
    try withNetworkNamespace { _ in
      try withUDP(port: 9527, connected: connected) {
        for command in [
          ["port", "9527"], ["port", "9520-9530"], ["trybind", "9527"], ["trybind", "9527", "--predict"],
        ] {
          let json = try Tool.run(command + ["--json", "--source", source]).json["other_protocols"]
          #expect(json.count == 1, "\(command)")
          #expect(json[0]["protocol"].string == "udp" && json[0]["port"].int == 9527)
          #expect(json[0]["address"].string == "127.0.0.1" && json[0]["uid"].int == Int(getuid()))
          #expect(json[0]["owners"][0]["pid"].int == Int(getpid()))
          let text = try Tool.run(command + ["--source", source])
          #expect(words(text).contains(Self.words), "\(text)")
          #expect(!text.output.contains("only TCP was looked at"))
        }
        let lines = try Tool.run("port", "9527", "--output", "jsonl", "--source", source).jsonLines
        #expect(lines.last?["other_protocols"].count == 1)
      }
    }
  }

  /// On a terminal UDP was named among what is unseen, although it had been looked at.
  @Test(arguments: ["9527", "9528"]) func whatWasSeenIsNotUnseen(port: String) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9528)
      var command = try Tool.command(["trybind", port])
      command.terminal = (rows: 40, columns: 80)
      let answer = try command.run().output
      #expect(answer.contains("your server's own user, privileges and policies"))
      #expect(!answer.contains("UDP"), "\(answer)")
    }
  }

  @Test func isNoObstacle() throws {
    try withNetworkNamespace { lab in
      try withUDP(port: 9527) {
        let yes = try Tool.run("trybind", "9527", "--json")
        #expect(yes.exitCode == 0)
        #expect(try yes.json.slugs == ["udp-holds-number"])
        #expect(try yes.json["findings"][0]["severity"].string == "info")
        try lab.listener(port: 9527)
        let no = try Tool.run("trybind", "9527", "--json")
        #expect(no.exitCode == 1)
        #expect(try !no.json.slugs.contains("udp-holds-number"), "the finding is about a yes")
        #expect(try no.json["other_protocols"].count == 1)
        #expect(try words(Tool.run("trybind", "9527")).contains(Self.words))
      }
    }
  }

  /// An empty list is that there are none, and null that nobody looked.
  @Test(arguments: [
    (["trybind", "9527"], false), (["port", "9527"], false), (["port", "9528", "-6"], false),
    (["port", "9528", "--side", "peer"], true), (["trybind", "0"], true),
  ])
  func noneAndNotLooked(arguments: [String], isNull: Bool) throws {
    try withNetworkNamespace { _ in
      try withUDP(port: 9528) {
        let others = try Tool.run(arguments + ["--json"]).json["other_protocols"]
        #expect(isNull ? others.isNull : others.array == [], "\(others)")
      }
    }
  }

  /// Nobody reads it there.
  @Test(arguments: [["-q"], ["--output", "plain"]]) func isNotAskedWhereNobodyReads(options: [String]) throws
  {
    try withNetworkNamespace { _ in
      for command in ["port", "trybind"] {
        let steps = try Tool.run([command, "9527", "-vv"] + options).errors
        #expect(!steps.contains("UDP"), "\(steps)")
      }
    }
  }
}

import Glibc
import KernelSupport
import TestSupport
import Testing

/// `--flags live`: SO_REUSEADDR and SO_REUSEPORT of sockets that other processes have open.
@Suite(.needs(.networkNamespaces))
struct LiveFlagsTests {
  private static let all: [SocketOptions] = [
    .none, .init(reuseAddress: true), .init(reusePort: true), .init(reuseAddress: true, reusePort: true),
  ]

  private func rows(_ arguments: [String], asUser user: uid_t? = nil) throws -> [JSON] {
    let result = try Tool.run(["port", "9527", "--all", "--json"] + arguments, asUser: user)
    #expect(result.exitCode == 0 && result.errors == "", "\(result)")
    return try result.json["sockets"].array ?? []
  }

  @Test(.needs(.boundSockets)) func whatWasSet() throws {
    for options in Self.all {
      try withNetworkNamespace { lab in
        try lab.boundOnly(via: .ipv6, port: 9527, options)
        let connection = try lab.connect(port: 9527, options)
        try connection.child.setReuseAddress(!options.reuseAddress)
        let records = try rows(["--flags", "live"])
        #expect(records.count == 3)
        for record in records {
          let isChild = record["state"].string == "established"
          #expect(record["reuse_addr"].bool == (isChild ? !options.reuseAddress : options.reuseAddress))
          #expect(record["reuse_port"].bool == options.reusePort, "\(record)")
        }
        for line in try Tool.run("port", "9527", "--all", "--flags", "live", "--output", "jsonl").jsonLines
        where line["type"].string == "socket" {
          #expect(line["reuse_port"].bool == options.reusePort)
        }
        let table = try Tool.run("port", "9527", "--all", "--flags", "live")
        #expect(table.output.contains("SO_REUSEPORT \(options.reusePort ? "on" : "off")"))
        expectNarrow(table.output)
        for record in try rows(["--owners"]) {
          #expect(record["reuse_addr"].isNull && record["reuse_port"].isNull)
        }
        for record in try rows(["--flags", "none"]) { #expect(record["reuse_addr"].isNull) }
      }
    }
  }

  /// "SO_REUSEPORT on" was shown of a socket, and beside it that nobody knows whether it has SO_REUSEPORT.
  @Test(.needs(.otherUsers)) func whatWasReadIsNotUnseen() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reusePort: true, owner: 65_534))
      let line = ["trybind", "9527", "--address", "127.0.0.1", "--reuse-port", "--json"]
      for (more, isUnseen) in [([], true), (["--flags", "live"], false)] as [([String], Bool)] {
        let finding = try Tool.run(line + more).json["findings"][0]
        #expect(finding["slug"].string == "reuse-port-other-user")
        let unseen = finding["not_seen"].array?.compactMap(\.string) ?? []
        #expect(unseen.contains { $0.contains("SO_REUSEPORT") } == isUnseen, "\(unseen)")
        let seen = finding["evidence"].array?.compactMap(\.string) ?? []
        #expect(seen.contains { $0.contains("SO_REUSEPORT on") } != isUnseen, "\(seen)")
      }
    }
  }

  /// A minisocket has no process to ask.
  @Test func whatNoProcessHas() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let record = try #require(try rows(["--flags", "live"]).first)
      #expect(record["reuse_addr"].isNull && record["owner_visibility"].string == "none")
      #expect(try Tool.run("trybind", "9527", "--reuse", "--predict", "--flags", "live").exitCode == 69)
    }
  }

  @Test(.needs(.program("perl")), .needs(.otherUsers)) func asOtherUsers() throws {
    try withNetworkNamespace { lab in
      // Started as that user, so that others of that user may look into it.
      var command = Perl("setsockopt(our $s = server(9527), SOL_SOCKET, SO_REUSEADDR, 1);").command
      command.user = 65_534
      let server = try command.start()
      try server.waitForOutput(containing: "ready\n")
      #expect(try rows(["--flags", "live"])[0]["reuse_addr"].bool == true)
      let scope = (try? readFile("/proc/sys/kernel/yama/ptrace_scope"))?.first ?? UInt8(ascii: "0")
      if scope == UInt8(ascii: "0") {
        #expect(try rows(["--flags", "live"], asUser: 65_534)[0]["reuse_addr"].bool == true)
      }
      let hidden = try rows(["--flags", "live"], asUser: 1)[0]
      #expect(hidden["reuse_addr"].isNull && hidden["reuse_port"].isNull)
      let text = try Tool.run("trybind", "9527", "--flags", "live", asUser: 1)
      #expect(text.exitCode == 1)
      #expect(text.output.contains("options could not be read"), "\(text)")
      let table = try Tool.run("port", "9527", "--all", "--flags", "live", asUser: 1)
      #expect(table.exitCode == 0 && table.output.contains("could not be read"), "\(table)")
      expectNarrow(table.output)
    }
  }

  /// A duplicate that stayed open would keep the port from whoever comes next.
  @Test(.needs(.program("perl"))) func noDuplicateStays() throws {
    try withNetworkNamespace { lab in
      let server = try Perl("our $s = server(9527);").start()
      var endings: [String] = []
      for _ in 0..<3 {
        let look = try Tool.command(["trybind", "9527", "--flags", "live", "--json"]).start()
        endings.append(try look.finish().json["holders"][0]["reuse_addr"].bool.map { "\($0)" } ?? "null")
      }
      #expect(endings == ["false", "false", "false"])
      // It ends while it is being looked at.
      let looks = try (0..<4).map { _ in
        try Tool.command(["port", "9527", "--all", "--flags", "live"]).start()
      }
      try server.send(signal: SIGKILL)
      _ = try server.finish()
      for look in looks {
        let result = try look.finish()
        #expect(result.exitCode == 0 && result.errors == "", "\(result)")
      }
      #expect(try Server(addresses: ["127.0.0.1"]).start()[0].bind == "ok")
    }
  }

  /// The descriptor of a Multipath TCP socket is not the TCP socket in the table.
  @Test(.needs(.mptcp)) func multipath() throws {
    try withNetworkNamespace { lab in
      let socket = lab.keep(try TCPSocket(.ipv4, .init(reuseAddress: true, multipath: true)))
      try socket.bind("127.0.0.1", port: 9527)
      try socket.listen()
      let record = try #require(try rows(["--flags", "live"]).first)
      #expect(record["reuse_addr"].bool != false, "nothing is said, or the truth")
    }
  }
}

import Glibc
import TestSupport
import Testing

/// Hosts and sandboxes that refuse netlink, /proc or both, and processes that have run out of descriptors.
@Suite(.needs(.networkNamespaces))
struct SourceFailureTests {
  static let questions = [
    ["port", "9527"], ["port", "9527", "--json"], ["port", "9527", "--output", "jsonl"],
    ["port", "9527", "--output", "plain"], ["port", "9527", "-q"], ["trybind", "9527"],
    ["trybind", "9527", "--json"], ["trybind", "9527", "-q"],
  ]

  /// As under systemd's RestrictAddressFamilies=AF_INET AF_INET6 (EAFNOSUPPORT), and under seccomp profiles.
  @Test(arguments: [EAFNOSUPPORT, EPERM, EACCES, EPROTONOSUPPORT])
  func netlinkRefused(error: Int32) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var command = try Tool.command(["port", "9527", "--json"])
      command.denials = [.socket(AF_NETLINK, error)]
      let result = try command.run()
      #expect(result.exitCode == 0)
      let json = try result.json
      #expect(json["source"]["kind"].string == "proc")
      #expect(json["source"]["complete"].bool == true)
      #expect(json["sockets"].count == 1)
      let spots = json["source"]["blind_spots"].array?.compactMap(\.string) ?? []
      #expect(Set(["bound-not-listening", "v6-only", "cgroup", "device"]).isSubset(of: spots))
      #expect(result.errors.contains("/proc/net/tcp"))
      #expect(result.errors.contains(String(cString: strerror(error))))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  @Test(arguments: questions)
  func netlinkAskedForAndRefused(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var command = try Tool.command(arguments + ["--source", "netlink"])
      command.denials = [.socket(AF_NETLINK, EAFNOSUPPORT)]
      try expectNoLook(command.run(), says: ["netlink"])
    }
  }

  @Test(.needs(.hiddenProc), arguments: questions)
  func nothingToLookAt(_ arguments: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var command = try Tool.command(arguments)
      command.denials = [.socket(AF_NETLINK, EPERM)]
      command.hidesProc = true
      try expectNoLook(command.run(), says: ["netlink", "/proc/"])
      command.arguments += ["--source", "proc"]
      command.denials = []
      try expectNoLook(command.run(), says: ["/proc/"])
    }
  }

  /// 69, one sentence that says what was tried, and no answer that could be taken for "free".
  private func expectNoLook(
    _ result: CommandResult, says: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(result.exitCode == 69, sourceLocation: sourceLocation)
    #expect(result.errors.split(separator: "\n").count == 1, "\(result)", sourceLocation: sourceLocation)
    for word in says { #expect(result.errors.contains(word), "\(result)", sourceLocation: sourceLocation) }
    guard result.command.contains("jsonl") else {
      #expect(result.output == "", sourceLocation: sourceLocation)
      return
    }
    for line in try result.jsonLines where line["type"].string == "end" {
      #expect(line["complete"].bool == false, sourceLocation: sourceLocation)
      #expect(line["error"].string?.isEmpty == false, sourceLocation: sourceLocation)
    }
  }

  /// Without /proc there are no sysctls and no namespace's inode; the sockets are there all the same.
  @Test(.needs(.hiddenProc))
  func netlinkAlone() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      var command = try Tool.command(["port", "9527", "--json"])
      command.hidesProc = true
      let port = try command.run()
      #expect(port.exitCode == 0)
      #expect(port.errors == "")
      #expect(try port.json["source"]["kind"].string == "netlink")
      #expect(try port.json["sockets"].count == 1)
      #expect(try port.json["host"]["netns_inode"].isNull)

      command.arguments = ["trybind", "9527", "--json"]
      let no = try command.run()
      #expect(no.exitCode == 1)
      #expect(try no.json["findings"][0]["slug"].string == "time-wait-server-closed-first")
      command.arguments = ["trybind", "9527", "--json", "--reuse"]
      #expect(try command.run().exitCode == 0)
    }
  }

  /// Running out of something says nothing of the port, and is no reason to look elsewhere.
  @Test(arguments: questions, [EMFILE, ENFILE, ENOMEM, ENOBUFS])
  func noNetlinkSocketLeft(_ arguments: [String], error: Int32) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      var command = try Tool.command(arguments)
      command.denials = [.socket(AF_NETLINK, error)]
      try expectExhausted(command.run(), error)
    }
  }

  @Test(arguments: [[], ["--json"], ["-q"], ["--address", "127.0.0.2"]])
  func noSocketLeftForTheTrial(_ more: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      var command = try Tool.command(["trybind", "9527"] + more)
      command.denials = [.socket(AF_INET, EMFILE)]
      try expectExhausted(command.run(), EMFILE)
      // 0 to 2 and netlink's: enough to load the program, and to look.
      command.denials = []
      command.descriptorLimit = 4
      try expectExhausted(command.run(), EMFILE)
    }
  }

  /// One of two sockets that are to be held together.
  @Test func noSocketLeftForTheSecondAddress() throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(["trybind", "9527", "--address", "127.0.0.1", "--address", "127.0.0.2"])
      command.descriptorLimit = 5
      try expectExhausted(command.run(), EMFILE)
      command.descriptorLimit = 6
      let result = try command.run()
      #expect(result.exitCode == 0)
    }
  }

  private func expectExhausted(
    _ result: CommandResult, _ error: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(result.exitCode == 71, "\(result)", sourceLocation: sourceLocation)
    #expect(
      result.errors.contains(String(cString: strerror(error))), "\(result)", sourceLocation: sourceLocation)
    #expect(result.errors.split(separator: "\n").count == 1, "\(result)", sourceLocation: sourceLocation)
    if result.command.contains("jsonl"), let end = try result.jsonLines.last {
      #expect(end["complete"].bool == false, sourceLocation: sourceLocation)
    } else {
      #expect(result.output == "", sourceLocation: sourceLocation)
    }
  }
}

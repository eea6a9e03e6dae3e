import Foundation
import KernelSupport
import TestSupport
import Testing

/// Commands get pasted: each one that an answer offers does what it is offered for.
@Suite(.needs(.networkNamespaces))
struct RemedyTests {
  private func commands(_ arguments: [String]) throws -> [String] {
    let json = try Tool.run(arguments + ["--json"]).json
    return json["findings"].array?.flatMap { $0["remedies"].array ?? [] }.compactMap { $0["command"].string }
      ?? []
  }

  /// The first command that shows more.
  private func look(_ arguments: [String], asUser user: uid_t? = nil) throws -> String? {
    let finding = try Tool.run(arguments + ["--json"], asUser: user).json["findings"][0]
    return finding["remedies"].array?.first { $0["effect"].string == "shows" }?["command"].string
  }

  /// As pasted into a shell, by a user who has no sudo to ask; on a terminal where an answer is to be typed.
  private func paste(_ command: String, answer: String? = nil) throws -> CommandResult {
    var shell = Command("/bin/sh", ["-c", command.replacing("sudo ", with: "")])
    let directory = (try Tool.path.get() as NSString).deletingLastPathComponent
    shell.environment = ["PATH": directory + ":/usr/sbin:/usr/bin:/sbin:/bin"]
    guard let answer else { return try shell.run() }
    shell.terminal = (rows: 24, columns: 80)
    let running = try shell.start()
    try running.waitForOutput(containing: "[y/N]")
    running.write(answer)
    return try running.finish()
  }

  /// What it offers to end stands in the way no more.
  @Test(.needs(.endOfMinisockets), arguments: [false, true])
  func release(isFinWait2: Bool) throws {
    for option in [[], ["--reuse"]] {
      try withNetworkNamespace { lab in
        if isFinWait2 { try lab.finWait2Minisocket(port: 9527) } else { try lab.timeWait(port: 9527) }
        let command = try #require(
          try commands(["trybind", "9527"] + option).first { $0.contains("release") })
        #expect(try Tool.run("trybind", "9527", "-q").exitCode == 1)
        #expect(command.hasPrefix("sudo ") == (geteuid() != 0), "\(command)")
        #expect(try paste(command, answer: "y\n").exitCode == 0, "\(command)")
        #expect(try Tool.run("trybind", "9527", "-q").exitCode == 0)
      }
    }
  }

  /// "Restart that client" left the port in FIN_WAIT2 and TIME_WAIT for two minutes.
  @Test(.needs(.program("ss")), arguments: [false, true])
  func endOneConnection(isSelfConnected: Bool) throws {
    try withNetworkNamespace { lab in
      let other = try lab.outgoing(localPort: nil, toPort: 80)
      let one: Situation
      if isSelfConnected {
        try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40999")
        one = try lab.selfConnected(port: 40_001)
      } else {
        one = try lab.outgoing(localPort: nil, toPort: 81)
      }
      let question = ["trybind", "\(one.port)", "--reuse"]
      #expect(try Tool.run(question + ["-q"]).exitCode == 1)
      let command = try #require(try commands(question).first { $0.contains("ss -K") })
      let ended = try paste(command)
      #expect(ended.exitCode == 0 && ended.errors == "", "\(ended)")
      // bind() chose this one's port, so that its client has it as long as it is open.
      if isSelfConnected { one.subject?.close() }
      #expect(try Tool.run(question + ["-q"]).exitCode == 0)
      let left = try KernelTable.read().rows.filter { $0.local == other.local }.map(\.state)
      #expect(left == [.established], "nothing else was ended")
    }
  }

  /// `sysctl -w` replaces the whole list, and the advice had no command, or one that lost what was reserved.
  @Test func reserve() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.ip_local_reserved_ports", "8080,39990-39999,50000-50010")
      let command = try #require(try commands(["trybind", "40000"]).first { $0.contains("reserved") })
      #expect(command.hasSuffix("sysctl -w net.ipv4.ip_local_reserved_ports=8080,39990-40000,50000-50010"))
      let reserved = try paste(command)
      #expect(reserved.exitCode == 0, "\(reserved)")
      #expect(try commands(["trybind", "40000"]).allSatisfy { !$0.contains("reserved") })
    }
  }

  /// It waits for the server that was asked about, and no longer than that one has to.
  @Test(
    .needs(.endOfMinisockets),
    .needs(.ipv6),
    arguments: [
      [], ["--reuse"], ["-4"], ["--v6-only"], ["--address", "127.0.0.1", "--address", "::", "--v6-only"],
      ["--address", "127.0.0.1", "--reuse", "--reuse-port", "--interface", "lo", "--listen"],
    ])
  func waiting(options: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: options == ["--v6-only"] ? .ipv6 : .ipv4, port: 9527)
      // What is tried of the server is what trybind would try of it.
      let asked = try Tool.run(["trybind", "9527", "--json"] + options).json
      try #require(asked["bindable"].bool == false)
      let command = try #require(try commands(["trybind", "9527"] + options).first)
      #expect(command.hasPrefix("tw-inspect wait 9527"))
      let timedOut = try paste(command + " --timeout 1ms --json")
      #expect(timedOut.exitCode == 1, "\(command)")
      #expect(try timedOut.json["target"] == asked["target"], "\(command)")
      #expect(try Tool.run("release", "9527", "--yes", "-q").exitCode == 0)
      #expect(try paste(command).exitCode == 0, "\(command)")
    }
  }

  /// A FIN_WAIT2 that is no minisocket yet cannot be ended so.
  @Test func noReleaseOfOtherSockets() throws {
    try withNetworkNamespace { lab in
      try lab.finWait2Orphan(port: 9527)
      try #expect(!commands(["trybind", "9527"]).contains { $0.contains("release") })
    }
  }

  @Test(.needs(.boundSockets)) func whoHoldsTheSocket() throws {
    func expect(_ make: (Lab) throws -> Void) throws {
      try withNetworkNamespace { lab in
        try make(lab)
        let command = try #require(try look(["trybind", "9527"]))
        let output = try paste(command).output
        #expect(output.split(whereSeparator: \.isWhitespace).contains("\(getpid())"), "\(command)")
      }
    }
    try expect { try $0.listener(port: 9527) }
    try expect { try $0.boundOnly(port: 9527) }
  }

  /// To a user who may not see the process, what an administrator can do is offered.
  @Test(.needs(.boundSockets), .needs(.otherUsers))
  func whoHoldsASocketOfAnotherUser() throws {
    func first(_ make: (Lab) throws -> Void) throws -> String {
      try withNetworkNamespace { lab in
        try make(lab)
        let command = try look(["trybind", "9527"], asUser: 65_534) ?? ""
        return try paste(command).output
      }
    }
    #expect(try first { try $0.boundOnly(port: 9527) }.contains("pid \(getpid())"))
    #expect(try first { try $0.listener(port: 9527) }.contains("pid \(getpid())"))
  }

  /// None is misspelt, and none asks for an option that the program has not.
  @Test(.needs(.boundSockets)) func allOfThemRun() throws {
    var seen: Set<String> = []
    func collect(_ arguments: [String], _ make: (Lab) throws -> Void) throws {
      try withNetworkNamespace { lab in
        try make(lab)
        let all = try commands(arguments).flatMap { $0.components(separatedBy: "; ") }
        for command in all where seen.insert(command).inserted {
          let program = command.replacing("sudo ", with: "").split(separator: " ").first ?? ""
          // What a small machine does not have is not the answer's fault, and neither is an empty journal.
          guard try paste("command -v \(program)").exitCode == 0, program != "journalctl" else { continue }
          // Another test's namespace, which goes when that test ends (NetworkNamespaceTests runs it).
          if command.contains("--netns") { continue }
          // What holds the port is this process.
          let harmless = command.replacing("kill ", with: "kill -0 ")
          if command.hasPrefix("tw-inspect wait") {
            let result = try paste(command + " --timeout 1ms --quiet")
            #expect(result.errors == "" && result.exitCode == 1, "\(command)")
            continue
          }
          let result = try paste(harmless, answer: command.contains("release") ? "y\n" : nil)
          #expect(result.errors == "", "\(command)")
          #expect(result.exitCode == 0, "\(command)")
        }
      }
    }
    try collect(["trybind", "9527"]) { try $0.listener(port: 9527) }
    try collect(["trybind", "9527"]) { try $0.timeWait(port: 9527) }
    try collect(["trybind", "9527"]) { try $0.finWait2Minisocket(port: 9527) }
    try collect(["trybind", "9527"]) { try $0.established(port: 9527) }
    try collect(["trybind", "9527"]) { try $0.finWait1(port: 9527, orphan: true) }
    try collect(["trybind", "9527"]) { try $0.selfConnected(port: 9527) }
    try collect(["trybind", "9527", "--address", "0.0.0.0"]) { try $0.listener(port: 9527) }
    try collect(["trybind", "9527", "--reuse-port"]) { try $0.listener(port: 9527) }
    try collect(["trybind", "9527", "--address", "192.0.2.7"]) { _ in }
    try collect(["trybind", "9527", "--address", "fe80::1"]) { _ in }
    try collect(["trybind", "9527", "--interface", "nope0"]) { _ in }
    try collect(["trybind", "40000"]) { try $0.outgoing(localPort: 40_000) }
    try collect(["trybind", "9527", "--source", "proc"]) { try $0.boundOnly(port: 9527) }
    #expect(seen.count >= 5)
    for command in seen {
      #expect(!command.contains("\n"))
      #expect(command.unicodeScalars.allSatisfy { (0x20..<0x7f).contains($0.value) }, "\(command)")
    }
  }
}

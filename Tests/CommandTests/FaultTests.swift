import Glibc
import TestSupport
import Testing

/// System calls that fail while a command runs: a typed error, or what was seen, said to be incomplete.
@Suite(.needs(.networkNamespaces), .needs(.program("strace")))
struct FaultTests {
  // MARK: A look that is cut short

  /// The answer to a look breaks off after its first datagram, each time.
  private static let brokenOff = "recvmsg:error=EAGAIN:when=2+"
  /// Several datagrams long.
  private static let many = 700

  private func expectIncomplete(_ result: CommandResult, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(result.exitCode == 69, "\(result)", sourceLocation: sourceLocation)
    #expect(
      result.errors.contains("the kernel's answer broke off"), "\(result)",
      sourceLocation: sourceLocation)
  }

  /// The last of three looks saw nothing, and its nothing was printed: "No TIME_WAIT", and stderr was empty in trybind.
  @Test func keepsWhatWasSeen() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: Self.many, port: 9527)
      func run(_ arguments: String...) throws -> CommandResult {
        let result = try Tool.command(arguments).failing(Self.brokenOff).run()
        expectIncomplete(result)
        return result
      }
      let table = try run("port", "9527")
      #expect(!table.output.contains("No TIME_WAIT"))
      #expect(table.output.contains("the list of sockets is incomplete"))

      let port = try run("port", "9527", "--json").json
      #expect(port["source"]["complete"].bool == false)
      let seen = try #require(port["sockets"].count)
      #expect(seen > 0 && seen < Self.many)
      #expect(try run("port", "9527", "--output", "plain").lines.count > 2)
      #expect(try run("port", "9527", "--output", "jsonl").jsonLines.last?["complete"].bool == false)

      let release = try run("release", "9527", "--dry-run")
      #expect(release.output.contains("Would end") && !release.output.contains("nothing to end"))
      #expect(try run("trybind", "9527", "--json").json["holders"].count ?? 0 > 0)
      _ = try run("wait", "9527", "--timeout", "100ms", "--json")
    }
  }

  /// Nothing at all was seen, which is no reason to say that there is nothing.
  @Test func sawNothing() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      func run(_ arguments: String...) throws -> CommandResult {
        let result = try Tool.command(arguments).failing("recvmsg:error=EAGAIN").run()
        expectIncomplete(result)
        #expect(!result.output.contains("No TIME_WAIT on"))
        #expect(!result.output.contains("nothing to end"))
        return result
      }
      #expect(try run("port", "9527").output.contains("No TIME_WAIT was seen on port 9527"))
      _ = try run("release", "9527", "--dry-run")
      #expect(try run("port", "9527", "--json").json["source"]["complete"].bool == false)
    }
  }

  /// What could not be looked at was taken for what is not there: "does-not-hold".
  @Test(arguments: 1...8) func aClaimThatCannotBeLookedAt(number: Int) throws {
    try withNetworkNamespace { _ in
      let result = try Tool.command(["demo", "\(number)", "--json"]).failing("recvmsg:error=ENOBUFS").run()
      let claim = try result.json["claims"][0]
      guard
        claim["steps"].array?.contains(where: { $0["kind"].string == "event" }) == true
          || claim["verdict"].string == "skipped"
      else {
        // It rests on answers alone.
        #expect(result.exitCode == 0, "\(result)")
        return
      }
      expectIncomplete(result)
      #expect(claim["verdict"].string == "skipped")
      #expect(claim["reason"].string?.hasPrefix("could not look: ") == true)
    }
  }

  // MARK: Owners

  /// "Held by the kernel itself ... every process was looked at, twice", or "/proc is not mounted here".
  @Test(arguments: [
    "readlinkat:error=ENOMEM", "readlinkat:error=EIO", "getdents64:error=EIO",
    "getdents64:error=ENOMEM:when=2+",
    "openat:error=EIO",
  ])
  func processesThatCannotBeRead(fault: String) throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      // Only below /proc/PID, or nothing of the program would load.
      let command = try Tool.command(["trybind", "9527", "--address", "0.0.0.0", "--json"])
      let result = try command.failing(fault, onlyAt: fault.hasPrefix("openat") ? "/proc/1/fd" : nil).run()
      #expect(result.exitCode == 1, "\(result)")
      let holder = try result.json["holders"][0]
      if holder["owner_visibility"].string == "visible", fault.hasPrefix("openat") { return }
      #expect(holder["owner_visibility"].string == "unknown", "\(result)")
      #expect(holder["owners_complete"].bool == false)
      #expect(try result.json["findings"][0]["slug"].string == "listener-alive")
      #expect(!result.output.contains("kernel itself") && !result.output.contains("not mounted"))
      #expect(result.errors.contains("not every process could be checked: "), "\(result)")
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  /// As much as was found, and no word that it was not all.
  @Test func tooFewDescriptorsForOwners() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      for limit in 4...12 {
        for format in ["table", "json", "jsonl"] {
          var command = try Tool.command(["port", "9527", "--all", "--owners", "--output", format])
          command.descriptorLimit = limit
          let result = try command.run()
          let isFound =
            result.output.contains("pid \(getpid())") || result.output.contains("\"pid\":\(getpid())")
          #expect(isFound ? result.exitCode == 0 : [69, 71].contains(result.exitCode), "\(limit): \(result)")
          #expect(isFound || result.errors.contains("Too many open files"), "\(limit): \(result)")
        }
        var command = try Tool.command(["trybind", "9527"])
        command.descriptorLimit = limit
        let result = try command.run()
        let isFound = result.output.contains("pid \(getpid())")
        #expect(isFound || result.errors.contains("Too many open files"), "\(limit): \(result)")
      }
    }
  }

  /// Every process looked as if it could not be looked at.
  @Test func interruptedAtTheFirstStep() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let result = try Tool.command(["port", "9527", "--all", "--owners"])
        .failing("open,openat:error=EINTR:when=1", onlyAt: "/proc").run()
      #expect(result.exitCode == 0 && result.output.contains("pid \(getpid())"), "\(result)")
    }
  }

  // MARK: Another user

  /// "setuid: Success", 77.
  @Test(.needs(.otherUsers)) func theChildsAnswerIsInterrupted() throws {
    try withNetworkNamespace { _ in
      let command = try Tool.command(["trybind", "9527", "--as-user", "nobody", "--json"])
      let interrupted = try command.failing("write:error=EINTR:when=1").run()
      #expect(interrupted.exitCode == 0 && interrupted.errors == "", "\(interrupted)")
      // Of this process, too, the first write fails, which is that to standard error.
      #expect(try command.failing("write:error=EIO:when=1").run().exitCode == 71)
      let refused = try command.failing("setresuid:error=EAGAIN").run()
      #expect(refused.exitCode == 77 && refused.errors.contains("Resource temporarily unavailable"))
    }
  }
}

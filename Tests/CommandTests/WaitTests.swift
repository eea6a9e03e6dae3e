import Glibc
import KernelSupport
import TestSupport
import Testing

/// `wait` on a real kernel: when it returns, what it says, and how it ends.
@Suite(.needs(.networkNamespaces), .ownThread)
struct WaitTests {
  /// Returns once its first trial is made.
  private func start(_ arguments: String...) throws -> RunningCommand {
    let running = try Tool.command(["wait"] + arguments).start()
    try running.waitForErrors(containing: "tw-inspect: waiting for port ")
    return running
  }

  /// On a terminal, where it shows at each look what is in the way; returns once it shows `text`.
  private func startOnTerminal(_ arguments: [String], until text: String) throws -> RunningCommand {
    var command = try Tool.command(["wait"] + arguments)
    command.terminal = (rows: 24, columns: 80)
    command.environment = ["TERM": "xterm"]
    let running = try command.start()
    try waitForLine(of: running) { $0.contains(text) }
    return running
  }

  /// Waits until the line that is written over is so.
  private func waitForLine(of running: RunningCommand, _ condition: (Substring) -> Bool) throws {
    try running.waitForOutput { $0.split(separator: "\r").last.map(condition) == true }
  }

  private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }

  /// What a busy machine may add to the promised 250 ms.
  private let late = Duration.milliseconds(900)

  /// Where a machine that is busy elsewhere has made it late, it is done again. `attempt` returns how long it took.
  private func expectSoon(
    _ limit: Duration, sourceLocation: SourceLocation = #_sourceLocation, _ attempt: (Lab) throws -> Duration
  ) throws {
    var delays: [Duration] = []
    while delays.count < 5 && delays.allSatisfy({ $0 >= limit }) {
      delays.append(try withNetworkNamespace(attempt))
    }
    #expect(delays.contains { $0 < limit }, "\(delays)", sourceLocation: sourceLocation)
  }

  // MARK: It would bind

  @Test func freeAtOnce() throws {
    try withNetworkNamespace { _ in
      let result = try Tool.run("wait", "9527")
      #expect(result.exitCode == 0)
      #expect(result.output == "")
      #expect(result.errors == "tw-inspect: port 9527 could be bound at once\n")
      #expect(try Tool.run("wait", "9527", "-q").errors == "")
    }
  }

  @Test func listenerGoes() throws {
    try expectSoon(late) { lab in
      let holder = try lab.listener(via: .ipv4Wildcard, port: 9527)
      let running = try start("9527")
      let clock = ContinuousClock()
      let closed = clock.now
      holder.subject?.close()
      let result = try running.finish()
      let delay = clock.now - closed
      #expect(result.exitCode == 0)
      #expect(result.output == "")
      let lines = result.errors.split(separator: "\n")
      #expect(lines.count == 2, "\(result.errors)")
      #expect(lines.first == "tw-inspect: waiting for port 9527: 1 LISTEN; timeout 180.0 s")
      #expect(lines.last?.hasPrefix("tw-inspect: port 9527 could be bound after ") == true)
      return delay
    }
  }

  /// For a server with SO_REUSEADDR, past a holder that lacked it.
  @Test(.needs(.realTime), arguments: [[], ["--reuse"]])
  func timer(_ options: [String]) throws {
    try expectSoon(late) { lab in
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "1")
      try lab.finWait2Minisocket(port: 9527)
      let running = try Tool.command(["wait", "9527", "--fail-fast", "--json"] + options).start()
      let server = Server(reuse: !options.isEmpty)
      let clock = ContinuousClock()
      while try !server.start().allSatisfy(\.isYes) { pause(milliseconds: 2) }
      let free = clock.now
      let result = try running.finish()
      let delay = clock.now - free
      #expect(result.exitCode == 0)
      #expect(result.errors.contains("1 FIN_WAIT2"))
      #expect(result.errors.contains(" left (up to "))
      let json = try result.json
      #expect(json["command"].string == "wait")
      #expect(json["bindable"].bool == true)
      #expect(json["free_in_ms"].int == 0)
      #expect(json["timed_out"].bool == false)
      #expect(json.slugs.isEmpty)
      let waited = try #require(json["waited_ms"].int)
      #expect((1...milliseconds(result.duration)).contains(waited))
      // Your server's own options, and no others.
      #expect(
        json["trials"].array?.allSatisfy { $0["yours"].bool == true && $0["bind"].string == "ok" } == true)
      return delay
    }
  }

  /// The reset that a client sends as it dies ends it early.
  @Test func timerEndsEarly() throws {
    try expectSoon(.seconds(1) + late) { lab in
      let situation = try lab.finWait2Minisocket(port: 9527)
      let running = try start("9527")
      let clock = ContinuousClock()
      let reset = clock.now
      try situation.other?.setLinger(seconds: 0)
      situation.other?.close()
      let result = try running.finish()
      let delay = clock.now - reset
      #expect(result.exitCode == 0)
      return delay
    }
  }

  /// Nothing is left behind by a process that ends: a server and its connection go together.
  @Test func serverWithConnection() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.established(port: 9527, keepListener: true)
      let running = try startOnTerminal(["9527"], until: "1 LISTEN")
      situation.listener?.close()
      try waitForLine(of: running) { $0.contains("1 ESTABLISHED") && !$0.contains("LISTEN") }
      try situation.subject?.setLinger(seconds: 0)
      situation.subject?.close()
      #expect(try running.finish(timeout: .seconds(5)).exitCode == 0)
    }
  }

  @Test(.needs(.ipv6)) func severalAddresses() throws {
    try withNetworkNamespace { lab in
      let first = try lab.listener(port: 9527)
      let second = try lab.listener(via: .ipv6, port: 9527)
      let running = try startOnTerminal(
        ["9527", "--address", "127.0.0.1", "--address", "::1"], until: "2 LISTEN")
      second.subject?.close()
      // It has looked at it several times since, and waits.
      let frames = running.output.split(separator: "\r").count
      try running.waitForOutput { $0.split(separator: "\r").count >= frames + 4 }
      first.subject?.close()
      #expect(try running.finish(timeout: .seconds(5)).exitCode == 0)
    }
  }

  /// An address that is still to come is waited for as well.
  @Test func addressArrives() throws {
    try withNetworkNamespace { lab in
      let running = try start("9527", "--address", "192.0.2.7")
      try lab.addAddress("192.0.2.7", prefix: 32, to: "lo")
      #expect(try running.finish(timeout: .seconds(5)).exitCode == 0)
    }
  }

  @Test func withoutNetlink() throws {
    try withNetworkNamespace { lab in
      let holder = try lab.listener(port: 9527)
      let unseen = try lab.boundOnly(port: 9528)
      let one = try start("9527", "--source", "proc")
      let other = try start("9528", "--source", "proc")
      holder.subject?.close()
      unseen.subject?.close()
      #expect(try one.finish(timeout: .seconds(5)).exitCode == 0)
      #expect(try other.finish(timeout: .seconds(5)).exitCode == 0)
      #expect(other.errors.contains("the holder is not visible"))
    }
  }

  // MARK: It would not

  @Test func timesOut() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      let result = try Tool.run("wait", "9527", "--timeout", "300ms")
      #expect(result.exitCode == 1)
      #expect(result.errors.contains(/timed out after [0-9.]+ s: port 9527 cannot be bound/))
      // The explanation is trybind's, and rests on the same trials.
      // Where a socket that is only bound could be there as well, no time is told.
      let time = Requirement.boundSockets.isMet() ? " for " : ";"
      #expect(result.output.hasPrefix("No. 1 TIME_WAIT holds port 9527\(time)"))
      #expect(result.output.hasSuffix("\nMore    tw-inspect explain time-wait-server-closed-first\n"))
      expectNarrow(result.output)
      let json = try Tool.run("wait", "9527", "--timeout", "1ms", "--json").json
      #expect(json["timed_out"].bool == true)
      #expect(json["bindable"].bool == false)
      #expect(json["findings"][0]["slug"].string == "time-wait-server-closed-first")
      let trybind = try Tool.run("trybind", "9527", "--json").json
      let waitKeys = try #require(json.keys)
      #expect(waitKeys == trybind.keys?.union(["waited_ms", "timed_out"]))
      let line = try Tool.run("wait", "9527", "--timeout", "1ms", "--output", "jsonl")
      #expect(try line.jsonLines.map { $0["type"].string } == ["answer"])
      let plain = try Tool.run("wait", "9527", "--timeout", "1ms", "--output", "plain")
      let tried = try Tool.run("trybind", "9527", "--output", "plain")
      #expect(plain.output == tried.output)
      let quiet = try Tool.run("wait", "9527", "--timeout", "1ms", "-q")
      #expect(quiet.exitCode == 1)
      #expect(quiet.output + quiet.errors == "")
    }
  }

  /// Never early, and not late by more than 0.2 s. A machine that is busy elsewhere makes one late, and hardly each of them.
  @Test func timesOutWhenItWasTold() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      var waits: [Int] = []
      repeat {
        let result = try Tool.run("wait", "9527", "--timeout", "300ms", "--json")
        let waited = try #require(try result.json["waited_ms"].int)
        #expect(waited >= 300)
        let tenths = (waited + 50) / 100
        #expect(result.errors.contains("timed out after \(tenths / 10).\(tenths % 10) s"), "\(result.errors)")
        waits.append(waited)
      } while (waits.min() ?? 0) > 500 && waits.count < 10
      #expect((waits.min() ?? .max) <= 500, "\(waits)")
    }
  }

  @Test func failsFast() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      try lab.established(port: 9528)
      for arguments in [["9527"], ["9528"], ["9529", "--address", "192.0.2.7"]] {
        // Without the option it waits for 180 s, and is killed long before.
        let result = try Tool.run(["wait", "--fail-fast"] + arguments)
        #expect(result.exitCode == 1)
        #expect(result.output.hasPrefix("No. "))
        #expect(result.errors.hasSuffix("tw-inspect: time alone will not free port \(arguments[0])\n"))
      }
    }
  }

  @Test(.needs(.otherUsers)) func privilegedPort() throws {
    try withNetworkNamespace { _ in
      let result = try Tool.run("wait", "80", "--fail-fast", asUser: 65_534)
      #expect(result.exitCode == 1)
      #expect(result.output.contains("privileged-port"))
    }
  }

  /// Time may help until somebody takes the port.
  @Test func failsFastOnceItIsTaken() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      let running = try start("9527", "--fail-fast")
      #expect(running.status == nil)
      try lab.listener(port: 9527, .init(reuseAddress: true))
      let result = try running.finish(timeout: .seconds(5))
      #expect(result.exitCode == 1)
      #expect(result.output.contains("listener-alive"))
    }
  }

  @Test(.needs(.ipv6)) func ownAddressesExcludeEachOther() throws {
    try withNetworkNamespace { lab in
      let result = try Tool.run("wait", "9527", "--address", "0.0.0.0", "--address", "::")
      #expect(result.exitCode == 1)
      #expect(result.output.contains("own-addresses-overlap"))
    }
  }

  /// bind() allows it with SO_REUSEADDR, and `wait` sent off a server that could not start.
  @Test(.needs(.ipv6), arguments: [["0.0.0.0", "::"], ["0.0.0.0", "127.0.0.1"]])
  func ownListenersExcludeEachOther(_ addresses: [String]) throws {
    try withNetworkNamespace { lab in
      let arguments = ["wait", "9527", "--reuse"] + addresses.flatMap { ["--address", $0] }
      let result = try Tool.run(arguments)
      #expect(result.exitCode == 1)
      #expect(result.output.contains("own-addresses-overlap"))
      let json = try Tool.run(arguments + ["--json"]).json
      #expect(json["verdict"].string == "no" && json["free_in_ms"].isNull)
      #expect(json["timed_out"].bool == false)
    }
  }

  /// The client closes, and a TIME_WAIT of a minute begins.
  @Test func theEndIsPutOff() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "20")
      let situation = try lab.finWait2Minisocket(port: 9527)
      let running = try start("9527", "--timeout", "3s")
      situation.other?.close()
      let result = try running.finish()
      #expect(result.exitCode == 1)
      #expect(
        result.errors.contains("tw-inspect: port 9527 will be free later, "), "\(result.errors)")
      #expect(result.errors.contains("the peer of a FIN_WAIT2 has closed"))
    }
  }

  /// It would take connections from it.
  @Test func listenBesideALiveListener() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reusePort: true))
      let result = try Tool.run("wait", "9527", "--listen", "--reuse-port")
      #expect(result.exitCode == 64)
      #expect(result.errors.contains("--yes"))
    }
  }

  // MARK: Ended

  @Test(arguments: [SIGINT, SIGTERM])
  func signals(_ signal: Int32) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let running = try start("9527")
      try running.send(signal: signal)
      let result = try running.finish(timeout: .seconds(5))
      #expect(result.status == .signalled(signal))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  /// A line that is written over, and gone after Ctrl-C.
  @Test func terminal() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      var command = try Tool.command(["wait", "9527"])
      command.terminal = (rows: 24, columns: 70)
      command.environment = ["TERM": "xterm", "LANG": "C.UTF-8"]
      let running = try command.start()
      try running.waitForOutput { $0.split(separator: "\r").count > 4 }
      running.write("\u{3}")
      let result = try running.finish(timeout: .seconds(5))
      #expect(result.status == .signalled(SIGINT))
      #expect(result.output.hasSuffix("\r\u{1b}[K"))
      // The terminal itself answers the key with "^C".
      let lines = result.output.replacing("^C", with: "").split(separator: "\r").map {
        $0.replacing("\u{1b}[K", with: "")
      }
      let line = try #require(lines.first)
      #expect(line.hasPrefix("port 9527  "))
      #expect(line.hasSuffix(" s  1 TIME_WAIT left"))
      #expect(line.contains("░"))
      for line in lines { #expect(line.count < 70) }
    }
  }

  /// Where nothing can be written over, there are lines.
  @Test func dumbTerminal() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      var command = try Tool.command(["wait", "9527", "--timeout", "200ms", "--color", "never"])
      command.terminal = (rows: 24, columns: 80)
      command.environment = ["TERM": "dumb"]
      let result = try command.run()
      #expect(!result.output.contains("\u{1b}"))
      #expect(result.output.hasPrefix("tw-inspect: waiting for port 9527: 1 LISTEN"))
    }
  }

  @Test(arguments: ["1h30m", "90s", "1.5s", "500ms", "2m", "90", "none", "0.001s"])
  func durations(_ duration: String) throws {
    try withNetworkNamespace { _ in
      let result = try Tool.run("wait", "9527", "-q", "--timeout", duration)
      #expect(result.exitCode == 0)
    }
  }

  /// A real TIME_WAIT, waited out.
  @Test(.needs(.slow))
  func aMinute() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let running = try Tool.command(["wait", "9527", "-vv"]).start()
      let clock = ContinuousClock()
      pause(milliseconds: 58_000)
      while try !Server().start().allSatisfy(\.isYes) { pause(milliseconds: 2) }
      let free = clock.now
      let result = try running.finish()
      #expect(clock.now - free < late)
      #expect(result.exitCode == 0)
      #expect((59_500...66_000).contains(milliseconds(result.duration)))
    }
  }
}

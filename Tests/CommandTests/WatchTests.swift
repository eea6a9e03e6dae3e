import Foundation
import KernelSupport
import TestSupport
import Testing

/// `--watch`: in a pipe, and on a screen as a person has it.
@Suite(.needs(.networkNamespaces))
struct WatchTests {
  private static let watched = ["port", "9527", "--all", "--watch", "--interval", "200ms"]

  // MARK: In a pipe

  /// One table after the other, without escapes; what comes and goes is marked.
  @Test func frames() throws {
    try withNetworkNamespace { lab in
      let first = try lab.timeWait(port: 9527, .init(reuseAddress: true), keepListener: true)
      let running = try Tool.command(Self.watched).start()
      try running.waitForOutput(containing: "TIME_WAIT")
      #expect(!running.output.contains("+ "))
      let connection = try lab.connect(through: first.listener)
      try running.waitForOutput(containing: "+         -")
      try connection.child.setLinger(seconds: 0)
      connection.child.close()
      try running.waitForOutput(containing: "-      gone")
      try running.send(signal: SIGTERM)
      let result = try running.finish(timeout: .seconds(5))
      #expect(result.status == .signalled(SIGTERM))
      #expect(result.errors == "")
      #expect(!result.output.contains("\u{1b}"))
      let frames = result.output.components(separatedBy: "port 9527, every 0.2 s  ")
      #expect(frames.count > 3)
      for frame in frames.dropFirst() { #expect(frame.contains("1 TIME_WAIT")) }
      expectNarrow(result.output)
    }
  }

  /// Signals were kept off while a write waited for its reader, a pager say: nothing but SIGKILL ended it.
  @Test func aReaderThatDoesNotRead() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527)
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      defer { for end in ends { close(end) } }
      try #require(fcntl(ends[1], 1031 /* F_SETPIPE_SZ */, 4096) >= 4096)
      var command = try Tool.command(["port", "9527", "--watch", "--interval", "100ms", "--output", "jsonl"])
      command.output = .descriptor(ends[1])
      let running = try command.start()
      try running.waitUntilItSleeps(on: 1)
      try running.send(signal: SIGTERM)
      #expect(try running.finish(timeout: .seconds(5)).status == .signalled(SIGTERM))
    }
  }

  /// A snapshot, its sockets and an end for each look, as soon as it is made.
  @Test func lines() throws {
    try withNetworkNamespace { lab in
      try lab.timeWaits(count: 2, port: 9527)
      let running = try Tool.command(
        ["port", "9527", "--watch", "--interval", "150ms", "--output", "jsonl"]
      ).start()
      let group = ["snapshot", "socket", "socket", "end"]
      try running.waitForOutput { $0.split(separator: "\n").count >= 12 }
      try running.send(signal: SIGINT)
      let result = try running.finish(timeout: .seconds(5))
      #expect(result.status == .signalled(SIGINT))
      let types = try result.jsonLines.map { $0["type"].string }
      #expect(types.count % 4 == 0)
      for (index, type) in types.enumerated() { #expect(type == group[index % 4]) }
      let times = try result.jsonLines.compactMap { $0["observed_at"].string }
      #expect(Set(times).count == times.count)
    }
  }

  /// Owners are looked for at each look.
  @Test func owners() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let running = try Tool.command(
        ["port", "9527", "--all", "--owners", "--watch", "--interval", "100ms", "--output", "jsonl"]
      ).start()
      try running.waitForOutput { $0.split(separator: "\n").count >= 6 }
      try running.send(signal: SIGINT)
      let sockets = try running.finish(timeout: .seconds(5)).jsonLines.filter {
        $0["type"].string == "socket"
      }
      #expect(sockets.count >= 2)
      for socket in sockets { #expect(socket["owners"][0]["pid"].int == Int(getpid())) }
    }
  }

  /// Ended by SIGPIPE, without a word.
  @Test(arguments: [["--output", "jsonl"], []])
  func readerGoes(_ format: [String]) throws {
    try withNetworkNamespace { _ in
      for command in [["port"], ["trybind"]] {
        let result = try Tool.run(
          command + ["9527", "--watch", "--interval", "100ms"] + format, stdout: .broken)
        #expect(result.status == .signalled(SIGPIPE))
        #expect(result.errors == "")
      }
    }
  }

  // MARK: trybind

  /// Tried again after a change and not before: a document for each look, the answer as bind(2) gives it.
  @Test(arguments: [[], ["--reuse"]])
  func binding(_ options: [String]) throws {
    try withNetworkNamespace { lab in
      let running = try Tool.command(
        ["trybind", "9527", "--watch", "--interval", "100ms", "--output", "jsonl"] + options
      ).start()
      try running.waitForOutput(containing: "\"bindable\":true")
      let holder = try lab.listener(port: 9527)
      try running.waitForOutput(containing: "\"bindable\":false")
      holder.subject?.close()
      try running.waitForOutput { text in
        (text.range(of: "\"bindable\":false", options: .backwards)?.upperBound).map {
          text[$0...].contains("\"bindable\":true")
        } ?? false
      }
      try running.send(signal: SIGINT)
      let result = try running.finish(timeout: .seconds(5))
      let documents = try result.jsonLines
      for document in documents {
        let yours = document["trials"].array?.filter { $0["yours"].bool == true } ?? []
        #expect(!yours.isEmpty)
        #expect(document["bindable"].bool == yours.allSatisfy { $0["bind"].string == "ok" })
        let errors = document["findings"].array?.filter { $0["severity"].string == "error" } ?? []
        #expect(errors.isEmpty == document["bindable"].bool)
      }
    }
  }

  /// After a change only the server's own options are tried, so that nothing is said of SO_REUSEADDR.
  @Test func whatWasNotTriedIsNotSaid() throws {
    try withNetworkNamespace { lab in
      let running = try Tool.command(
        ["trybind", "9527", "--watch", "--interval", "100ms", "--output", "jsonl"]
      ).start()
      try running.waitForOutput(containing: "\"bindable\":true")
      try lab.timeWait(port: 9527)
      try running.waitForOutput(containing: "\"findings\":[{\"slug\":\"time-wait-server-closed-first\"")
      try running.send(signal: SIGINT)
      let result = try running.finish(timeout: .seconds(5))
      let documents = try result.jsonLines
      let last = try #require(documents.last)
      let finding = last["findings"][0]
      #expect(finding["slug"].string == "time-wait-server-closed-first")
      #expect(finding["certainty"].string == "possible")
      #expect(finding["because"].string?.contains("was not tried") == true)
      #expect(last["trials"].array?.allSatisfy { $0["yours"].bool == true } == true)
    }
  }

  // MARK: On a screen

  @Suite(.needs(.program("tmux")))
  struct ScreenTests {
    /// As it is shown in the documentation; TW_UPDATE_SCREENS=1 writes it anew.
    @Test(.needs(.boundSockets)) func picture() throws {
      try withNetworkNamespace { lab in
        var screens = ScreenFile()
        let first = try lab.timeWait(port: 9527, .init(reuseAddress: true), keepListener: true)
        let listener = try #require(first.listener)
        let connection = try lab.connect(through: listener)
        let terminal = try TerminalEmulator(rows: 14, columns: 80, WatchTests.watched)
        _ = try terminal.waitForScreen { $0.contains { $0.contains("ESTABLISHED") } }
        let other = try lab.connect(through: listener)
        try lab.closeInTurn(other.child, other.client)
        try connection.child.setLinger(seconds: 0)
        connection.child.close()
        let lines = try terminal.waitForScreen { lines in
          lines.contains { $0.hasPrefix("+ ") && $0.contains("TIME_WAIT") }
            && lines.contains { $0.hasPrefix("-      gone") && $0.contains("ESTABLISHED") }
        }
        screens.add("$ tw-inspect port 9527 --all --watch", screen: lines.joined(separator: "\n"))
        let server = try TerminalEmulator(
          rows: 14, columns: 80, ["trybind", "9527", "--reuse", "--watch", "--interval", "200ms"])
        let bind = try server.waitForScreen { $0.contains { $0.contains("LISTEN") } }
        screens.add("$ tw-inspect trybind 9527 --reuse --watch", screen: bind.joined(separator: "\n"))
        let waiting = try TerminalEmulator(rows: 3, columns: 80, ["wait", "9527", "--reuse"])
        let wait = try waiting.waitForScreen { $0.contains { $0.contains("waited") } }
        screens.add("$ tw-inspect wait 9527 --reuse", screen: wait.joined(separator: "\n"))
        try screens.compare(withFile: "docs/watch.txt")
      }
    }

    @Test(arguments: [["port"], ["trybind"]])
    func ctrlC(_ command: [String]) throws {
      try withNetworkNamespace { lab in
        try lab.timeWait(port: 9527)
        let terminal = try TerminalEmulator(rows: 20, columns: 80, command + ["9527", "--watch"])
        _ = try terminal.waitForScreen { $0.contains { $0.contains("TIME_WAIT") } }
        #expect(try terminal.isAlternate)
        #expect(try !terminal.hasCursor)
        try terminal.press("C-c")
        let lines = try terminal.waitForScreen { $0.contains { $0.contains("status") } }
        #expect(lines.contains { $0.contains("status 130") })
        #expect(!lines.contains { $0.contains("TIME_WAIT") }, "what was on the screen before is back")
        #expect(try !terminal.isAlternate)
        #expect(try terminal.hasCursor)
      }
    }

    /// As in less(1) and top(1); the exit status is that of the last look.
    @Test(arguments: [(["port"], 0), (["trybind"], 1), (["trybind", "--reuse"], 0)])
    func q(_ command: [String], status: Int) throws {
      try withNetworkNamespace { lab in
        try lab.timeWait(port: 9527, .init(reuseAddress: true))
        let terminal = try TerminalEmulator(rows: 20, columns: 80, command + ["9527", "--watch"])
        _ = try terminal.waitForScreen { $0.first?.hasPrefix("port 9527") == true }
        try terminal.type("xyz")
        try terminal.type("q")
        let lines = try terminal.waitForScreen { $0.contains { $0.contains("status") } }
        #expect(lines[0] == "status \(status)", "what was typed is not shown")
        #expect(try !terminal.isAlternate && terminal.hasCursor)
        // The terminal shows what is typed again.
        try terminal.type("abc")
        _ = try terminal.waitForScreen { $0.contains("abc") }
      }
    }

    /// Drawn anew at once, and never wider or longer than the screen.
    @Test func resizes() throws {
      try withNetworkNamespace { lab in
        try lab.timeWaits(count: 30, port: 9527)
        let terminal = try TerminalEmulator(
          rows: 40, columns: 100, ["port", "9527", "--watch", "--interval", "1h"])
        let before = try terminal.waitForScreen { $0.contains { $0.contains("30 TIME_WAIT hold") } }
        #expect(before.count { $0.contains("127.0.0.1:9527") } == 30)
        try terminal.resize(rows: 12, columns: 60)
        let after = try terminal.waitForScreen { $0.contains { $0.contains(" more") && $0.contains("and") } }
        #expect(after.first?.hasPrefix("port 9527") == true)
        #expect(after.contains { $0.contains("30 TIME_WAIT hold") })
        #expect((1...29).contains(after.count { $0.contains("127.0.0.1:9527") }))
        try terminal.resize(rows: 40, columns: 100)
        _ = try terminal.waitForScreen { $0.count { $0.contains("127.0.0.1:9527") } == 30 }
      }
    }

    @Test func tiny() throws {
      try withNetworkNamespace { lab in
        try lab.timeWaits(count: 5, port: 9527)
        let terminal = try TerminalEmulator(rows: 2, columns: 12, ["port", "9527", "--watch"])
        let lines = try terminal.waitForScreen { $0.first?.hasPrefix("port 9527") == true }
        #expect(lines.count <= 2)
      }
    }

    /// Ctrl-Z gives the terminal back, fg takes it again: tmux has no job control here, so by signals.
    @Test func stops() throws {
      try withNetworkNamespace { lab in
        try lab.timeWait(port: 9527)
        var command = try Tool.command(["port", "9527", "--watch", "--interval", "100ms"])
        command.terminal = (rows: 24, columns: 80)
        command.environment = ["TERM": "xterm"]
        let running = try command.start()
        try running.waitForOutput(containing: "TIME_WAIT")
        try running.send(signal: SIGTSTP)
        try running.waitForOutput(containing: "\u{1b}[?25h\u{1b}[?1049l")
        try running.waitUntilStopped()
        try running.send(signal: SIGCONT)
        try running.waitForOutput { $0.components(separatedBy: "\u{1b}[?1049h").count == 3 }
        try running.send(signal: SIGTERM)
        let result = try running.finish(timeout: .seconds(5))
        #expect(result.status == .signalled(SIGTERM))
        #expect(result.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
        // Each frame is one piece that clears nothing before it is written over.
        #expect(!result.output.contains("\u{1b}[2J"))
      }
    }
  }
}

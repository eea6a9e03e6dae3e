import Glibc

/// A command in a terminal emulator (tmux), in this thread's network namespace: what a person would see, and the keys.
package final class TerminalEmulator {
  /// Of its own: tmux's usual one may belong to another user, who is root here under another name.
  private let directory: String

  /// When the command ends, its terminal stays, and shows "status N" (as a shell has it) below what it left.
  package convenience init(rows: Int, columns: Int, _ arguments: [String]) throws {
    let line = ([try Tool.path.get()] + arguments).map { "'\($0)'" }.joined(separator: " ")
    try self.init(rows: rows, columns: columns, line: line)
  }

  /// - Parameter line: as sh(1) takes it.
  package init(rows: Int, columns: Int, line: String) throws {
    var template = Array("/tmp/tw-inspect-tmux-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError("mkdtemp", errno) }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let size = ["-x", "\(columns)", "-y", "\(rows)"]
    // The shell is not to be ended by Ctrl-C with what it runs.
    let script = "trap : INT; \(line); echo status $?; exec sleep 60"
    let result = try run(["-f", "/dev/null", "new-session", "-d"] + size + [script])
    guard result.exitCode == 0 else { throw SystemCallError("tmux", ECHILD, result.errors) }
  }

  deinit {
    _ = try? run(["kill-server"])
    unlink(socket)
    rmdir(directory)
  }

  private var socket: String { directory + "/socket" }

  /// The lines on the screen, without blanks at their ends.
  package func screen() throws -> [String] {
    let lines = try run(["capture-pane", "-p"]).lines
    return Array(lines.dropLast(lines.last == "" ? 1 : 0))
  }

  package func waitForScreen(
    timeout: Duration = .seconds(10), _ condition: ([String]) -> Bool
  ) throws -> [String] {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while true {
      let lines = try screen()
      if condition(lines) { return lines }
      guard clock.now < deadline else {
        throw SystemCallError("tmux", ETIMEDOUT, "the screen never came:\n" + lines.joined(separator: "\n"))
      }
      pause(milliseconds: 30)
    }
  }

  /// As tmux names them: "C-c", "Enter".
  package func press(_ key: String) throws { try run(["send-keys", key]) }

  package func type(_ text: String) throws { try run(["send-keys", "-l", text]) }

  package func resize(rows: Int, columns: Int) throws {
    try run(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
  }

  /// The cursor is shown.
  package var hasCursor: Bool { get throws { try ask("#{cursor_flag}") == "1" } }

  /// The other screen is shown, and not the one that the shell writes to.
  package var isAlternate: Bool { get throws { try ask("#{alternate_on}") == "1" } }

  private func ask(_ format: String) throws -> String {
    try run(["display-message", "-p", format]).lines.first ?? ""
  }

  @discardableResult
  private func run(_ arguments: [String]) throws -> CommandResult {
    var command = Command("/usr/bin/tmux", ["-u", "-S", socket] + arguments)
    command.environment = ["LC_ALL": "C.UTF-8", "TERM": "xterm"]
    return try command.run()
  }
}

import CTestSupport
import Glibc
import JSONLog

/// A started child. It is killed, by its pid, when the last reference goes.
package final class RunningCommand {
  package let command: Command
  package let pid: pid_t
  package private(set) var outputBytes: [UInt8] = []
  package private(set) var errorBytes: [UInt8] = []
  package private(set) var status: ExitStatus?
  private var usage = rusage()

  package var output: String { String(decoding: outputBytes, as: UTF8.self) }
  package var errors: String { String(decoding: errorBytes, as: UTF8.self) }

  private var pidDescriptor: Int32 = -1
  private var inputDescriptor: Int32
  private var outputDescriptor: Int32
  private var errorDescriptor: Int32
  private var unsent: ArraySlice<UInt8> = []
  private var closesInput = false
  private let clock = ContinuousClock()
  private let started: ContinuousClock.Instant

  init(_ command: Command) throws {
    self.command = command
    started = clock.now
    var pipes = try CommandPipes(command)
    do {
      pid = try pipes.spawn(command)
    } catch {
      pipes.closeAll()
      throw error
    }
    pipes.closeChildEnds()
    inputDescriptor = pipes.input
    outputDescriptor = pipes.output
    errorDescriptor = pipes.error
    if case .text(let text) = command.input {
      unsent = Array(text.utf8)[...]
      closesInput = true
    }
    pidDescriptor = try check("pidfd_open", "\(pid)") { test_pidfd_open(pid) }
    for descriptor in [inputDescriptor, outputDescriptor, errorDescriptor] where descriptor >= 0 {
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }
  }

  deinit {
    if status == nil {
      kill(pid, SIGKILL)
      reap()
    }
    for descriptor in [inputDescriptor, outputDescriptor, errorDescriptor, pidDescriptor]
    where descriptor >= 0 {
      _ = Glibc.close(descriptor)
    }
  }

  package func send(signal: Int32) throws {
    guard status == nil else { throw SystemCallError("kill", ESRCH, "\(pid) has ended") }
    try check("kill", "\(pid)") { kill(pid, signal) }
  }

  /// Queues text for standard input (or types it into the terminal); it is written while something is waited
  /// for.
  package func write(_ text: String) {
    unsent += Array(text.utf8)
    exchange(milliseconds: 0)
  }

  /// Ends standard input once all is written.
  package func closeInput() {
    closesInput = true
    exchange(milliseconds: 0)
  }

  /// Waits until standard output contains `text`; throws `CommandTimedOut` if the child ends or the time is
  /// up first.
  package func waitForOutput(containing text: String, timeout: Duration = .seconds(10)) throws {
    try waitForOutput(timeout: timeout) { $0.contains(text) }
  }

  package func waitForOutput(timeout: Duration = .seconds(10), _ condition: (String) -> Bool) throws {
    let deadline = clock.now + timeout
    while !condition(output) {
      guard status == nil, clock.now < deadline else {
        throw CommandTimedOut(limit: timeout, result: result())
      }
      exchange(milliseconds: 100)
    }
  }

  /// As `waitForOutput`, of standard error.
  package func waitForErrors(containing text: String, timeout: Duration = .seconds(10)) throws {
    let deadline = clock.now + timeout
    while !errors.contains(text) {
      guard status == nil, clock.now < deadline else {
        throw CommandTimedOut(limit: timeout, result: result())
      }
      exchange(milliseconds: 100)
    }
  }

  /// Waits until a signal has stopped it.
  package func waitUntilStopped() throws {
    try waitUntil("process \(pid) is stopped") {
      let text = String(decoding: try readFile("/proc/\(pid)/stat"), as: UTF8.self)
      // The state follows the name, which may hold anything.
      return text[(text.lastIndex(of: ")") ?? text.startIndex)...].dropFirst(2).first == "T"
    }
  }

  /// Waits until it sleeps in a system call on this descriptor: a write to a full pipe, say.
  package func waitUntilItSleeps(on descriptor: Int32) throws {
    try waitUntil("process \(pid) sleeps on descriptor \(descriptor)") {
      // The call's number and its arguments, of which the descriptor is the first.
      let call = String(decoding: try readFile("/proc/\(pid)/syscall"), as: UTF8.self).split(separator: " ")
      return call.count > 1 && call[1] == "0x\(String(descriptor, radix: 16))"
    }
  }

  /// Waits for the child's end, reading all it writes.
  package func finish(timeout: Duration = .seconds(30)) throws -> CommandResult {
    let deadline = clock.now + timeout
    while status == nil {
      if clock.now >= deadline {
        kill(pid, SIGKILL)
        reap()
        throw CommandTimedOut(limit: timeout, result: result())
      }
      exchange(milliseconds: 100)
    }
    return result()
  }

  private func result() -> CommandResult {
    CommandResult(
      command: ([command.executable] + command.arguments).joined(separator: " "),
      status: status ?? .signalled(0), outputBytes: outputBytes, errorBytes: errorBytes,
      duration: clock.now - started,
      processorTime: [usage.ru_utime, usage.ru_stime].map {
        .seconds($0.tv_sec) + .microseconds($0.tv_usec)
      }.reduce(.zero, +), peakKibibytes: usage.ru_maxrss)
  }

  /// One round of reading and writing whatever is ready.
  private func exchange(milliseconds: Int32) {
    if unsent.isEmpty && closesInput && command.terminal == nil { Self.close(&inputDescriptor) }
    let writes = !unsent.isEmpty && inputDescriptor >= 0
    var entries = [
      pollfd(fd: outputDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: writes ? inputDescriptor : -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: status == nil ? pidDescriptor : -1, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&entries, nfds_t(entries.count), milliseconds) > 0 else { return }
    if entries[0].revents != 0 { Self.readAll(&outputDescriptor, into: &outputBytes) }
    if entries[1].revents != 0 { Self.readAll(&errorDescriptor, into: &errorBytes) }
    if entries[2].revents != 0 { writeSome() }
    if entries[3].revents != 0 { reap() }
  }

  private func writeSome() {
    let count = unsent.withUnsafeBytes { test_write_quietly(inputDescriptor, $0.baseAddress!, $0.count) }
    if count > 0 {
      unsent = unsent.dropFirst(count)
    } else if count < 0 && errno != EAGAIN && errno != EINTR {
      unsent = []
      if command.terminal == nil { Self.close(&inputDescriptor) }
    }
  }

  /// Reads until nothing more is there for now. A terminal whose other side is closed reads as EIO.
  private static func readAll(_ descriptor: inout Int32, into bytes: inout [UInt8]) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while descriptor >= 0 {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        bytes += chunk[..<count]
      } else if count < 0 && errno == EINTR {
        continue
      } else if count < 0 && errno == EAGAIN {
        return
      } else {
        close(&descriptor)
      }
    }
  }

  /// Collects the status, then what is left in the pipes: a grandchild may hold them open for ever, so their
  /// end is not waited for.
  private func reap() {
    var value: Int32 = 0
    while wait4(pid, &value, 0, &usage) < 0 && errno == EINTR {}
    let signal = value & 0x7f
    status = signal == 0 ? .exited((value >> 8) & 0xff) : .signalled(signal)
    Self.readAll(&outputDescriptor, into: &outputBytes)
    Self.readAll(&errorDescriptor, into: &errorBytes)
    if command.terminal == nil { JSONLog.add(outputBytes, of: command.arguments.joined(separator: " ")) }
  }

  private static func close(_ descriptor: inout Int32) {
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }
}

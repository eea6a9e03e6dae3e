import CTestSupport
import Glibc

/// The descriptors between a child and its test.
struct CommandPipes {
  /// Our ends; -1 where there is none. With a terminal all but `error` are the same terminal, duplicated.
  var input: Int32 = -1
  var output: Int32 = -1
  var error: Int32 = -1
  private var childEnds: [Int32] = [-1, -1, -1]
  private var closedAfterwards: [Int32] = []

  init(_ command: Command) throws {
    do {
      if let size = command.terminal {
        var terminal: Int32 = -1
        try check("openpty") {
          test_open_terminal(&output, &terminal, Int32(size.rows), Int32(size.columns))
        }
        input = try check("fcntl") { fcntl(output, F_DUPFD_CLOEXEC, 0) }
        childEnds = [terminal, terminal, terminal]
        closedAfterwards = [terminal]
        return
      }
      try openInput(command.input)
      (childEnds[1], output) = try openOutput(command.output)
      (childEnds[2], error) = try openOutput(command.errorOutput)
    } catch {
      closeAll()
      throw error
    }
  }

  private mutating func openInput(_ kind: Command.Input) throws {
    switch kind {
    case .null: childEnds[0] = try open("/dev/null", O_RDONLY)
    case .closed: break
    case .text, .pipe: (childEnds[0], input) = try pipeEnds()
    case .descriptor(let descriptor): childEnds[0] = descriptor
    }
    if case .descriptor = kind { return }
    closedAfterwards.append(childEnds[0])
  }

  /// The child's end and ours.
  private mutating func openOutput(_ kind: Command.Output) throws -> (Int32, Int32) {
    switch kind {
    case .null: return (keepForChild(try open("/dev/null", O_WRONLY)), -1)
    case .full: return (keepForChild(try open("/dev/full", O_WRONLY)), -1)
    case .closed: return (-1, -1)
    case .descriptor(let descriptor): return (descriptor, -1)
    case .pipe:
      let (reading, writing) = try pipeEnds()
      return (keepForChild(writing), reading)
    case .broken:
      let (reading, writing) = try pipeEnds()
      close(reading)
      return (keepForChild(writing), -1)
    }
  }

  private mutating func keepForChild(_ descriptor: Int32) -> Int32 {
    closedAfterwards.append(descriptor)
    return descriptor
  }

  private func open(_ path: String, _ flags: Int32) throws -> Int32 {
    try check("open", path) { Glibc.open(path, flags | O_CLOEXEC) }
  }

  /// The reading and the writing end.
  private func pipeEnds() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    try check("pipe2") { test_pipe(&ends) }
    return (ends[0], ends[1])
  }

  func spawn(_ command: Command) throws -> pid_t {
    var arguments = ([command.executable] + command.arguments).map { strdup($0) } + [nil]
    var environment = command.completeEnvironment.map { strdup($0) } + [nil]
    let path = strdup(command.executable)
    let directory = command.directory.map { strdup($0) } ?? nil
    defer {
      for pointer in arguments + environment + [path, directory] { free(pointer) }
    }
    let descriptors = childEnds + command.inherited
    let denials = command.denials.map {
      test_denial(call: $0.call, argument: $0.argument, value: $0.value, error: $0.error)
    }
    return try arguments.withUnsafeMutableBufferPointer { arguments in
      try environment.withUnsafeMutableBufferPointer { environment in
        try withPointers(descriptors, denials) { descriptors, denials in
          var request = test_spawn_request(
            path: path!, arguments: arguments.baseAddress!, environment: environment.baseAddress!,
            directory: directory, descriptors: descriptors.baseAddress!,
            descriptor_count: Int32(descriptors.count), uid: command.user.map(Int.init) ?? -1,
            gid: command.user.map(Int.init) ?? -1, descriptor_limit: command.descriptorLimit ?? -1,
            controlling_terminal: command.terminal == nil ? 0 : 1,
            denials: denials.baseAddress, denial_count: Int32(denials.count),
            hides_proc: command.hidesProc ? 1 : 0)
          var stage: UnsafePointer<CChar>?
          let pid = test_spawn(&request, &stage)
          if pid < 0 {
            throw SystemCallError(stage.map { String(cString: $0) } ?? "fork", errno, command.executable)
          }
          return pid
        }
      }
    }
  }

  private func withPointers<First, Second, Result>(
    _ first: [First], _ second: [Second],
    _ body: (UnsafeBufferPointer<First>, UnsafeBufferPointer<Second>) throws -> Result
  ) rethrows -> Result {
    try first.withUnsafeBufferPointer { first in
      try second.withUnsafeBufferPointer { second in try body(first, second) }
    }
  }

  mutating func closeChildEnds() {
    for descriptor in closedAfterwards where descriptor >= 0 { close(descriptor) }
    closedAfterwards = []
  }

  mutating func closeAll() {
    closeChildEnds()
    for descriptor in [input, output, error] where descriptor >= 0 { close(descriptor) }
    (input, output, error) = (-1, -1, -1)
  }
}

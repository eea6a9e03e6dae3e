import Glibc

/// The built tw-inspect.
package enum Tool {
  /// Runs it to its end in this thread's network namespace.
  @discardableResult
  package static func run(
    _ arguments: String..., stdin: Command.Input = .null, environment: [String: String] = [:],
    asUser user: uid_t? = nil, stdout: Command.Output = .pipe, stderr: Command.Output = .pipe,
    timeout: Duration = .seconds(30)
  ) throws -> CommandResult {
    try run(
      arguments, stdin: stdin, environment: environment, asUser: user, stdout: stdout, stderr: stderr,
      timeout: timeout)
  }

  @discardableResult
  package static func run(
    _ arguments: [String], stdin: Command.Input = .null, environment: [String: String] = [:],
    asUser user: uid_t? = nil, stdout: Command.Output = .pipe, stderr: Command.Output = .pipe,
    timeout: Duration = .seconds(30)
  ) throws -> CommandResult {
    var command = try command(arguments)
    command.input = stdin
    command.environment = environment
    command.user = user
    command.output = stdout
    command.errorOutput = stderr
    return try command.run(timeout: timeout)
  }

  /// For what `run` does not offer: a terminal, a directory, signals while it runs.
  package static func command(_ arguments: [String]) throws -> Command {
    Command(try path.get(), arguments)
  }

  /// Where the binary lies: TW_INSPECT_BIN, or beside the test bundle, as `swift build` and `swift test` put
  /// it.
  package static let path: Result<String, ToolNotFound> = {
    if let given = getenv("TW_INSPECT_BIN") {
      let path = String(cString: given)
      return access(path, X_OK) == 0
        ? .success(path) : .failure(ToolNotFound(looked: ["TW_INSPECT_BIN=\(path)"]))
    }
    let candidates = directories.map { $0 + "/tw-inspect" }
    return candidates.first { access($0, X_OK) == 0 }.map { .success($0) }
      ?? .failure(ToolNotFound(looked: candidates))
  }()

  /// On Linux a test bundle is an executable of its own, or is loaded by a program: then the mapped files
  /// tell.
  private static var directories: [String] {
    var found: [String] = []
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    if count > 0 {
      found.append(
        directory(of: String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)))
    }
    if let maps = try? readFile("/proc/self/maps") {
      for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") where line.contains(".xctest")
      {
        guard let slash = line.firstIndex(of: "/") else { continue }
        found.append(directory(of: String(line[slash...])))
      }
    }
    let root = directory(of: directory(of: directory(of: #filePath)))
    found += [root + "/.build/debug", root + "/.build/release"]
    var seen: Set<String> = []
    return found.filter { seen.insert($0).inserted }
  }

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}

package struct ToolNotFound: Error, CustomStringConvertible {
  package let looked: [String]
  package var description: String {
    "tw-inspect is not built; looked for " + looked.joined(separator: ", ")
  }
}

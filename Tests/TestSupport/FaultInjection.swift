extension Command {
  /// The same under strace(1), which makes system calls fail: "recvmsg:error=EAGAIN:when=2+". What it injects is not carried
  /// out. Children are traced as well, each with a count of its own.
  ///
  /// - Parameter path: only calls on this path fail.
  package func failing(_ injections: String..., onlyAt path: String? = nil) -> Command {
    var command = self
    command.executable = "/usr/bin/strace"
    command.arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "signal=none"]
    if let path { command.arguments += ["-P", path] }
    for injection in injections { command.arguments += ["-e", "inject=\(injection)"] }
    command.arguments += [executable] + arguments
    return command
  }
}

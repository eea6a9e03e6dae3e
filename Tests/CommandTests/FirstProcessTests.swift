import Glibc
import TestSupport
import Testing

/// As process 1, in a container without an init: the kernel withholds signals for which there is no handler.
@Suite(.needs(.networkNamespaces))
struct FirstProcessTests {
  static let lasting = [
    ["wait", "9527", "--timeout", "none"], ["port", "9527", "--watch", "--interval", "100ms"],
    ["trybind", "9527", "--watch", "--interval", "100ms"],
    ["port", "9527", "--watch", "--interval", "100ms", "--output", "jsonl"], ["demo", "serve", "9528"],
  ]

  /// Only SIGKILL ended it.
  @Test(arguments: lasting, [SIGINT, SIGTERM])
  func isEnded(_ arguments: [String], by signal: Int32) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let running = try Command(
        "/usr/bin/unshare", ["--pid", "--fork", "--kill-child", try Tool.path.get()] + arguments
      ).start()
      if arguments[0] == "wait" {
        try running.waitForErrors(containing: "waiting for port 9527")
      } else {
        try running.waitForOutput { !$0.isEmpty }
      }
      let children = String(
        decoding: try readFile("/proc/\(running.pid)/task/\(running.pid)/children"), as: UTF8.self)
      let child = try #require(children.split(separator: " ").first.flatMap { pid_t($0) })
      try #require(kill(child, signal) == 0)
      #expect(try running.finish(timeout: .seconds(5)).exitCode == 128 + signal)
    }
  }
}

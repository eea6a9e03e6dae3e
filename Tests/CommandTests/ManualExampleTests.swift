import Foundation
import TestSupport
import Testing

/// The examples of tw-inspect-json(5): each is run in the situation that the page tells of, and prints what the page says.
@Suite(
  .needs(.networkNamespaces), .needs(.cgroup2), .needs(.ipv6), .needs(.program("perl")),
  .needs(.program("jq")))
struct ManualExampleTests {
  private struct Example {
    var command: String
    var output: String
  }

  /// The blocks of the page that begin with a prompt. A command goes on after a line that ends with a pipe.
  private static func examples() throws -> [Example] {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "man/tw-inspect-json.5.in")
    let text = try String(contentsOf: page, encoding: .utf8)
    return text.components(separatedBy: ".Bd -literal -offset indent\n$ ").dropFirst().map { block in
      var lines = block.components(separatedBy: "\n.Ed\n")[0].components(separatedBy: "\n")
      var command = lines.removeFirst()
      while command.hasSuffix("|") { command += "\n" + lines.removeFirst() }
      return Example(command: command, output: lines.joined(separator: "\n") + "\n")
    }
  }

  /// Ports that the kernel chooses, and times, have five digits.
  private func masked(_ text: String) -> String { text.replacing(/\b\d{5}\b/, with: "N") }

  @Test func everyExample() throws {
    let examples = try Self.examples()
    #expect(examples.count >= 12)
    let unit = "tw-inspect-page-\(getpid()).service"
    let group = try TestCgroup(unit)
    defer { group.remove() }
    let tool = try Tool.path.get()
    let folder = FileManager.default.temporaryDirectory.appending(path: "tw-inspect-page-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: "tw-inspect").path, withDestinationPath: tool)

    try withNetworkNamespace { lab in
      let server = try Perl(
        #"name("web"); enter($ARGV[0]); our $s = server(8080);"#, arguments: [group.directory]
      ).start()
      for example in examples {
        // The demo has a namespace of its own; what the others see is made anew where a minute would be too long for it.
        if try Tool.run("port", "9527", "--expect", "some", "-q").exitCode != 0 {
          try lab.timeWaits(count: 2, port: 9527)
        }
        var command = Command("/bin/sh", ["-c", example.command])
        command.environment["PATH"] = "\(folder.path):/usr/bin:/bin"
        let result = try command.run()
        let output = result.output.replacing("\(server.pid)", with: "4711").replacing(
          unit, with: "web.service")
        #expect(masked(output) == masked(example.output), "\(example.command)\n\(result.errors)")
        #expect(result.errors == "", "\(example.command)")
      }
      try server.send(signal: SIGKILL)
      _ = try server.finish()
    }
  }
}

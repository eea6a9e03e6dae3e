import Foundation
import TestSupport
import Testing

/// A situation, and how its first remedy that frees the port is carried out: as printed where it has a command, and
/// otherwise as it is said. Afterwards the server can bind, and nothing has ended that the situation did not name.
struct RemedyProof: Sendable, CustomTestStringConvertible {
  let slug: String
  let name: String
  /// What the remedy is expected to be, as `kind` in JSON.
  let kind: String
  /// Whether it has to be the first that frees the port. Otherwise it is the first of its kind.
  var isFirst = true
  var port: UInt16 = 9527
  var arguments: [String] = []
  var user: uid_t?
  var requirement: Requirement?
  /// How long until the port is free.
  var patience: Duration = .seconds(20)
  /// Keeps alive what it returns.
  let make: @Sendable (Lab) throws -> Holding
  /// Where the remedy has no command: carries it out, and returns what is asked then.
  var follow: (@Sendable (Lab, Holding) throws -> [String])?
  /// While the command waits, as when the other end has to answer.
  var meanwhile: (@Sendable (Lab, Holding) throws -> Void)?

  var testDescription: String { "\(slug): \(name)" }

  /// What holds the port.
  struct Holding {
    var processes: [RunningCommand] = []
    var sockets: [TCPSocket] = []
    var groups: [TestCgroup] = []
    var standIns: StandIns?
    /// What the stand-ins should have been asked.
    var expected: [String] = []
    /// The port, where the kernel chose it.
    var port: UInt16?
    /// Of a Unix socket's two ends, in which a socket is on its way.
    var ends: [Int32] = []
    /// Connections that resemble the one that has to end.
    var staying: [SocketAddress] = []
  }

  /// Empty if it is proven.
  func problems() throws -> [String] {
    try withNetworkNamespace { lab in
      let bystanders = try Bystanders(lab)
      let holding = try make(lab)
      defer { for group in holding.groups.reversed() { group.remove() } }
      let settings = try Bystanders.settings(lab)
      let port = "\(holding.port ?? port)"
      let answer = try Tool.run(["trybind", port, "--json"] + arguments, asUser: user)
      guard answer.exitCode == 1 else { return ["\(testDescription): not refused at first: \(answer)"] }
      let findings = try answer.json["findings"].array ?? []
      guard let finding = findings.first(where: { $0["slug"].string == slug }) else {
        return ["\(testDescription): no such finding: \(try answer.json.slugs)"]
      }
      let freeing = finding["remedies"].array?.filter { $0["effect"].string == "frees" }
      guard let remedy = freeing?.first(where: { isFirst || $0["kind"].string == kind }) else {
        return ["\(testDescription): nothing frees the port so: \(finding)"]
      }
      var found: [String] = []
      if remedy["kind"].string != kind { found.append("\(testDescription): is \(remedy)") }
      var asked = ["trybind", port] + arguments
      if let command = remedy["command"].string {
        let result = try paste(command, holding, lab)
        if result.exitCode != 0 { found.append("\(testDescription): \(result)") }
        let words = holding.standIns?.asked ?? []
        if words != holding.expected { found.append("\(testDescription): the stand-ins were asked \(words)") }
      } else if let follow {
        asked = try follow(lab, holding)
      } else {
        return ["\(testDescription): no command: \(remedy)"]
      }
      if try !isFree(asked) { found.append("\(testDescription): \(try Tool.run(asked, asUser: user))") }
      return found
        + (try bystanders.problems(lab, since: settings, holding)).map { "\(testDescription): \($0)" }
    }
  }

  /// As a user pastes it into a shell. Programs that could do harm are stand-ins, or are not found.
  private func paste(_ command: String, _ holding: Holding, _ lab: Lab) throws -> CommandResult {
    var shell = Command("/bin/sh", ["-c", command])
    let directory = (try Tool.path.get() as NSString).deletingLastPathComponent
    let path = [holding.standIns?.directory, directory, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    shell.environment = ["PATH": path.compactMap { $0 }.joined(separator: ":")]
    shell.user = user
    let running = try shell.start()
    if let meanwhile {
      try running.waitForErrors(containing: "tw-inspect: waiting for port ")
      try meanwhile(lab, holding)
    }
    return try running.finish(timeout: .seconds(200))
  }

  /// A process that was told to end takes a moment.
  private func isFree(_ arguments: [String]) throws -> Bool {
    let deadline = ContinuousClock.now + patience
    while try Tool.run(arguments + ["--quiet"], asUser: user).exitCode != 0 {
      if ContinuousClock.now >= deadline { return false }
      pause(milliseconds: 50)
    }
    return true
  }
}

/// What no remedy may touch: a process that listens, a connection, settings.
private struct Bystanders {
  private let process: RunningCommand
  private let connection: Connection

  private static let names = [
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_tw_reuse",
  ]

  init(_ lab: Lab) throws {
    process = try Perl("our $s = server(9600); print \"ready\\n\"; sleep 300;").start()
    connection = try lab.connect(port: 9601)
  }

  static func settings(_ lab: Lab) throws -> [String] { try names.map { try lab.sysctl($0) } }

  func problems(_ lab: Lab, since settings: [String], _ holding: RemedyProof.Holding) throws -> [String] {
    var problems: [String] = []
    let rows = try KernelTable.read().rows
    if !rows.contains(where: { $0.local.port == 9600 && $0.state == .listen }) {
      problems.append("process \(process.pid), which listens on 9600, has ended")
    }
    for local in [connection.local] + holding.staying
    where !rows.contains(where: { $0.local == local && $0.state == .established }) {
      problems.append("the connection of \(local) has ended")
    }
    if try Self.settings(lab) != settings { problems.append("a setting has changed") }
    return problems
  }
}

/// Programs that the machine may not have, or that are not to be run: they write down what they are asked, and then do
/// what they were given.
final class StandIns: Sendable {
  let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "tw-inspect-stand-ins-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// - Parameter script: of sh, with the arguments as they come.
  @discardableResult
  func add(_ name: String, _ script: String) throws -> StandIns {
    let path = "\(directory)/\(name)"
    let text = "#!/bin/sh\necho \"\(name) $*\" >> \(directory)/asked\n\(script)\n"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return self
  }

  var asked: [String] {
    let text = (try? String(contentsOfFile: "\(directory)/asked", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }
}
